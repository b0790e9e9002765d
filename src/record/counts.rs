//! Counts without years: `ngram⇥matches[⇥volumes]`, what this program writes, so that the results of several runs can be
//! added up.

use memchr::memchr_iter;

use super::error::{Field, LineError};
use super::numbers::number;

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountRecord<'a> {
    /// The n-gram, never empty.
    pub ngram: &'a [u8],
    /// How often it occurs.
    pub matches: u64,
    /// In how many books, if the line says.
    pub volumes: Option<u64>,
}

/// Reads one line, given without its end.
///
/// # Errors
/// The first error of the line, from left to right; a wrong number of fields comes first.
///
/// ```
/// let count = ngramcount::record::counts::parse(b"of the\t12")?;
/// assert_eq!((count.ngram, count.matches, count.volumes), (&b"of the"[..], 12, None));
/// # Ok::<(), ngramcount::record::LineError>(())
/// ```
pub fn parse(line: &[u8]) -> Result<CountRecord<'_>, LineError> {
    let mut fields = line.split(|&byte| byte == b'\t');
    let (Some(ngram), Some(matches), volumes, None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        let found = memchr_iter(b'\t', line).count() + 1;
        return Err(LineError::FieldsBetween { least: 2, most: 3, found: found as u64 });
    };
    if ngram.is_empty() {
        return Err(LineError::EmptyNgram);
    }
    Ok(CountRecord {
        ngram,
        matches: number(Field::Matches, matches)?,
        volumes: volumes.map(|volumes| number(Field::Volumes, volumes)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_may_be_missing_and_nothing_else() {
        let count = |matches, volumes| Ok(CountRecord { ngram: b"a b", matches, volumes });
        let between = |found| Err(LineError::FieldsBetween { least: 2, most: 3, found });
        let cases = [
            ("a b\t7", count(7, None)),
            ("a b\t7\t3", count(7, Some(3))),
            ("a b\t18446744073709551615", count(u64::MAX, None)),
            ("a b", between(1)),
            ("", between(1)),
            ("a b\t7\t3\t", between(4)),
            ("\t7", Err(LineError::EmptyNgram)),
            ("a b\t", Err(LineError::not_a_number(Field::Matches, b""))),
            ("a b\t7\t", Err(LineError::not_a_number(Field::Volumes, b""))),
            ("a b\t18446744073709551616", Err(LineError::too_large(Field::Matches, b"18446744073709551616"))),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line.as_bytes()), expected, "{line:?}");
        }
    }
}
