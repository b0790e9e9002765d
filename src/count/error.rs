use bstr::BStr;

use super::plan::{Measure, Measures};
use super::table::Overflow;
use crate::record::Format;

/// Why a count cannot be made. None of these is the fault of a single line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CountError {
    /// A sum of one n-gram does not fit 64 bits.
    #[error("the {} of `{}` add up to more than {}", .measure.name(), BStr::new(.ngram), u64::MAX)]
    Overflow {
        /// The n-gram.
        ngram: Vec<u8>,
        /// Of what it is the sum.
        measure: Measure,
    },
    /// The corpus totals say nothing of a year in which an n-gram occurs.
    #[error("`{}` occurs in {year}, for which the totals have no {}", BStr::new(.ngram), .measure.name())]
    NoTotal {
        /// The n-gram.
        ngram: Vec<u8>,
        /// The year.
        year: u32,
        /// What there is no total of.
        measure: Measure,
    },
    /// Something is to be counted that a format does not hold.
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
    /// A partial count contradicts itself, so it was damaged or made by something else.
    #[error("a partial count is damaged: {0}")]
    Damaged(&'static str),
}

impl CountError {
    /// Names the n-gram and the measure whose sum overflowed.
    pub(super) fn overflow<'a>(
        ngram: &'a [u8],
        measures: &'a Measures,
    ) -> impl FnOnce(Overflow) -> Self + 'a {
        |Overflow { sum }| Self::Overflow {
            ngram: ngram.to_vec(),
            measure: measures.iter().nth(sum).unwrap_or(Measure::Matches),
        }
    }
}
