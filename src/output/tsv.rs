//! Tab-separated rows, byte for byte.

use std::io::{self, Write};

use crate::count::{Answer, Value};

/// Writes one line for each row: the n-gram's bytes as they stood in the input, the year in an answer by years, and the
/// numbers, with tabs between them.
///
/// # Errors
/// The writer's.
pub fn write_tsv(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    for row in answer.rows() {
        out.write_all(row.ngram)?;
        if let Some(year) = row.year {
            write!(out, "\t{year}")?;
        }
        for value in row.values.iter() {
            match value {
                Value::Integer(value) => write!(out, "\t{value}")?,
                Value::Real(value) => write!(out, "\t{value}")?,
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}
