//! Partial sums: `ngram⇥sum…`, by years `ngram⇥year⇥sum…`, what `ngramcount map` writes and `combine` and `reduce` add up.
//!
//! Unlike [`counts`](super::counts) a file may hold one n-gram any number of times, and its columns have no names: there
//! are as many as in its first line.

use memchr::memchr_iter;

use super::error::{Field, LineError};
use super::numbers::{number, year};

/// Sums in a line, at most: one for each measure.
pub const MOST_SUMS: usize = 4;

/// Layout that all lines of a file of partial sums share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialsLayout {
    /// Whether the second field is a year.
    pub by_year: bool,
    /// How many sums there are; `None` until a line has been read.
    pub width: Option<usize>,
}

impl PartialsLayout {
    /// The layout before the first line has been read.
    pub fn new(by_year: bool) -> Self {
        Self { by_year, width: None }
    }

    /// Reads one line, given without its end: the n-gram, never empty, and the year, or 0. The sums go to the end of
    /// `sums`. The first line fixes their number.
    ///
    /// # Errors
    /// The first error of the line, from left to right; a wrong number of fields comes first.
    ///
    /// ```
    /// use ngramcount::record::partials::PartialsLayout;
    /// let (mut layout, mut sums) = (PartialsLayout::new(true), Vec::new());
    /// let read = layout.parse(b"of the\t1999\t12\t3", &mut sums)?;
    /// assert_eq!((read, &sums[..]), ((&b"of the"[..], 1999), &[12, 3][..]));
    /// assert!(layout.parse(b"of the\t2000\t12", &mut sums).is_err());
    /// # Ok::<(), ngramcount::record::LineError>(())
    /// ```
    pub fn parse<'a>(&mut self, line: &'a [u8], sums: &mut Vec<u64>) -> Result<(&'a [u8], u32), LineError> {
        let before = 1 + usize::from(self.by_year);
        let wanted = self.width.map_or(1..=MOST_SUMS, |width| width..=width);
        let found = memchr_iter(b'\t', line).count() + 1;
        let Some(width) = found.checked_sub(before).filter(|width| wanted.contains(width)) else {
            let [least, most, found] =
                [before + wanted.start(), before + wanted.end(), found].map(|n| n as u64);
            return Err(match least == most {
                true => LineError::Fields { expected: least, found },
                false => LineError::FieldsFromTo { least, most, found },
            });
        };
        let mut fields = line.split(|&byte| byte == b'\t');
        let ngram = fields.next().unwrap_or_default();
        if ngram.is_empty() {
            return Err(LineError::EmptyNgram);
        }
        let year = if self.by_year { year(fields.next().unwrap_or_default())? } else { 0 };
        let start = sums.len();
        for field in fields {
            match number(Field::Sum, field) {
                Ok(sum) => sums.push(sum),
                Err(error) => {
                    sums.truncate(start);
                    return Err(error);
                }
            }
        }
        self.width = Some(width);
        Ok((ngram, year))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(
        first: Option<usize>,
        by_year: bool,
        line: &[u8],
    ) -> Result<(Vec<u8>, u32, Vec<u64>), LineError> {
        let mut sums = vec![7];
        let mut layout = PartialsLayout { by_year, width: first };
        let read = layout.parse(line, &mut sums).map(|(ngram, year)| (ngram.to_vec(), year));
        assert_eq!(sums[0], 7);
        match read {
            Ok((ngram, year)) => Ok((ngram, year, sums.split_off(1))),
            Err(error) => {
                assert_eq!(sums, [7], "nothing of a bad line stays");
                Err(error)
            }
        }
    }

    #[test]
    fn a_line_is_an_n_gram_and_as_many_sums_as_the_first_line_has() {
        let row = |ngram: &[u8], sums: &[u64]| Ok((ngram.to_vec(), 0, sums.to_vec()));
        let width = |expected, found| Err(LineError::Fields { expected, found });
        let any = |found| Err(LineError::FieldsFromTo { least: 2, most: 5, found });
        let cases = [
            (None, &b"a b\t7"[..], row(b"a b", &[7])),
            (
                None,
                b"a\rb\xff\x01\t7\t0\t18446744073709551615\t1",
                row(b"a\rb\xff\x01", &[7, 0, u64::MAX, 1]),
            ),
            (Some(2), b"a\t1\t2", row(b"a", &[1, 2])),
            (Some(2), b"a\t1", width(3, 2)),
            (Some(2), b"a\t1\t2\t", width(3, 4)),
            (Some(1), b"a\tx\t2\t3\t4", width(2, 5)),
            (None, b"", any(1)),
            (None, b"a", any(1)),
            (None, b"a\t1\t2\t3\t4\t5\t6", any(7)),
            (None, b"\t1", Err(LineError::EmptyNgram)),
            (None, b"a\t", Err(LineError::not_a_number(Field::Sum, b""))),
            (None, b"a\t+1", Err(LineError::not_a_number(Field::Sum, b"+1"))),
            (
                None,
                b"a\t18446744073709551616",
                Err(LineError::too_large(Field::Sum, b"18446744073709551616")),
            ),
        ];
        for (first, line, expected) in cases {
            assert_eq!(parse(first, false, line), expected, "{}", bstr::BStr::new(line));
        }
    }

    #[test]
    fn by_years_the_second_field_is_a_year() {
        let cases = [
            (&b"a\t1999\t7"[..], Ok((b"a".to_vec(), 1999, vec![7]))),
            (b"a\t1999", Err(LineError::FieldsFromTo { least: 3, most: 6, found: 2 })),
            (b"a", Err(LineError::FieldsFromTo { least: 3, most: 6, found: 1 })),
            (b"a\tx\t7", Err(LineError::not_a_number(Field::Year, b"x"))),
            (b"a\t4294967296\t7", Err(LineError::too_large(Field::Year, b"4294967296"))),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(None, true, line), expected, "{}", bstr::BStr::new(line));
        }
    }
}
