//! CSV: comma-separated values, with quotes around a field that has a comma, a quote or a line end.

use std::io::{self, Write};

use csv::{ErrorKind, Terminator, WriterBuilder};

use super::table::Table;
use crate::count::Value;

/// Writes a record for each row. The bytes of an n-gram stay the same, UTF-8 or not. A record ends with a line feed.
pub(super) fn write(table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
    write_records(table, header, out).map_err(|error| match error.into_kind() {
        // The error of the system stays as it is: the caller has to recognize a broken pipe.
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

fn write_records(table: &impl Table, header: bool, out: &mut dyn Write) -> csv::Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out);
    if header {
        writer.write_record(table.columns().iter().map(|column| column.name))?;
    }
    let mut number = String::new();
    for row in table.rows() {
        writer.write_field(row.ngram)?;
        if let Some(year) = row.year {
            writer.write_field(formatted(&mut number, year))?;
        }
        for value in row.values.iter() {
            match value {
                Value::Integer(value) => writer.write_field(formatted(&mut number, value))?,
                Value::Real(value) => writer.write_field(formatted(&mut number, value))?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(())
}

/// `value` as text, in a buffer that is used again.
fn formatted(text: &mut String, value: impl std::fmt::Display) -> &str {
    use std::fmt::Write as _;
    text.clear();
    let _ = write!(text, "{value}");
    text
}
