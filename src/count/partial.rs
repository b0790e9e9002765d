use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::error::CountError;
use super::table::Table;
use crate::record::LineError;

/// Bad lines that a partial count describes; further ones are only counted.
pub const SHOWN_BAD_LINES: usize = 5;

/// The count of one chunk, in the shape of a message: one blob and two arrays, so that it is written and read in a few
/// large pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// The n-grams, end to end.
    #[serde(with = "serde_bytes")]
    pub keys: Vec<u8>,
    /// The length of each n-gram in bytes.
    pub lengths: Vec<u32>,
    /// The matches of each n-gram.
    pub tallies: Vec<u64>,
    /// What became of the lines.
    pub lines: LineTally,
    /// The first bad lines, at most [`SHOWN_BAD_LINES`].
    pub bad: Vec<BadLine>,
}

impl Partial {
    pub(super) fn new(table: Table, lines: LineTally, bad: Vec<BadLine>) -> Self {
        let (keys, lengths, tallies) = table.into_parts();
        Self { keys, lengths, tallies, lines, bad }
    }

    /// This count and that of the lines behind, of which the first is the one numbered `line` here.
    /// An n-gram may then stand in it twice; whoever merges it adds the tallies up in any case.
    pub fn append(mut self, behind: Partial, line: u64) -> Partial {
        self.keys.extend(behind.keys);
        self.lengths.extend(behind.lengths);
        self.tallies.extend(behind.tallies);
        self.lines += behind.lines;
        self.bad.extend(behind.bad.into_iter().map(|bad| BadLine { line: bad.line + line, ..bad }));
        self.bad.truncate(SHOWN_BAD_LINES);
        self
    }

    /// The n-grams and their matches.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if the three arrays do not fit together. A partial count comes from another process, so
    /// this is looked at before a slice is cut by a length from it.
    pub fn iter(&self) -> Result<impl ExactSizeIterator<Item = (&[u8], u64)>, CountError> {
        if self.lengths.len() != self.tallies.len() {
            return Err(CountError::Damaged("it has not as many tallies as n-grams"));
        }
        if self.lengths.iter().map(|&length| u128::from(length)).sum::<u128>() != self.keys.len() as u128 {
            return Err(CountError::Damaged("its n-grams are not as long as it says"));
        }
        let mut rest = &self.keys[..];
        Ok(self.lengths.iter().zip(&self.tallies).map(move |(&length, &tally)| {
            let (ngram, behind) = rest.split_at(length as usize);
            rest = behind;
            (ngram, tally)
        }))
    }
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
    }
}
