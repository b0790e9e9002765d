//! Options of an answer: which rows it has, what their numbers mean, and how they are sorted.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::record::UnknownName;
use crate::record::totals::Totals;

/// Which rows an answer has, what their numbers mean, and how they are sorted.
///
/// ```
/// use ngramcount::count::{AnswerOptions, Sort};
///
/// let mut order = AnswerOptions::default();
/// order.sort = Some(Sort::Matches);
/// order.top = Some(10);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerOptions {
    /// One row for each n-gram and year. Needs a plan by year.
    pub by_year: bool,
    /// Divide by the totals of a corpus in the same years. Needs a plan by year, even if the rows are not by year.
    pub relative_to: Option<Totals>,
    /// In an answer by year: the mean of each year and this many years on both sides of it.
    pub smoothing: Option<u32>,
    /// How rows are sorted. With `None`, selected words stay in the order of the selection, unless `top` is set; an
    /// answer by year is sorted by n-gram, and every other answer by matches. With `top` it is by matches too; in an answer by
    /// year the n-grams are, each with its years in their order.
    pub sort: Option<Sort>,
    /// Only this many n-grams, the first ones: by the first measure over all years, unless they are sorted by n-gram. In an
    /// answer by year each has all its years.
    pub top: Option<usize>,
    /// Only n-grams of which the first measure is at least this number over all their years.
    pub min_count: Option<u64>,
}

/// The key by which rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Sort {
    /// The first number, largest first; rows with equal numbers by the bytes of the n-gram and the year.
    Matches,
    /// The bytes of the n-gram and the year.
    Ngram,
}

impl Sort {
    /// All keys.
    pub const ALL: [Self; 2] = [Self::Matches, Self::Ngram];

    /// The name of the key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Ngram => "ngram",
        }
    }
}

impl FromStr for Sort {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("sort key", &Self::ALL, Self::name, name)
    }
}
