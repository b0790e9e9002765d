//! Measures: the numbers that are added up for each n-gram.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::record::UnknownName;

/// A number that is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Measure {
    /// Occurrences.
    Matches,
    /// Books, summed over the years.
    Volumes,
    /// Pages, summed over the years.
    Pages,
    /// Lines of the input that hold the n-gram.
    Lines,
    /// Documents that hold the n-gram.
    Documents,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 5] = [Self::Matches, Self::Volumes, Self::Pages, Self::Lines, Self::Documents];

    /// The name of its column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Volumes => "volumes",
            Self::Pages => "pages",
            Self::Lines => "lines",
            Self::Documents => "documents",
        }
    }

    /// The name of its column in an answer that is relative to the totals of a corpus.
    pub const fn relative_name(self) -> &'static str {
        match self {
            Self::Matches => "matches_share",
            Self::Volumes => "volumes_share",
            Self::Pages => "pages_share",
            Self::Lines => "lines_share",
            Self::Documents => "documents_share",
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("measure", &Self::ALL, Self::name, name)
    }
}

/// The measures of a count, one column each; at least one, none twice.
///
/// ```
/// use ngramcount::count::{Measure, Measures};
///
/// let measures = Measures::new(vec![Measure::Matches, Measure::Volumes]).unwrap();
/// assert_eq!(measures.count(), 2);
/// assert_eq!(Measures::new(vec![]), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures(Vec<Measure>);

impl Measures {
    /// These measures in this order; `None` if the list is empty or has a duplicate.
    pub fn new(measures: Vec<Measure>) -> Option<Self> {
        let is_duplicate = |(index, measure)| measures[..index].contains(measure);
        let valid = !measures.is_empty() && !measures.iter().enumerate().any(is_duplicate);
        valid.then_some(Self(measures))
    }

    /// The number of measures.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The measures from left to right.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Measure> + '_ {
        self.0.iter().copied()
    }

    /// Whether `measure` is among them.
    pub fn has(&self, measure: Measure) -> bool {
        self.0.contains(&measure)
    }
}

impl Default for Measures {
    /// Matches only.
    fn default() -> Self {
        Self(vec![Measure::Matches])
    }
}
