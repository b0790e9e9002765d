use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::tokens::TextRules;
use crate::record::UnknownName;

/// What is counted, and what happens to a line that cannot be read. All that a worker must know before its first chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which n-grams are counted.
    pub selection: Selection,
    /// What else an n-gram, or a year of it, must be to be counted.
    pub filter: Filter,
    /// What is counted of each.
    pub measures: Measures,
    /// Whether the years are kept apart.
    pub by_year: bool,
    /// How text is cut into n-grams.
    pub text: TextRules,
    /// What happens to malformed lines.
    pub bad_lines: BadLines,
}

impl Plan {
    /// So many bytes of the input, at most, a worker that reads them by itself maps in one piece.
    ///
    /// Mostly that is what stays in the second-level cache. N-grams of several words are another matter: most are new
    /// in a small piece, and each piece that has one sends it anew. Of the 3-grams of the King James Bible 72 % are
    /// new in pieces of 512 KiB, 60 % in one piece.
    pub fn piece(&self) -> usize {
        if self.text.longest > 1 { 16 << 20 } else { 512 << 10 }
    }

    /// The plan without its words. There may be a hundred thousand, which whoever looks them up keeps in its own shape.
    pub fn without_words(&self) -> Self {
        let Self { selection: _, filter, measures, by_year, text, bad_lines } = self;
        Self {
            selection: Selection::All,
            filter: filter.clone(),
            measures: measures.clone(),
            by_year: *by_year,
            text: text.clone(),
            bad_lines: *bad_lines,
        }
    }
}

/// Which n-grams are counted. Every line is read and checked in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// Every n-gram there is.
    #[default]
    All,
    /// These n-grams, byte for byte, in the order in which the answer lists them. One may stand here twice.
    Words(Vec<Vec<u8>>),
}

/// What happens to a malformed line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BadLines {
    /// The first one ends the count.
    #[default]
    Fail,
    /// They are counted and left out.
    Skip,
}

impl BadLines {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Fail, Self::Skip];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

impl FromStr for BadLines {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("rule for bad lines", &Self::ALL, Self::name, name)
    }
}

/// A number that is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// Occurrences.
    Matches,
    /// Books, summed over the years.
    Volumes,
    /// Pages, summed over the years.
    Pages,
    /// Lines of the input that hold the n-gram.
    Lines,
}

/// How many measures there are.
pub(super) const MEASURES: usize = 4;

impl Measure {
    /// All of them.
    pub const ALL: [Self; MEASURES] = [Self::Matches, Self::Volumes, Self::Pages, Self::Lines];

    /// The heading of its column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Volumes => "volumes",
            Self::Pages => "pages",
            Self::Lines => "lines",
        }
    }

    /// The heading of its column where it is divided by the totals of the corpus.
    pub const fn share_name(self) -> &'static str {
        match self {
            Self::Matches => "matches_share",
            Self::Volumes => "volumes_share",
            Self::Pages => "pages_share",
            Self::Lines => "lines_share",
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("measure", &Self::ALL, Self::name, name)
    }
}

/// The measures that are asked for, one column each; at least one, none twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures(Vec<Measure>);

impl Measures {
    /// These measures in this order; `None` if there is none or one is there twice.
    pub fn new(measures: Vec<Measure>) -> Option<Self> {
        let twice = |(index, measure)| measures[..index].contains(measure);
        let sound = !measures.is_empty() && !measures.iter().enumerate().any(twice);
        sound.then_some(Self(measures))
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// From left to right.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Measure> + '_ {
        self.0.iter().copied()
    }

    /// Whether this one is among them.
    pub fn has(&self, measure: Measure) -> bool {
        self.0.contains(&measure)
    }
}

impl Default for Measures {
    /// Matches and nothing else.
    fn default() -> Self {
        Self(vec![Measure::Matches])
    }
}
