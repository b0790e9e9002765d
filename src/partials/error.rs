//! Why partial sums could not be added up.

use std::io;

use bstr::BString;

use crate::count::CountError;
use crate::input::{InputError, Source};
use crate::record::LineError;

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
        /// The line's number in it, from 1.
        line: u64,
        /// What is wrong with it.
        error: LineError,
    },
    /// The lines were said to be sorted.
    #[error(
        "{file}: line {line}: not sorted: {ngram:?} comes after {before:?}; sort the lines by bytes, \
         as `LC_ALL=C sort` does"
    )]
    Unsorted {
        /// The file, as it was given.
        file: Source,
        /// The line's number in it, from 1.
        line: u64,
        /// Its n-gram.
        ngram: BString,
        /// The n-gram of the line before, which should come later.
        before: BString,
    },
    /// A sum does not fit.
    #[error("sum {} of {ngram:?} adds up to more than {}", .sum + 1, u64::MAX)]
    Overflow {
        /// The n-gram.
        ngram: BString,
        /// Which of its sums, from 0.
        sum: usize,
    },
    /// The partial sums cannot be added up for another reason.
    #[error(transparent)]
    Count(CountError),
    /// What was added up could not be handed on.
    #[error("{0}")]
    Write(io::Error),
}

impl From<CountError> for PartialsError {
    /// The lines do not say what they are sums of, so the sum is called by its place.
    fn from(error: CountError) -> Self {
        match error {
            CountError::Overflow { ngram, measure } => {
                Self::Overflow { ngram: ngram.into(), sum: super::read::column(measure) }
            }
            error => Self::Count(error),
        }
    }
}
