//! Key filter: decides whether an n-gram counts, and under which key.

use regex::bytes::Regex;

use crate::count::error::CountError;
use crate::count::ngram_table::NgramTable;
use crate::count::plan::{Filter, Plan, Selection, Years, fold_case, strip_tags};

/// A [`Filter`] and a [`Selection`], compiled.
pub(crate) struct KeyFilter {
    filter: Filter,
    regex: Option<Regex>,
    /// The keys of the query; `None` stands for all.
    query: Option<NgramTable>,
    /// Every n-gram counts, under its own bytes.
    pub accepts_all: bool,
    /// Every n-gram counts, and its key consists of the keys of its words.
    pub keeps_words: bool,
}

impl KeyFilter {
    /// # Errors
    /// [`CountError::TooManyNgrams`] if the selection has too many words.
    pub(crate) fn new(plan: &Plan) -> Result<Self, CountError> {
        let mut filter = plan.filter.clone();
        let regex = filter.pattern.as_ref().map(|pattern| pattern.compile(filter.ignore_case));
        filter.prefix = filter.prefix.as_ref().map(|prefix| filter.query_key(prefix));
        let query = match &plan.selection {
            Selection::All => None,
            Selection::Words(words) => {
                let mut query = NgramTable::new();
                for word in words {
                    let key = filter.query_key(word);
                    query.slot(&key).map_err(|error| CountError::of_table(error, &key, &plan.measures))?;
                }
                Some(query)
            }
        };
        let conditions = Filter { years: Years::ALL, ..filter.clone() };
        let accepts_all = query.is_none() && conditions == Filter::default();
        let any_case = Filter { ignore_case: false, ..conditions };
        let keeps_words = query.is_none() && any_case == Filter::default();
        Ok(Self { filter, regex, query, accepts_all, keeps_words })
    }

    /// The key of a word, in `scratch` if it is not the word itself, for a filter that [`keeps_words`](Self::keeps_words).
    pub(crate) fn word_key<'k>(&self, word: &'k [u8], scratch: &'k mut Vec<u8>) -> &'k [u8] {
        if !self.filter.ignore_case {
            return word;
        }
        scratch.clear();
        fold_case(word, scratch);
        scratch
    }

    /// The key of `ngram`, in `scratch` if it is not the n-gram itself; `None` if the n-gram is not counted.
    pub(crate) fn key<'k>(&self, ngram: &'k [u8], scratch: &'k mut Vec<u8>) -> Option<&'k [u8]> {
        if self.accepts_all {
            return Some(ngram);
        }
        let Filter { prefix, pos, strip_pos, ignore_case, .. } = &self.filter;
        if !pos.accepts(ngram) {
            return None;
        }
        let key = match (strip_pos, ignore_case) {
            (false, false) => ngram,
            (strip_pos, ignore_case) => {
                scratch.clear();
                match (strip_pos, ignore_case) {
                    (true, false) => strip_tags(ngram, scratch),
                    (false, _) => fold_case(ngram, scratch),
                    (true, true) => {
                        let mut stripped = Vec::with_capacity(ngram.len());
                        strip_tags(ngram, &mut stripped);
                        fold_case(&stripped, scratch);
                    }
                }
                &scratch[..]
            }
        };
        let accepted = prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix))
            && self.query.as_ref().is_none_or(|query| query.contains(key))
            && self.regex.as_ref().is_none_or(|regex| regex.is_match(key));
        accepted.then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::plan::{Pattern, Pos};

    fn key(plan: &Plan, ngram: &str) -> Option<String> {
        let mut scratch = Vec::new();
        KeyFilter::new(plan)
            .unwrap()
            .key(ngram.as_bytes(), &mut scratch)
            .map(|key| String::from_utf8(key.to_vec()).unwrap())
    }

    fn words(words: &[&str]) -> Selection {
        Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    #[test]
    fn all_conditions_are_checked_on_the_key() {
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
    fn a_pattern_matches_bytes() {
        let filter = Filter { pattern: Some(Pattern::new(r"(?-u)\xff").unwrap()), ..Filter::default() };
        let keys = KeyFilter::new(&Plan { filter, ..Plan::default() }).unwrap();
        assert!(keys.key(b"a\xff", &mut Vec::new()).is_some());
        assert!(keys.key("aÿ".as_bytes(), &mut Vec::new()).is_none());
    }
}
