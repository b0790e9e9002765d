//! JSON Lines: one object on each line. Integers are exact; a fraction is the shortest decimal that reads back as the same
//! number.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::ngram_error::utf8;
use super::table::Table;
use crate::count::{Column, Row, Value};

/// Writes an object and a line feed for each row.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    table.for_each_row(|row| {
        write_object(table.columns(), &row, "JSONL", out)?;
        out.write_all(b"\n")
    })
}

/// Writes a row as an object with a key for each column. The object has no character that a reader may take for a line
/// end.
pub(super) fn write_object(
    columns: &[Column],
    row: &Row<'_>,
    format: &'static str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ngram = utf8(row.ngram, format)?;
    let mut serializer = Serializer::with_formatter(out, OneLineFormatter);
    let mut map = serializer.serialize_map(None)?;
    let mut names = columns.iter().map(|column| column.name);
    let mut entry = |value: Cell<'_>| match names.next() {
        Some(name) => map.serialize_entry(name, &value),
        None => Ok(()),
    };
    if let Some(file) = row.file {
        entry(Cell::Text(file))?;
    }
    entry(Cell::Text(ngram))?;
    if let Some(year) = row.year {
        entry(Cell::Integer(year.into()))?;
    }
    for value in row.values.iter() {
        entry(match value {
            Value::Integer(number) => Cell::Integer(number),
            Value::Real(number) => Cell::Real(number),
        })?;
    }
    map.end()?;
    Ok(())
}

#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Text(&'a str),
    Integer(u64),
    Real(f64),
}

/// Formatter that escapes the three line ends that JSON allows inside strings. Many readers of JSON Lines split there,
/// Python's `splitlines` among them.
struct OneLineFormatter;

const LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

impl Formatter for OneLineFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return out.write_all(fragment.as_bytes());
        }
        for part in fragment.split_inclusive(LINE_ENDS) {
            match part.chars().next_back() {
                Some(end) if LINE_ENDS.contains(&end) => {
                    let before = &part[..part.len() - end.len_utf8()];
                    write!(out, "{before}\\u{:04x}", u32::from(end))?;
                }
                _ => out.write_all(part.as_bytes())?,
            }
        }
        Ok(())
    }
}
