//! The count of one chunk.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{BadLine, LineTally, NgramSums, SHOWN_BAD_LINES};
use crate::count::encoding::{YearRowWriter, YearRows, varint};
use crate::count::error::CountError;
use crate::count::ngram_table::{KeyArena, NgramTable, NgramYearTable};

/// The count of one chunk, in the layout of a message: a few arrays, each written and read in one piece.
///
/// An n-gram may be in it more than once. It has sums over all years, or sums by year, but not both.
///
/// ```
/// use ngramcount::count::Partial;
///
/// let mut partial = Partial::default();
/// partial.push(b"of the", &[], &[12]);
/// assert_eq!(partial.iter()?.collect::<Vec<_>>(), [(&b"of the"[..], 12)]);
/// # Ok::<(), ngramcount::count::CountError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// The n-grams, end to end.
    #[serde(with = "serde_bytes")]
    keys: Vec<u8>,
    /// The length of each n-gram in bytes.
    #[serde(with = "varint::u32s")]
    key_lengths: Vec<u32>,
    /// The sums of each n-gram, one for each measure; empty in a count by years.
    #[serde(with = "varint::u64s")]
    sums: Vec<u64>,
    /// In a count by years: the encoded rows of each n-gram, end to end, see [`YearRows`].
    #[serde(with = "serde_bytes")]
    year_rows: Vec<u8>,
    /// In a count by years: the bytes of each n-gram's rows.
    #[serde(with = "varint::u32s")]
    year_row_lengths: Vec<u32>,
    /// The account of the lines.
    pub lines: LineTally,
    /// The first bad lines, at most [`SHOWN_BAD_LINES`].
    pub bad: Vec<BadLine>,
}

impl Partial {
    /// A count of lines without n-grams.
    pub fn of_lines(lines: LineTally) -> Self {
        Self { lines, ..Self::default() }
    }

    /// A count of lines without n-grams, with its bad lines.
    pub(crate) fn of_bad_lines(lines: LineTally, bad: Vec<BadLine>) -> Self {
        Self { lines, bad, ..Self::default() }
    }

    pub(crate) fn of_table(table: NgramTable, lines: LineTally, bad: Vec<BadLine>) -> Self {
        let (keys, sums) = table.into_parts();
        let key_lengths = keys.lengths();
        Self { keys: keys.bytes, key_lengths, sums, lines, bad, ..Self::default() }
    }

    /// The sums of a table, without lines.
    pub(crate) fn of_year_table(table: NgramYearTable) -> Self {
        let (keys, rows) = table.into_parts();
        let (lengths, bytes) = rows.into_lengths_and_bytes();
        Self::of_year_rows(keys, bytes, lengths, LineTally::default(), Vec::new())
    }

    /// A count by years from n-grams and the encoded rows of each.
    pub(crate) fn of_year_rows(
        keys: KeyArena,
        year_rows: Vec<u8>,
        year_row_lengths: Vec<u32>,
        lines: LineTally,
        bad: Vec<BadLine>,
    ) -> Self {
        let key_lengths = keys.lengths();
        let sums = Vec::new();
        Self { keys: keys.bytes, key_lengths, sums, year_rows, year_row_lengths, lines, bad }
    }

    /// This count, which has sums over all years, as one of a single year.
    pub(crate) fn in_year(mut self, year: u32, width: usize) -> Self {
        self.year_row_lengths.reserve(self.key_lengths.len());
        for sums in std::mem::take(&mut self.sums).chunks_exact(width) {
            let start = self.year_rows.len();
            YearRowWriter::default().push(&mut self.year_rows, year, sums[0], sums[1..].iter().copied());
            self.year_row_lengths.push((self.year_rows.len() - start) as u32);
        }
        self
    }

    /// Joins this count with that of the lines behind, the first of which has the number `line` here. An n-gram of both
    /// is then in the result twice.
    pub fn append(mut self, behind: Partial, line: u64) -> Partial {
        if self == Self::default() {
            return behind;
        }
        self.keys.extend(behind.keys);
        self.key_lengths.extend(behind.key_lengths);
        self.sums.extend(behind.sums);
        self.year_rows.extend(behind.year_rows);
        self.year_row_lengths.extend(behind.year_row_lengths);
        self.lines += behind.lines;
        self.bad.extend(behind.bad.into_iter().map(|bad| BadLine { line: bad.line + line, ..bad }));
        self.bad.truncate(SHOWN_BAD_LINES);
        self
    }

    /// The n-grams and their matches, in a count of matches only.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if the arrays do not fit together.
    pub fn iter(&self) -> Result<impl ExactSizeIterator<Item = (&[u8], u64)>, CountError> {
        Ok(self.totals(1)?.map(|(ngram, sums)| (ngram, sums[0])))
    }

    /// The n-grams and their sums, `width` of each.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if the arrays do not fit together. A partial count comes from another process, so they
    /// are checked before a slice is divided by a length from it.
    pub(crate) fn totals(
        &self,
        width: usize,
    ) -> Result<impl ExactSizeIterator<Item = (&[u8], &[u64])>, CountError> {
        if self.sums.len() != self.key_lengths.len() * width || !self.year_rows.is_empty() {
            return Err(CountError::Damaged("the number of its sums does not fit its n-grams"));
        }
        Ok(self.ngrams()?.zip(self.sums.chunks_exact(width)))
    }

    /// The n-grams and their encoded rows of `width` sums a year.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(crate) fn year_rows(&self, width: usize) -> Result<impl Iterator<Item = (&[u8], &[u8])>, CountError> {
        let bytes = self.year_row_lengths.iter().map(|&length| u128::from(length)).sum::<u128>();
        if bytes != self.year_rows.len() as u128
            || self.year_row_lengths.len() != self.key_lengths.len()
            || !self.sums.is_empty()
            || YearRows::new(&self.year_rows, width).count_rows().is_none()
        {
            return Err(CountError::Damaged("its rows by year do not have the announced length"));
        }
        Ok(self.ngrams()?.zip(pieces(&self.year_rows, &self.year_row_lengths)))
    }

    /// Calls `visit` with each n-gram, its years, and the sums of each year, `width` of them. In a count over all years
    /// the list of years is empty.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if the arrays do not fit together; otherwise the first error of `visit`.
    pub fn visit<E: From<CountError>>(
        &self,
        by_year: bool,
        width: usize,
        mut visit: impl FnMut(&[u8], &[u32], &[u64]) -> Result<(), E>,
    ) -> Result<(), E> {
        if by_year {
            let (mut years, mut sums) = (Vec::new(), Vec::new());
            self.year_rows(width)?.try_for_each(|(ngram, rows)| {
                years.clear();
                sums.clear();
                for (year, amounts) in YearRows::new(rows, width) {
                    years.push(year);
                    sums.extend_from_slice(&amounts[..width]);
                }
                visit(ngram, &years, &sums)
            })
        } else {
            self.totals(width)?.try_for_each(|(ngram, sums)| visit(ngram, &[], sums))
        }
    }

    /// Reserves memory for `ngrams` n-grams that take `bytes` bytes with their rows.
    ///
    /// # Errors
    /// [`CountError::OutOfMemory`].
    pub(crate) fn try_reserve(
        &mut self,
        ngrams: usize,
        bytes: usize,
        by_year: bool,
    ) -> Result<(), CountError> {
        let numbers = if by_year { 0 } else { ngrams };
        let reserved = self.keys.try_reserve(bytes);
        let reserved = reserved.and_then(|()| self.key_lengths.try_reserve(ngrams));
        let reserved = reserved.and_then(|()| self.sums.try_reserve(numbers));
        let reserved = reserved.and_then(|()| self.year_rows.try_reserve(if by_year { bytes } else { 0 }));
        reserved.map_err(|_| CountError::OutOfMemory)
    }

    /// Appends an n-gram with the sums of each of its `years`, which ascend, or with its sums over all years if there
    /// are no `years`.
    ///
    /// # Panics
    /// If there are `years`, and not equally many sums for each of them.
    pub fn push(&mut self, ngram: &[u8], years: &[u32], sums: &[u64]) {
        let even = years.is_empty() || !sums.is_empty() && sums.len().is_multiple_of(years.len());
        assert!(even, "{} sums cannot be divided among {} years", sums.len(), years.len());
        self.keys.extend_from_slice(ngram);
        self.key_lengths.push(ngram.len() as u32);
        if years.is_empty() {
            self.sums.extend_from_slice(sums);
            return;
        }
        let start = self.year_rows.len();
        let mut writer = YearRowWriter::default();
        for (year, sums) in years.iter().zip(sums.chunks_exact(sums.len() / years.len())) {
            writer.push(&mut self.year_rows, *year, sums[0], sums[1..].iter().copied());
        }
        self.year_row_lengths.push((self.year_rows.len() - start) as u32);
    }

    /// Appends an n-gram with its sums as they are stored.
    pub(crate) fn push_sums(&mut self, ngram: &[u8], sums: NgramSums<'_>) {
        match sums {
            NgramSums::AllYears(sums) => self.push(ngram, &[], sums),
            NgramSums::ByYear(rows) => {
                self.keys.extend_from_slice(ngram);
                self.key_lengths.push(ngram.len() as u32);
                self.year_rows.extend_from_slice(rows);
                self.year_row_lengths.push(rows.len() as u32);
            }
        }
    }

    /// Takes out the bytes of the n-grams, most of a large count, so that they can be sent without a copy.
    /// [`set_keys`](Self::set_keys) puts them back.
    pub(crate) fn take_keys(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.keys)
    }

    /// Puts back the bytes of the n-grams.
    pub(crate) fn set_keys(&mut self, keys: Vec<u8>) {
        self.keys = keys;
    }

    /// The bytes that the n-grams and their sums take, about.
    pub(crate) fn size(&self) -> usize {
        self.keys.len() + self.year_rows.len() + 8 * self.sums.len()
    }

    /// Where the encoded rows of each n-gram are in [`year_row_bytes`](Self::year_row_bytes); empty in a count over all years.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(crate) fn take_year_ranges(
        &mut self,
        by_year: bool,
        width: usize,
    ) -> Result<Vec<Range<usize>>, CountError> {
        if !by_year {
            self.totals(width).map(drop)?;
            return Ok(Vec::new());
        }
        self.year_rows(width).map(drop)?;
        let mut end = 0;
        let ranges = std::mem::take(&mut self.year_row_lengths).into_iter().map(|length| {
            let start = end;
            end += length as usize;
            start..end
        });
        Ok(ranges.collect())
    }

    /// The encoded rows of all n-grams, end to end.
    pub(crate) fn year_row_bytes(&self) -> &[u8] {
        &self.year_rows
    }

    /// The sums of all n-grams over all years, one after another.
    pub(crate) fn all_sums(&self) -> &[u64] {
        &self.sums
    }

    /// The n-grams in an arena, which takes over their bytes.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(crate) fn take_arena(&mut self) -> Result<KeyArena, CountError> {
        self.ngrams().map(drop)?;
        let mut end = 0;
        let ends = std::mem::take(&mut self.key_lengths).into_iter().map(|length| {
            end += length as usize;
            end
        });
        Ok(KeyArena { ends: ends.collect(), bytes: self.take_keys() })
    }

    /// The number of n-grams; one that is there twice is counted twice.
    pub fn len(&self) -> usize {
        self.key_lengths.len()
    }

    /// Whether there is no n-gram.
    pub fn is_empty(&self) -> bool {
        self.key_lengths.is_empty()
    }

    /// The n-grams.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(crate) fn ngrams(&self) -> Result<impl ExactSizeIterator<Item = &[u8]>, CountError> {
        let bytes = self.key_lengths.iter().map(|&length| u128::from(length)).sum::<u128>();
        if bytes != self.keys.len() as u128 {
            return Err(CountError::Damaged("its n-grams are not as long as it says"));
        }
        Ok(pieces(&self.keys, &self.key_lengths))
    }
}

/// The pieces of `bytes`, which are as long as all `lengths` together.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &'a [u32]) -> impl ExactSizeIterator<Item = &'a [u8]> {
    lengths.iter().map(move |&length| {
        let (piece, behind) = bytes.split_at(length as usize);
        bytes = behind;
        piece
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_whose_arrays_do_not_fit_together_is_refused() {
        let partial = |keys: &[u8], key_lengths: &[u32], sums: &[u64]| Partial {
            keys: keys.to_vec(),
            key_lengths: key_lengths.to_vec(),
            sums: sums.to_vec(),
            ..Partial::default()
        };
        assert_eq!(
            partial(b"abc", &[1, 2], &[7, 8]).iter().unwrap().collect::<Vec<_>>(),
            [(&b"a"[..], 7), (b"bc", 8)],
        );
        for damaged in [
            partial(b"abc", &[1, 2], &[7]),
            partial(b"abc", &[1], &[7, 8]),
            partial(b"abc", &[1, 1], &[7, 8]),
            partial(b"abc", &[1, 3], &[7, 8]),
            partial(b"abc", &[u32::MAX, 4], &[7, 8]),
        ] {
            assert!(matches!(damaged.iter().err(), Some(CountError::Damaged(_))), "{damaged:?}");
        }
        let by_year = |lengths: &[u32], rows: &[u8], sums: &[u64]| Partial {
            year_row_lengths: lengths.to_vec(),
            year_rows: rows.to_vec(),
            ..partial(b"abc", &[1, 2], sums)
        };
        let whole = by_year(&[2, 4], &[7, 1, 8, 2, 1, 3], &[]);
        let expected: [(&[u8], &[u8]); 2] = [(b"a", &[7, 1]), (b"bc", &[8, 2, 1, 3])];
        assert_eq!(whole.year_rows(1).unwrap().collect::<Vec<_>>(), expected);
        for damaged in [
            by_year(&[2, 2], &[7, 1, 8, 2, 1, 3], &[]),
            by_year(&[6], &[7, 1, 8, 2, 1, 3], &[]),
            by_year(&[2, 4], &[7, 1, 8, 2, 1, 0x83], &[]),
            by_year(&[2, 3], &[7, 1, 8, 2, 1], &[]),
            by_year(&[2, 4], &[7, 1, 8, 2, 1, 3], &[1]),
            by_year(&[u32::MAX, 7], &[7, 1, 8, 2, 1, 3], &[]),
        ] {
            assert!(matches!(damaged.year_rows(1).err(), Some(CountError::Damaged(_))), "{damaged:?}");
        }
    }
    #[test]
    fn sums_are_divided_evenly_among_years() {
        let mut partial = Partial::default();
        partial.push(b"a", &[1999, 2000], &[1, 2, 3, 4]);
        let mut found = Vec::new();
        partial
            .visit(true, 2, |ngram, years, sums| {
                found.push((ngram.to_vec(), years.to_vec(), sums.to_vec()));
                Ok::<_, CountError>(())
            })
            .unwrap();
        assert_eq!(found, [(b"a".to_vec(), vec![1999, 2000], vec![1, 2, 3, 4])]);
    }

    #[test]
    #[should_panic(expected = "3 sums cannot be divided among 2 years")]
    fn an_uneven_number_of_sums_is_a_mistake_of_the_caller() {
        Partial::default().push(b"a", &[1999, 2000], &[1, 2, 3]);
    }
}
