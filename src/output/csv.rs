//! Comma-separated rows, with quotes where a comma, a quote or a carriage return needs them.

use std::io::{self, Write};

use csv::{ErrorKind, Terminator, WriterBuilder};

use super::table::Table;
use crate::count::Value;

/// Writes one record for each row. Bytes stay as they are, UTF-8 or not; records end in a line feed.
pub(super) fn write(table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
    records(table, header, out).map_err(|error| match error.into_kind() {
        // The error of the system as it was: a broken pipe must stay one.
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

fn records(table: &impl Table, header: bool, out: &mut dyn Write) -> csv::Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out);
    if header {
        writer.write_record(table.columns().iter().map(|column| column.name))?;
    }
    let mut number = String::new();
    for row in table.rows() {
        writer.write_field(row.ngram)?;
        if let Some(year) = row.year {
            writer.write_field(show(&mut number, year))?;
        }
        for value in row.values.iter() {
            match value {
                Value::Integer(value) => writer.write_field(show(&mut number, value))?,
                Value::Real(value) => writer.write_field(show(&mut number, value))?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(())
}

/// `value` as text, in memory that is used again for each one.
fn show(text: &mut String, value: impl std::fmt::Display) -> &str {
    use std::fmt::Write as _;
    text.clear();
    let _ = write!(text, "{value}");
    text
}
