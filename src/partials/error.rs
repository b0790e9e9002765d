//! Errors of reading and summing partial sums.

use std::io;

use bstr::BString;

use crate::count::{CountError, Measure};
use crate::input::{InputError, Source};
use crate::record::LineError;
use crate::record::partials::MOST_SUMS;
use crate::spill::SpillError;

/// The measures by which columns are summed. The columns have no names of their own.
pub(crate) const COLUMNS: [Measure; MOST_SUMS] =
    [Measure::Matches, Measure::Volumes, Measure::Pages, Measure::Lines];

/// Why partial sums could not be added up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartialsError {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A line is not a partial sum.
    #[error("{file}: line {line}: {error}")]
    BadLine {
        /// The file, as it was given.
        file: Source,
        /// The number of the line in it, from 1.
        line: u64,
        /// The error in it.
        error: LineError,
    },
    /// The lines are not sorted, and the caller said that they are.
    #[error(
        "{file}: line {line}: not sorted: {ngram:?} comes after {before:?}; sort the lines by bytes, \
         as `LC_ALL=C sort` does"
    )]
    Unsorted {
        /// The file, as it was given.
        file: Source,
        /// The number of the line in it, from 1.
        line: u64,
        /// The n-gram of the line.
        ngram: BString,
        /// The n-gram of the line before.
        before: BString,
    },
    /// A sum does not fit.
    #[error("sum {} of {ngram:?} adds up to more than {}", .sum + 1, u64::MAX)]
    Overflow {
        /// The n-gram.
        ngram: BString,
        /// The number of the sum, from 0.
        sum: usize,
    },
    /// The partial sums cannot be summed for another reason.
    #[error(transparent)]
    Count(CountError),
    /// Sums could not be written to a temporary file or read back.
    #[error(transparent)]
    Spill(SpillError),
    /// The sums could not be emitted.
    #[error("{0}")]
    Write(io::Error),
}

impl From<CountError> for PartialsError {
    /// An overflow names the number of the sum instead of the measure: the lines have no names of measures.
    fn from(error: CountError) -> Self {
        match error {
            CountError::Overflow { ngram, measure } => Self::Overflow {
                ngram: ngram.into(),
                sum: COLUMNS.iter().position(|&column| column == measure).unwrap_or_default(),
            },
            error => Self::Count(error),
        }
    }
}

impl From<SpillError> for PartialsError {
    fn from(error: SpillError) -> Self {
        match error {
            SpillError::Count(error) => error.into(),
            error => Self::Spill(error),
        }
    }
}
