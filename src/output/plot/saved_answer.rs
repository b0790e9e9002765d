//! Saved answer: rows by year that were written as TSV with a header, read again to be drawn.

use crate::count::{Column, ColumnType, Measure, Row, Values};
use crate::output::Table;

/// An answer by years with one measure, as a [`Table`].
///
/// ```
/// use ngramcount::output::plot::{SavedAnswer, by_year};
///
/// let saved = SavedAnswer::parse(b"ngram\tyear\tmatches\nfish\t1999\t7\nfish\t2000\t9\n")?;
/// assert_eq!(by_year(&saved, None)?.title, "fish");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SavedAnswer {
    columns: [Column; 3],
    rows: Vec<(Vec<u8>, u32, f64)>,
}

/// Why the text is no saved answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedAnswerError {
    /// The first line does not name the columns.
    #[error(
        "line 1: expected the names of three columns: ngram, year, and a measure as matches or matches_share"
    )]
    Header,
    /// A line is not a row.
    #[error("line {line}: expected an n-gram, a year and a number, separated by tabs")]
    Row {
        /// Its number, from 1.
        line: usize,
    },
}

impl SavedAnswer {
    /// Reads the rows.
    ///
    /// # Errors
    /// The first line is not the header of such an answer, or another line is not one of its rows.
    pub fn parse(text: &[u8]) -> Result<Self, SavedAnswerError> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut lines = text.split(|&byte| byte == b'\n').zip(1..);
        let header = lines.next().and_then(|(header, _)| header.strip_prefix(b"ngram\tyear\t"));
        let column = header.and_then(measure_column).ok_or(SavedAnswerError::Header)?;
        let columns = [
            Column { name: "ngram", kind: ColumnType::Text },
            Column { name: "year", kind: ColumnType::Integer },
            Column { name: column, kind: ColumnType::Real },
        ];
        let row = |(text, line)| row(text).ok_or(SavedAnswerError::Row { line });
        Ok(Self { columns, rows: lines.map(row).collect::<Result<_, _>>()? })
    }
}

/// The column of a measure, or of its share, by its name.
fn measure_column(name: &[u8]) -> Option<&'static str> {
    let mut names = Measure::ALL.iter().flat_map(|measure| [measure.name(), measure.relative_name()]);
    names.find(|known| known.as_bytes() == name)
}

fn row(line: &[u8]) -> Option<(Vec<u8>, u32, f64)> {
    let mut fields = line.split(|&byte| byte == b'\t');
    let ngram = fields.next()?.to_vec();
    let mut text = || str::from_utf8(fields.next()?).ok();
    let (year, number): (_, f64) = (text()?.parse().ok()?, text()?.parse().ok()?);
    (fields.next().is_none() && number.is_finite()).then_some((ngram, year, number))
}

impl Table for SavedAnswer {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(ngram, year, number)| Row {
            file: None,
            ngram,
            year: Some(*year),
            values: Values::reals(&[*number]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_saved_answer_is_refused_by_line() {
        let header = "ngram\tyear\tmatches_share\n";
        for (rows, line) in
            [("a\t1999\n", 2), ("a\t1999\t1\t2\n", 2), ("a\t1999\t.5\n\n", 3), ("a\t1999\tnan", 2)]
        {
            let refused = SavedAnswer::parse(format!("{header}{rows}").as_bytes()).unwrap_err();
            assert_eq!(refused, SavedAnswerError::Row { line }, "{rows}");
        }
        for header in ["", "ngram\tmatches\na\t1\n", "ngram\tyear\tbooks\n", "a\t1999\t1\n"] {
            assert_eq!(SavedAnswer::parse(header.as_bytes()).unwrap_err(), SavedAnswerError::Header);
        }
        assert_eq!(SavedAnswer::parse(header.as_bytes()).unwrap().rows().count(), 0);
    }
}
