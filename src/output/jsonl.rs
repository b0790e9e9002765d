//! One JSON object a line. Numbers are exact; fractions are the shortest that give the same number back.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::format::text;
use super::table::Table;
use crate::count::{Column, Row, Value};

/// Writes one object and a line feed for each row.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    for row in table.rows() {
        object(table.columns(), &row, "JSONL", out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes one row as an object with a key for each column, on one line whatever its reader takes for a line end.
pub(super) fn object(
    columns: &[Column],
    row: &Row<'_>,
    format: &'static str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ngram = text(row.ngram, format)?;
    let mut serializer = Serializer::with_formatter(out, OneLine);
    let mut map = serializer.serialize_map(None)?;
    let mut names = columns.iter().map(|column| column.name);
    let mut entry = |value: Cell<'_>| match names.next() {
        Some(name) => map.serialize_entry(name, &value),
        None => Ok(()),
    };
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

/// Escapes the three line ends that JSON allows inside strings: many readers of JSON lines, Python's `splitlines` among
/// them, would cut there.
struct OneLine;

const LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return out.write_all(fragment.as_bytes());
        }
        for piece in fragment.split_inclusive(LINE_ENDS) {
            match piece.chars().next_back() {
                Some(end) if LINE_ENDS.contains(&end) => {
                    let before = &piece[..piece.len() - end.len_utf8()];
                    write!(out, "{before}\\u{:04x}", u32::from(end))?;
                }
                _ => out.write_all(piece.as_bytes())?,
            }
        }
        Ok(())
    }
}
