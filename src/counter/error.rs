//! Why a question has no answer.

use bstr::BStr;

use crate::count::{CountError, MAX_SMOOTHED_YEARS, Mismatch};
use crate::job::JobError;

/// Why [`Counter`](super::Counter) has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CounterError {
    /// The parts of the question do not fit together. Nothing was read.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The count failed.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// A question that has no answer, whatever the input holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionError {
    /// A number of words that no n-gram can have.
    #[error("n-grams of {shortest} to {longest} words: expected 1 to 100, the smaller number first")]
    Lengths {
        /// Words of the shortest n-gram.
        shortest: u32,
        /// Words of the longest n-gram.
        longest: u32,
    },
    /// An n-gram that no line can hold: it is empty, or has a tab or a line end.
    #[error("`{}`: an n-gram is not empty and holds no tab or line end", BStr::new(.ngram))]
    NotAnNgram {
        /// The n-gram.
        ngram: Vec<u8>,
    },
    /// No n-gram that is asked for is ever counted, whatever the input holds.
    #[error("`{}` cannot occur: {why}", BStr::new(.ngram))]
    NeverMatches {
        /// The first of the n-grams.
        ngram: Vec<u8>,
        /// Why it is not counted.
        why: Mismatch,
    },
    /// An answer is by files or by years.
    #[error("an answer by files cannot be by years too, or relative to the totals of years")]
    FilesOrYears,
    /// N-grams cannot cross lines within a document that is a line.
    #[error("n-grams cannot cross lines if each line is a document")]
    AcrossNoLines,
    /// The first year comes after the last.
    #[error("years {first} to {last}: the first year comes after the last")]
    Years {
        /// The first year.
        first: u32,
        /// The last year.
        last: u32,
    },
    /// Tags would be removed from tagged rows that are then added to the untagged ones.
    #[error(
        "removing part-of-speech tags from all rows counts every word twice, since `watch` already is the sum of \
         `watch_NOUN` and `watch_VERB`; select tagged rows, or some tags"
    )]
    CountsTwice,
    /// Tags would be removed where there are none.
    #[error("untagged rows have no part-of-speech tags to remove")]
    NoTagsToStrip,
    /// The totals of a corpus count words, pages and volumes, not lines or documents of a file.
    #[error("the totals of a corpus have no lines or documents to divide by")]
    NoTotalLines,
    /// Smoothing gives a row to every year of the range.
    #[error("smoothing over more than {MAX_SMOOTHED_YEARS} years: each year is a row")]
    TooManyYears,
    /// Smoothing needs an answer by years.
    #[error("smoothing needs an answer by years")]
    SmoothingWithoutYears,
    /// The named format does not hold what is to be counted.
    #[error(transparent)]
    Unsuited(#[from] CountError),
}
