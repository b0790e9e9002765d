//! Conditions on n-grams and years.

use std::ops::RangeInclusive;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{Pos, fold_case};

/// Conditions on n-grams and years, and the variants that are counted as one n-gram.
///
/// The conditions are checked after tags and case have been removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Filter {
    /// The n-gram begins with these bytes.
    pub prefix: Option<Vec<u8>>,
    /// The pattern matches somewhere in the n-gram.
    pub pattern: Option<Pattern>,
    /// The years that count.
    pub years: Years,
    /// The part-of-speech tags of the n-gram.
    pub pos: Pos,
    /// Remove the tags: `watch_NOUN` and `watch_VERB` are counted as `watch`.
    pub strip_pos: bool,
    /// Fold the case: `Watch` and `WATCH` are counted as `watch`.
    pub ignore_case: bool,
}

impl Filter {
    /// The key under which `word`, as a user wrote it, is counted. It is also the n-gram in the answer.
    ///
    /// ```
    /// use ngramcount::count::Filter;
    ///
    /// let mut filter = Filter::default();
    /// assert_eq!(filter.query_key("ΟΔΟς".as_bytes()), "ΟΔΟς".as_bytes());
    /// filter.ignore_case = true;
    /// assert_eq!(filter.query_key("ΟΔΟς".as_bytes()), "οδοσ".as_bytes());
    /// ```
    pub fn query_key(&self, word: &[u8]) -> Vec<u8> {
        if !self.ignore_case {
            return word.to_vec();
        }
        let mut folded = Vec::with_capacity(word.len());
        fold_case(word, &mut folded);
        folded
    }
}

/// A range of years, both ends included.
///
/// ```
/// use ngramcount::count::Years;
///
/// let years = Years { first: 1900, last: 1999 };
/// assert!(years.contains(1999) && !years.contains(2000));
/// assert!(Years::default().contains(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Years {
    /// The first year.
    pub first: u32,
    /// The last year.
    pub last: u32,
}

impl Years {
    /// Every year.
    pub const ALL: Self = Self { first: 0, last: u32::MAX };

    /// The years as a range.
    pub fn range(self) -> RangeInclusive<u32> {
        self.first..=self.last
    }

    /// Whether `year` is in the range.
    #[inline(always)]
    pub fn contains(self, year: u32) -> bool {
        self.first <= year && year <= self.last
    }
}

impl Default for Years {
    /// Every year.
    fn default() -> Self {
        Self::ALL
    }
}

/// A valid regular expression.
///
/// ```
/// use ngramcount::count::Pattern;
///
/// assert!(Pattern::new("^wat.*h$").is_ok());
/// assert!(Pattern::new("(").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern in the syntax of the `regex` crate, on bytes.
    ///
    /// # Errors
    /// The error of the `regex` crate if the pattern is not valid.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let pattern = Self(text.to_owned());
        pattern.build(false)?;
        pattern.build(true)?;
        Ok(pattern)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn compile(&self, ignore_case: bool) -> Regex {
        self.build(ignore_case).expect("`new` built the same pattern")
    }

    fn build(&self, ignore_case: bool) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.0).case_insensitive(ignore_case).build()
    }
}
