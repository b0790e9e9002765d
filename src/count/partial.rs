use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::error::CountError;
use super::pack;
use super::packed::{Packed, Packer};
use super::plan::Plan;
use super::series::{PackedSeries, Series};
use super::table::{Names, Table};
use crate::record::LineError;

/// Bad lines that a partial count describes; further ones are only counted.
pub const SHOWN_BAD_LINES: usize = 5;

/// The count of one chunk, in the shape of a message: a few arrays, each written and read in one piece. An n-gram may
/// stand in it more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// The n-grams, end to end.
    #[serde(with = "serde_bytes")]
    pub keys: Vec<u8>,
    /// The length of each n-gram in bytes.
    #[serde(with = "pack::lengths")]
    pub lengths: Vec<u32>,
    /// The sums of each n-gram, one for each measure; in a count by years there are none here.
    #[serde(with = "pack::counts")]
    pub tallies: Vec<u64>,
    /// In a count by years: the years of each n-gram, ascending, and the sums of each year, packed and end to end.
    #[serde(with = "serde_bytes")]
    pub series: Vec<u8>,
    /// In a count by years: how many bytes of `series` are each n-gram's.
    #[serde(with = "pack::lengths")]
    pub spans: Vec<u32>,
    /// What became of the lines.
    pub lines: LineTally,
    /// The first bad lines, at most [`SHOWN_BAD_LINES`].
    pub bad: Vec<BadLine>,
}

impl Partial {
    pub(super) fn of_table(table: Table, lines: LineTally, bad: Vec<BadLine>) -> Self {
        let (names, tallies) = table.into_parts();
        let lengths = lengths(&names);
        Self { keys: names.keys, lengths, tallies, lines, bad, ..Self::default() }
    }

    /// The sums of several partial counts, as one of no lines.
    pub(super) fn of_series(series: Series) -> Self {
        let PackedSeries { names, spans, bytes } = series.into_packed();
        let lengths = lengths(&names);
        let mut whole = Self { keys: names.keys, lengths, ..Self::default() };
        for span in spans {
            whole.spans.push(span.len);
            whole.series.extend_from_slice(&bytes[span.range()]);
        }
        whole
    }

    /// This count and that of the lines behind, of which the first is the one numbered `line` here.
    /// An n-gram may then stand in it twice; whoever merges it adds the tallies up in any case.
    pub fn append(mut self, behind: Partial, line: u64) -> Partial {
        if self == Self::default() {
            return behind;
        }
        self.keys.extend(behind.keys);
        self.lengths.extend(behind.lengths);
        self.tallies.extend(behind.tallies);
        self.series.extend(behind.series);
        self.spans.extend(behind.spans);
        self.lines += behind.lines;
        self.bad.extend(behind.bad.into_iter().map(|bad| BadLine { line: bad.line + line, ..bad }));
        self.bad.truncate(SHOWN_BAD_LINES);
        self
    }

    /// The n-grams and their matches, where those are what was counted.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if the arrays do not fit together.
    pub fn iter(&self) -> Result<impl ExactSizeIterator<Item = (&[u8], u64)>, CountError> {
        Ok(self.totals(1)?.map(|(ngram, tallies)| (ngram, tallies[0])))
    }

    /// The n-grams and their sums, `width` of each.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if the arrays do not fit together. A partial count comes from another process, so this is
    /// looked at before a slice is cut by a length from it.
    pub(super) fn totals(
        &self,
        width: usize,
    ) -> Result<impl ExactSizeIterator<Item = (&[u8], &[u64])>, CountError> {
        if self.tallies.len() != self.lengths.len() * width || !self.series.is_empty() {
            return Err(CountError::Damaged("it has not as many tallies as n-grams"));
        }
        Ok(self.ngrams()?.zip(self.tallies.chunks_exact(width)))
    }

    /// The n-grams with the bytes of their series, of `width` sums a year.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(super) fn series(&self, width: usize) -> Result<impl Iterator<Item = (&[u8], &[u8])>, CountError> {
        let bytes = self.spans.iter().map(|&span| u128::from(span)).sum::<u128>();
        if bytes != self.series.len() as u128
            || self.spans.len() != self.lengths.len()
            || !self.tallies.is_empty()
            || Packed::new(&self.series, width).count_rows().is_none()
        {
            return Err(CountError::Damaged("its years are not as many as it says"));
        }
        let mut rest = &self.series[..];
        Ok(self.ngrams()?.zip(&self.spans).map(move |(ngram, &span)| {
            let (ours, behind) = rest.split_at(span as usize);
            rest = behind;
            (ngram, ours)
        }))
    }

    /// Calls `visit` with each n-gram, its years, and the sums of each year, `width` of them. In a count that is not by
    /// years there are no years, and the sums are of all of them.
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
            self.series(width)?.try_for_each(|(ngram, rows)| {
                years.clear();
                sums.clear();
                for (year, amounts) in Packed::new(rows, width) {
                    years.push(year);
                    sums.extend_from_slice(&amounts[..width]);
                }
                visit(ngram, &years, &sums)
            })
        } else {
            self.totals(width)?.try_for_each(|(ngram, sums)| visit(ngram, &[], sums))
        }
    }

    /// Adds an n-gram at the end: its years, ascending, if it is a count by years, and the sums of each year, or of all.
    pub fn push(&mut self, ngram: &[u8], years: &[u32], sums: &[u64]) {
        self.keys.extend_from_slice(ngram);
        self.lengths.push(ngram.len() as u32);
        if years.is_empty() {
            self.tallies.extend_from_slice(sums);
            return;
        }
        let start = self.series.len();
        let mut packer = Packer::default();
        for (year, sums) in years.iter().zip(sums.chunks_exact(sums.len() / years.len())) {
            packer.push(&mut self.series, *year, sums[0], sums[1..].iter().copied());
        }
        self.spans.push((self.series.len() - start) as u32);
    }

    /// Whether no n-gram is in it.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Whether the arrays fit together and hold what `plan` asks for.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(super) fn check(&self, plan: &Plan) -> Result<(), CountError> {
        let width = plan.measures.count();
        if plan.by_year { self.series(width).map(drop) } else { self.totals(width).map(drop) }
    }

    /// The n-grams.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub(super) fn ngrams(&self) -> Result<impl ExactSizeIterator<Item = &[u8]>, CountError> {
        if self.lengths.iter().map(|&length| u128::from(length)).sum::<u128>() != self.keys.len() as u128 {
            return Err(CountError::Damaged("its n-grams are not as long as it says"));
        }
        let mut rest = &self.keys[..];
        Ok(self.lengths.iter().map(move |&length| {
            let (ngram, behind) = rest.split_at(length as usize);
            rest = behind;
            ngram
        }))
    }
}

fn lengths(names: &Names) -> Vec<u32> {
    let starts = std::iter::once(&0).chain(&names.ends);
    starts.zip(&names.ends).map(|(start, end)| (end - start) as u32).collect()
}

/// What became of lines: each one that was read is in exactly one of the other four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTally {
    /// Lines seen.
    pub read: u64,
    /// Lines whose matches are in the count.
    pub counted: u64,
    /// Good lines of n-grams that were not asked for.
    pub filtered: u64,
    /// Malformed lines.
    pub bad: u64,
    /// Lines given up together with a chunk that no worker could count.
    pub quarantined: u64,
}

impl LineTally {
    /// Whether every line that was read is accounted for.
    pub fn is_conserved(&self) -> bool {
        [self.filtered, self.bad, self.quarantined]
            .into_iter()
            .try_fold(self.counted, u64::checked_add)
            .is_some_and(|sum| sum == self.read)
    }
}

impl AddAssign for LineTally {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.counted += other.counted;
        self.filtered += other.filtered;
        self.bad += other.bad;
        self.quarantined += other.quarantined;
    }
}

/// A malformed line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLine {
    /// Its number in the chunk, from 0.
    pub line: u64,
    /// What is wrong with it.
    pub error: LineError,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_whose_arrays_do_not_fit_together_is_refused() {
        let partial = |keys: &[u8], lengths: &[u32], tallies: &[u64]| Partial {
            keys: keys.to_vec(),
            lengths: lengths.to_vec(),
            tallies: tallies.to_vec(),
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
        let by_year = |spans: &[u32], series: &[u8], tallies: &[u64]| Partial {
            spans: spans.to_vec(),
            series: series.to_vec(),
            ..partial(b"abc", &[1, 2], tallies)
        };
        let whole = by_year(&[2, 4], &[7, 1, 8, 2, 1, 3], &[]);
        let expected: [(&[u8], &[u8]); 2] = [(b"a", &[7, 1]), (b"bc", &[8, 2, 1, 3])];
        assert_eq!(whole.series(1).unwrap().collect::<Vec<_>>(), expected);
        for damaged in [
            by_year(&[2, 2], &[7, 1, 8, 2, 1, 3], &[]),
            by_year(&[6], &[7, 1, 8, 2, 1, 3], &[]),
            by_year(&[2, 4], &[7, 1, 8, 2, 1, 0x83], &[]),
            by_year(&[2, 3], &[7, 1, 8, 2, 1], &[]),
            by_year(&[2, 4], &[7, 1, 8, 2, 1, 3], &[1]),
            by_year(&[u32::MAX, 7], &[7, 1, 8, 2, 1, 3], &[]),
        ] {
            assert!(matches!(damaged.series(1).err(), Some(CountError::Damaged(_))), "{damaged:?}");
        }
    }
}
