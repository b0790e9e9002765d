//! Which rows are counted, beyond asking for n-grams one by one, and under what key.

use std::ops::RangeInclusive;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::fold::fold;
use super::plan::{Plan, Selection};
use super::pos::{self, Pos};
use super::table::Table;

/// What an n-gram, or a year of it, must be to be counted, and which n-grams are counted as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The bytes with which it begins.
    pub prefix: Option<Vec<u8>>,
    /// What is found somewhere in it.
    pub pattern: Option<Pattern>,
    /// The years that count.
    pub years: Years,
    /// Whether its tags are the right ones.
    pub pos: Pos,
    /// Take the tags off first: `watch_NOUN` and `watch_VERB` are counted as `watch`.
    pub strip_pos: bool,
    /// Take the case off first: `Watch` and `WATCH` are counted as `watch`.
    pub ignore_case: bool,
}

/// Years, the first and the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Years {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

impl Years {
    /// Every year.
    pub const ALL: Self = Self { first: 0, last: u32::MAX };

    /// As a range.
    pub fn range(self) -> RangeInclusive<u32> {
        self.first..=self.last
    }

    #[inline(always)]
    pub(super) fn contain(self, year: u32) -> bool {
        self.first <= year && year <= self.last
    }
}

impl Default for Years {
    fn default() -> Self {
        Self::ALL
    }
}

/// A regular expression that is known to be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern in the syntax of the `regex` crate, on bytes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let pattern = Self(text.to_owned());
        pattern.build(false)?;
        pattern.build(true)?;
        Ok(pattern)
    }

    pub(super) fn compile(&self, ignore_case: bool) -> Regex {
        self.build(ignore_case).expect("a pattern is built once before it is one")
    }

    fn build(&self, ignore_case: bool) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.0).case_insensitive(ignore_case).build()
    }
}

/// A filter at work: turns an n-gram into the key under which it is counted.
pub(super) struct Keys {
    filter: Filter,
    regex: Option<Regex>,
    /// The n-grams asked for; `None` stands for all.
    asked: Option<Table>,
    /// Every n-gram is its own key, and all of them count.
    pub takes_all: bool,
}

impl Keys {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut filter = plan.filter.clone();
        let regex = filter.pattern.as_ref().map(|pattern| pattern.compile(filter.ignore_case));
        filter.prefix = filter.prefix.as_ref().map(|prefix| typed(prefix, filter.ignore_case));
        let asked = match &plan.selection {
            Selection::All => None,
            Selection::Words(words) => {
                let mut asked = Table::new();
                for word in words {
                    asked.slot(&typed(word, filter.ignore_case));
                }
                Some(asked)
            }
        };
        let rules = Filter { years: Years::ALL, ..filter.clone() };
        let takes_all = asked.is_none() && rules == Filter::default();
        Self { filter, regex, asked, takes_all }
    }

    /// The key of `ngram`, in `scratch` if it is not the n-gram itself; `None` if it is not to be counted.
    pub(super) fn key<'k>(&self, ngram: &'k [u8], scratch: &'k mut Vec<u8>) -> Option<&'k [u8]> {
        if self.takes_all {
            return Some(ngram);
        }
        let Filter { prefix, pos, strip_pos, ignore_case, .. } = &self.filter;
        if !pos.takes(ngram) {
            return None;
        }
        let key = match (strip_pos, ignore_case) {
            (false, false) => ngram,
            (strip_pos, ignore_case) => {
                scratch.clear();
                match (strip_pos, ignore_case) {
                    (true, false) => pos::strip(ngram, scratch),
                    (false, _) => fold(ngram, scratch),
                    (true, true) => {
                        let mut stripped = Vec::with_capacity(ngram.len());
                        pos::strip(ngram, &mut stripped);
                        fold(&stripped, scratch);
                    }
                }
                &scratch[..]
            }
        };
        let taken = prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix))
            && self.asked.as_ref().is_none_or(|asked| asked.contains(key))
            && self.regex.as_ref().is_none_or(|regex| regex.is_match(key));
        taken.then_some(key)
    }
}

/// What a word that a person typed is looked for as.
pub(super) fn typed(word: &[u8], ignore_case: bool) -> Vec<u8> {
    if !ignore_case {
        return word.to_vec();
    }
    let mut folded = Vec::with_capacity(word.len());
    fold(word, &mut folded);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(plan: &Plan, ngram: &str) -> Option<String> {
        let mut scratch = Vec::new();
        Keys::new(plan)
            .key(ngram.as_bytes(), &mut scratch)
            .map(|key| String::from_utf8(key.to_vec()).unwrap())
    }

    fn words(words: &[&str]) -> Selection {
        Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    #[test]
    fn all_conditions_must_hold_and_they_are_about_the_key() {
        let filter = Filter {
            prefix: Some(b"WA".to_vec()),
            pattern: Some(Pattern::new("T.*h$").unwrap()),
            pos: Pos::Tagged,
            strip_pos: true,
            ignore_case: true,
            ..Filter::default()
        };
        let plan = Plan { filter, ..Plan::default() };
        assert_eq!(key(&plan, "Watch_NOUN").as_deref(), Some("watch"));
        for ngram in ["Watch", "watches_NOUN", "batch_NOUN", "wax_NOUN"] {
            assert_eq!(key(&plan, ngram), None, "{ngram}");
        }
        let plan = Plan { selection: words(&["WATCH"]), ..plan };
        assert_eq!(key(&plan, "waTch_VERB").as_deref(), Some("watch"));
        assert_eq!(key(&plan, "watech_VERB"), None);
    }

    #[test]
    fn without_conditions_every_n_gram_is_its_own_key() {
        for ngram in ["Watch", "watch_NOUN", "_NOUN_", ""] {
            assert_eq!(key(&Plan::default(), ngram).as_deref(), Some(ngram));
        }
        assert_eq!(key(&Plan { selection: words(&["a"]), ..Plan::default() }, "A"), None);
        assert!(Pattern::new("(").is_err());
    }

    #[test]
    fn a_pattern_is_about_bytes() {
        let filter = Filter { pattern: Some(Pattern::new(r"(?-u)\xff").unwrap()), ..Filter::default() };
        let keys = Keys::new(&Plan { filter, ..Plan::default() });
        assert!(keys.key(b"a\xff", &mut Vec::new()).is_some());
        assert!(keys.key("aÿ".as_bytes(), &mut Vec::new()).is_none());
    }
}
