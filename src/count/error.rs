//! Errors of a count. None of them is the fault of a single line.

use bstr::BStr;

use super::ngram_table::TableError;
use super::plan::{Measure, Measures, Plan};
use crate::record::Format;

/// Why a count cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CountError {
    /// A sum of one n-gram does not fit 64 bits.
    #[error("the {} of `{}` add up to more than {}", .measure.name(), BStr::new(.ngram), u64::MAX)]
    Overflow {
        /// The n-gram.
        ngram: Vec<u8>,
        /// The measure of the sum.
        measure: Measure,
    },
    /// There are more different n-grams than a table can hold.
    #[error("more than {limit} n-grams; count a part of them at a time")]
    TooManyNgrams {
        /// The number of n-grams that a table can hold.
        limit: usize,
    },
    /// The system has no memory for more n-grams.
    #[error("out of memory; count a part of the n-grams at a time")]
    OutOfMemory,
    /// The years of one n-gram take more memory than a table can address.
    #[error("the years of `{}` take more than {limit} bytes", BStr::new(.ngram))]
    TooManyYears {
        /// The n-gram.
        ngram: Vec<u8>,
        /// The number of bytes that a table can address.
        limit: usize,
    },
    /// The answer has more rows than can be sorted.
    #[error("more than {limit} rows; count a part of the n-grams or years at a time")]
    TooManyRows {
        /// The number of rows that can be sorted.
        limit: usize,
    },
    /// The corpus totals have no entry for a year in which an n-gram occurs.
    #[error("`{}` occurs in {year}, for which the totals have no {}", BStr::new(.ngram), .measure.name())]
    NoTotal {
        /// The n-gram.
        ngram: Vec<u8>,
        /// The year.
        year: u32,
        /// The measure without a total.
        measure: Measure,
    },
    /// The plan asks for something that a format does not hold.
    #[error("{format} files have no {missing}")]
    Lacks {
        /// The format.
        format: Format,
        /// What it lacks, in the plural.
        missing: &'static str,
    },
    /// Every year from the first to the last would be a row.
    #[error("the years go from {first} to {last}, and each would be a row")]
    ManyYears {
        /// The first year.
        first: u32,
        /// The last year.
        last: u32,
    },
    /// A partial count contradicts itself, so it was damaged or made by another program.
    #[error("a partial count is damaged: {0}")]
    Damaged(&'static str),
}

impl CountError {
    /// The error of a table when an amount is added to `ngram`.
    pub(crate) fn of_table(error: TableError, ngram: &[u8], measures: &Measures) -> Self {
        match error {
            TableError::Overflow { sum } => Self::Overflow {
                ngram: ngram.to_vec(),
                measure: measures.iter().nth(sum).unwrap_or(Measure::Matches),
            },
            TableError::OutOfMemory => Self::OutOfMemory,
            TableError::TooManyNgrams { limit } => Self::TooManyNgrams { limit },
            TableError::TooManyYears { limit } => Self::TooManyYears { ngram: ngram.to_vec(), limit },
        }
    }
}

impl Plan {
    /// Checks that files in `format` hold what the plan asks for.
    ///
    /// # Errors
    /// [`CountError::Lacks`] if they do not.
    pub fn suits(&self, format: Format) -> Result<(), CountError> {
        self.missing_in(format).map_or(Ok(()), |missing| Err(CountError::Lacks { format, missing }))
    }
}
