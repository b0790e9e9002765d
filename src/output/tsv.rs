//! Tab-separated rows, byte for byte: an n-gram holds no tab and no line feed, so nothing needs an escape.

use std::io::{self, Write};

use super::table::Table;
use crate::count::Value;

/// Writes one line for each row: the n-gram's bytes as they stood in the input, then year and values, between tabs.
///
/// Fractions are the shortest decimals that give the same number back, without an exponent.
pub(super) fn write(table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
    if header {
        let names: Vec<_> = table.columns().iter().map(|column| column.name).collect();
        writeln!(out, "{}", names.join("\t"))?;
    }
    for row in table.rows() {
        out.write_all(row.ngram)?;
        if let Some(year) = row.year {
            write!(out, "\t{year}")?;
        }
        for value in row.values.iter() {
            match value {
                Value::Integer(number) => write!(out, "\t{number}")?,
                Value::Real(number) => write!(out, "\t{number}")?,
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}
