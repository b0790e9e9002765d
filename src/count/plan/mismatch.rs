//! Mismatch: why an n-gram that is asked for cannot be in the answer.

use std::fmt;

use bstr::BStr;
use regex::bytes::Regex;

use super::{Filter, Plan, Pos, TAGS, TextRules, Tokens, strip_tags};
use crate::record::text;

/// Why an n-gram that is asked for is never counted, whatever the input holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A word of it lacks the tag that all words must have.
    LacksTag {
        /// The n-gram with a tag that is counted.
        tagged: Vec<u8>,
    },
    /// A word of it has a tag, or stands for a class of words, and such n-grams are left out.
    HasTag,
    /// It does not begin with the prefix.
    Prefix,
    /// The pattern does not match it.
    Pattern,
    /// It has this many words, and n-grams of that length are not counted.
    Length(usize),
    /// Text is not cut into words like it, but into these.
    Words(Vec<Vec<u8>>),
    /// This word of it is a stop word.
    StopWord(Vec<u8>),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LacksTag { .. } => {
                f.write_str("it lacks the part-of-speech tag of the n-grams that are counted")
            }
            Self::HasTag => f.write_str("it has a part-of-speech tag, and n-grams with tags are left out"),
            Self::Prefix => f.write_str("it does not begin with the prefix of the n-grams that are counted"),
            Self::Pattern => f.write_str("the pattern of the n-grams that are counted does not match it"),
            Self::Length(1) => f.write_str("it has 1 word, and n-grams of that length are not counted"),
            Self::Length(words) => {
                write!(f, "it has {words} words, and n-grams of that length are not counted")
            }
            Self::StopWord(word) => write!(f, "`{}` is a stop word", BStr::new(word)),
            Self::Words(words) if words.is_empty() => f.write_str("there is no word in it"),
            Self::Words(words) => {
                f.write_str("text is cut into other words there:")?;
                words.iter().try_for_each(|word| write!(f, " `{}`", BStr::new(word)))
            }
        }
    }
}

/// Finds the mismatches of n-grams that are asked for.
///
/// ```
/// use ngramcount::count::{Mismatch, MismatchFinder, Plan};
///
/// let finder = MismatchFinder::new(&Plan::default(), true);
/// assert_eq!(finder.find(b"of the LORD"), Some(Mismatch::Length(3)));
/// assert_eq!(finder.find(b"fish"), None);
/// ```
pub struct MismatchFinder {
    filter: Filter,
    prefix: Option<Vec<u8>>,
    regex: Option<Regex>,
    /// The rules by which all of the input is cut into n-grams; `None` if it may hold n-grams as they are.
    text: Option<TextRules>,
}

impl MismatchFinder {
    /// A finder for a plan. `is_text` says that all of the input is text.
    pub fn new(plan: &Plan, is_text: bool) -> Self {
        let filter = plan.filter.clone();
        Self {
            prefix: filter.prefix.as_ref().map(|prefix| filter.query_key(prefix)),
            regex: filter.pattern.as_ref().map(|pattern| pattern.compile(filter.ignore_case)),
            text: is_text.then(|| plan.text.clone()),
            filter,
        }
    }

    /// Why `ngram` is never counted; `None` if it may be.
    pub fn find(&self, ngram: &[u8]) -> Option<Mismatch> {
        let Filter { pos, strip_pos, .. } = self.filter;
        let key = self.filter.query_key(ngram);
        if !strip_pos && !pos.accepts(&key) {
            return Some(match pos {
                Pos::Untagged => Mismatch::HasTag,
                _ => Mismatch::LacksTag { tagged: with_tag(ngram, pos) },
            });
        }
        if self.prefix.as_ref().is_some_and(|prefix| !key.starts_with(prefix)) {
            return Some(Mismatch::Prefix);
        }
        if self.regex.as_ref().is_some_and(|regex| !regex.is_match(&key)) {
            return Some(Mismatch::Pattern);
        }
        // What is left of a word without its tag need not be a word of a text.
        match &self.text {
            Some(rules) if !strip_pos => {
                if let Some(word) = self.stop_word(ngram, rules) {
                    return Some(Mismatch::StopWord(word.to_vec()));
                }
                let found = cut_otherwise(ngram, rules)?;
                (key == ngram || cut_otherwise(&key, rules).is_some()).then_some(found)
            }
            _ => None,
        }
    }
}

impl MismatchFinder {
    /// The first stop word of an n-gram.
    fn stop_word<'n>(&self, ngram: &'n [u8], rules: &TextRules) -> Option<&'n [u8]> {
        let stop = &rules.stop_words.as_ref()?.words;
        let key = |word: &[u8]| self.filter.query_key(word);
        ngram.split(|&byte| byte == b' ').find(|word| stop.iter().any(|stop| key(stop) == key(word)))
    }
}

/// The mismatch of an n-gram with the rules by which text is cut.
fn cut_otherwise(ngram: &[u8], rules: &TextRules) -> Option<Mismatch> {
    let mut words = Vec::new();
    match rules.tokens {
        Tokens::Words => text::split_words(ngram, &mut words),
        Tokens::Blanks => text::split_whitespace(ngram, &mut words),
        // A match may depend on what stands around it.
        Tokens::Matching(_) => return None,
    }
    if words.join(&b' ') != ngram {
        return Some(Mismatch::Words(words.into_iter().map(<[u8]>::to_vec).collect()));
    }
    let lengths = rules.shortest as usize..=rules.longest as usize;
    (!lengths.contains(&words.len())).then_some(Mismatch::Length(words.len()))
}

/// `ngram` with a tag that `pos` accepts on each word.
fn with_tag(ngram: &[u8], pos: Pos) -> Vec<u8> {
    let place = if let Pos::Tags(set) = pos { set.trailing_zeros() as usize } else { 0 };
    let mut bare = Vec::new();
    strip_tags(ngram, &mut bare);
    let tagged = |word: &[u8]| [word, b"_", TAGS.get(place).unwrap_or(&TAGS[0]).as_bytes()].concat();
    bare.split(|&byte| byte == b' ').map(tagged).collect::<Vec<_>>().join(&b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::plan::Pattern;

    fn found(change: impl FnOnce(&mut Plan), is_text: bool, ngram: &str) -> Option<Mismatch> {
        let mut plan = Plan::default();
        change(&mut plan);
        MismatchFinder::new(&plan, is_text).find(ngram.as_bytes())
    }

    fn cut(words: &[&str]) -> Option<Mismatch> {
        Some(Mismatch::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect()))
    }

    #[test]
    fn an_n_gram_of_text_matches_if_text_is_cut_into_it() {
        for (ngram, shortest, longest, expected) in [
            ("fish", 1, 1, None),
            ("of the LORD", 1, 1, Some(Mismatch::Length(3))),
            ("of the LORD", 1, 3, None),
            ("fish", 2, 3, Some(Mismatch::Length(1))),
            ("fish,telegraph", 1, 1, cut(&["fish", "telegraph"])),
            ("LORD's", 1, 1, None),
            ("of  the", 1, 3, cut(&["of", "the"])),
            ("fish ", 1, 1, cut(&["fish"])),
            ("...", 1, 1, cut(&[])),
        ] {
            let change = |plan: &mut Plan| (plan.text.shortest, plan.text.longest) = (shortest, longest);
            assert_eq!(found(change, true, ngram), expected, "{ngram:?}");
            assert_eq!(found(change, false, ngram), None, "{ngram:?}");
        }
        let blanks = |plan: &mut Plan| plan.text.tokens = Tokens::Blanks;
        assert_eq!(found(blanks, true, "fish,telegraph"), None);
        assert_eq!(found(blanks, true, "of the"), Some(Mismatch::Length(2)));
        let pattern = |plan: &mut Plan| plan.text.tokens = Tokens::Matching(Pattern::new("x").unwrap());
        assert_eq!(found(pattern, true, "of the"), None);
        let folded = |plan: &mut Plan| plan.filter.ignore_case = true;
        assert_eq!(found(folded, true, "FISH"), None);
    }

    #[test]
    fn an_n_gram_matches_if_no_filter_leaves_it_out() {
        let nouns = |plan: &mut Plan| plan.filter.pos = Pos::Tags(0b1);
        let lacks = |tagged: &str| Some(Mismatch::LacksTag { tagged: tagged.into() });
        assert_eq!(found(nouns, false, "fish"), lacks("fish_NOUN"));
        assert_eq!(found(nouns, false, "fish_VERB"), lacks("fish_NOUN"));
        assert_eq!(found(nouns, false, "the fish"), lacks("the_NOUN fish_NOUN"));
        assert_eq!(found(nouns, false, "fish_NOUN"), None);
        let untagged = |plan: &mut Plan| plan.filter.pos = Pos::Untagged;
        assert_eq!(found(untagged, false, "fish_NOUN"), Some(Mismatch::HasTag));
        let stripped = |plan: &mut Plan| (plan.filter.pos, plan.filter.strip_pos) = (Pos::Tagged, true);
        assert_eq!(found(stripped, true, "fish"), None);
        let prefix = |plan: &mut Plan| plan.filter.prefix = Some(b"x".to_vec());
        assert_eq!(found(prefix, false, "fish"), Some(Mismatch::Prefix));
        let pattern = |plan: &mut Plan| plan.filter.pattern = Some(Pattern::new("^f").unwrap());
        assert_eq!(found(pattern, false, "Fish"), Some(Mismatch::Pattern));
        assert_eq!(found(pattern, false, "fish"), None);
    }
}
