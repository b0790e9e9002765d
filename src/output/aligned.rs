//! Aligned columns for a person to read, under a heading.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::printable::printable_bytes;
use super::table::Table;
use crate::count::{Row, Value};

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
    let lines = || heading.clone().into_iter().chain(table.rows().map(|row| cells(&row)));
    let mut widths = vec![0; table.columns().len()];
    for line in lines() {
        for (width, cell) in widths.iter_mut().zip(&line) {
            *width = cell.width().min(MAX_WIDTH).max(*width);
        }
    }
    for line in lines() {
        let mut text = String::new();
        for (index, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            match index {
                0 => text.extend([cell, &*padding]),
                _ => text.extend([GAP, &padding, cell]),
            }
        }
        writeln!(out, "{text}")?;
    }
    Ok(())
}

fn cells(row: &Row<'_>) -> Vec<String> {
    let mut cells = vec![printable_bytes(row.ngram).into_owned()];
    cells.extend(row.year.map(|year| year.to_string()));
    cells.extend(row.values.iter().map(|value| match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
    }));
    cells
}
