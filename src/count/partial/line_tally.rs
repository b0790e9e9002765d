//! Account of the lines of a chunk.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::record::LineError;

/// Bad lines that a partial count describes; further ones are only counted.
pub const SHOWN_BAD_LINES: usize = 5;

/// Numbers of lines: each line that was read is in exactly one of the other four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTally {
    /// Lines that were read.
    pub read: u64,
    /// Lines whose matches are in the count.
    pub counted: u64,
    /// Good lines of n-grams that were not asked for.
    pub filtered: u64,
    /// Malformed lines.
    pub bad: u64,
    /// Lines of chunks that no worker could count.
    pub quarantined: u64,
}

impl LineTally {
    /// Whether every line that was read is accounted for.
    pub fn is_balanced(&self) -> bool {
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
    /// The number of the line in the chunk, from 0.
    pub line: u64,
    /// What is wrong with it.
    pub error: LineError,
}
