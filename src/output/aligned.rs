//! Aligned columns for a person to read, under a heading.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::printable::printable_bytes;
use super::table::Table;
use crate::count::{ColumnType, Row, Value};

/// Width above which a cell does not widen its column: one long n-gram would move all numbers off the screen.
const MAX_WIDTH: usize = 60;
/// Between two columns.
const GAP: &str = "  ";

/// Writes the n-grams flush left and the numbers flush right. `header` puts the names of the columns above them.
///
/// What a terminal would act on or hide, such as a tab or an escape sequence, is written as an escape.
pub(super) fn write(table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
    let heading: Vec<String> = table.columns().iter().map(|column| column.name.to_owned()).collect();
    let heading = header.then_some(heading);
    let mut widths = vec![0; table.columns().len()];
    let mut widen = |line: &[String]| {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.width().min(MAX_WIDTH).max(*width);
        }
    };
    heading.iter().for_each(|heading| widen(heading));
    table.for_each_row(|row| {
        widen(&cells(&row));
        Ok(())
    })?;
    let is_text = |index: usize| table.columns()[index].kind == ColumnType::Text;
    let mut write_line = |line: &[String]| {
        let mut text = String::new();
        for (index, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            match index {
                0 => text.extend([cell, &*padding]),
                // The n-gram behind the name of a file.
                _ if is_text(index) => text.extend([GAP, cell, &padding]),
                _ => text.extend([GAP, &padding, cell]),
            }
        }
        writeln!(out, "{text}")
    };
    heading.iter().try_for_each(|heading| write_line(heading))?;
    table.for_each_row(|row| write_line(&cells(&row)))
}

fn cells(row: &Row<'_>) -> Vec<String> {
    let mut cells: Vec<String> = row.file.map(str::to_owned).into_iter().collect();
    cells.push(printable_bytes(row.ngram).into_owned());
    cells.extend(row.year.map(|year| year.to_string()));
    cells.extend(row.values.iter().map(|value| match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
    }));
    cells
}
