//! Google's first release (20090715): `ngram⇥year⇥matches⇥pages⇥volumes`. The files are named `.csv.zip` in spite of
//! their tabs. Pages come before volumes here, and nowhere else.

use super::error::{Field, LineError};
use super::numbers::{self, number};
use super::tabular::{Record, fields};

/// Reads one line, given without its end, as [`v2::parse`](super::v2::parse) does for its own format.
///
/// # Errors
/// The first error of the line, from left to right; a wrong number of fields comes first.
///
/// ```
/// let row = ngramcount::record::v1::parse(b"dobbs\t2008\t22\t20\t12")?;
/// assert_eq!((row.ngram, row.year, row.matches), (&b"dobbs"[..], 2008, 22));
/// assert_eq!((row.pages, row.volumes), (20, 12));
/// # Ok::<(), ngramcount::record::LineError>(())
/// ```
pub fn parse(line: &[u8]) -> Result<Record<'_>, LineError> {
    let [ngram, year, matches, pages, volumes] = fields(line)?;
    Ok(Record {
        ngram,
        year: numbers::year(year)?,
        matches: number(Field::Matches, matches)?,
        pages: number(Field::Pages, pages)?,
        volumes: number(Field::Volumes, volumes)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_not_read_as_volumes() {
        let row = parse(b"doctor\t2007\t545525\t366136\t57313").unwrap();
        assert_eq!((row.matches, row.pages, row.volumes), (545_525, 366_136, 57_313));
    }

    #[test]
    fn each_error_of_a_line_is_reported() {
        let cases: [(&str, LineError); 6] = [
            ("a\t2007\t1\t1", LineError::Fields { expected: 5, found: 4 }),
            ("a\t2007\t1\t1\t1\t1", LineError::Fields { expected: 5, found: 6 }),
            ("", LineError::Fields { expected: 5, found: 1 }),
            ("\t2007\t1\t1\t1", LineError::EmptyNgram),
            ("a\t2007\t1\tNA\t1", LineError::not_a_number(Field::Pages, b"NA")),
            ("a\t4294967296\t1\t1\t1", LineError::too_large(Field::Year, b"4294967296")),
        ];
        for (line, error) in cases {
            assert_eq!(parse(line.as_bytes()), Err(error), "{line:?}");
        }
    }
}
