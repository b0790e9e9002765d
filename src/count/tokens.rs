//! How a line of text becomes n-grams.

use std::ops::RangeInclusive;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use super::filter::Pattern;
use crate::record::text;

/// How text is cut into n-grams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRules {
    /// Words of the shortest n-gram, at least 1.
    pub shortest: u32,
    /// Words of the longest n-gram.
    pub longest: u32,
    /// What a word is.
    pub tokens: Tokens,
}

impl Default for TextRules {
    fn default() -> Self {
        Self { shortest: 1, longest: 1, tokens: Tokens::Words }
    }
}

/// What a word of a text is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tokens {
    /// What stands between Unicode's word boundaries and has a letter or a digit.
    #[default]
    Words,
    /// What stands between white space.
    Blanks,
    /// What a pattern matches, if that is not empty.
    Matching(Pattern),
}

/// The rules at work, with room for one line.
pub(super) struct Cutting<'a> {
    pattern: Option<Regex>,
    tokens: Tokens,
    lengths: RangeInclusive<usize>,
    words: Vec<&'a [u8]>,
    /// The words of the line with one blank behind each,
    joined: Vec<u8>,
    /// and where each begins there.
    starts: Vec<usize>,
}

impl<'a> Cutting<'a> {
    pub(super) fn new(rules: &TextRules) -> Self {
        let pattern = match &rules.tokens {
            Tokens::Matching(pattern) => Some(pattern.compile(false)),
            Tokens::Words | Tokens::Blanks => None,
        };
        Self {
            pattern,
            tokens: rules.tokens.clone(),
            lengths: rules.shortest as usize..=rules.longest as usize,
            words: Vec::new(),
            joined: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// Whether every n-gram is a single word.
    pub(super) fn single(&self) -> bool {
        self.lengths == (1..=1)
    }

    /// The words of `line` as they stand there, in their order.
    #[inline(always)]
    pub(super) fn words(&mut self, line: &'a [u8]) -> &[&'a [u8]] {
        let words = &mut self.words;
        words.clear();
        match (&self.tokens, &self.pattern) {
            (Tokens::Matching(_), Some(pattern)) => {
                words.extend(
                    pattern.find_iter(line).map(|found| found.as_bytes()).filter(|word| !word.is_empty()),
                );
            }
            (Tokens::Blanks, _) => text::split_whitespace(line, words),
            _ => text::split_words(line, words),
        }
        words
    }

    /// The n-grams of `line` in the order of their first words, their words joined by one blank.
    pub(super) fn ngrams(&mut self, line: &'a [u8]) -> impl Iterator<Item = &[u8]> {
        self.words(line);
        let Self { words, joined, starts, lengths, .. } = self;
        joined.clear();
        starts.clear();
        for word in words.iter() {
            starts.push(joined.len());
            joined.extend_from_slice(word);
            joined.push(b' ');
        }
        starts.push(joined.len());
        let (joined, starts) = (&joined[..], &starts[..]);
        let lengths = lengths.clone();
        (0..words.len()).flat_map(move |first| {
            let of_length = move |length| Some(&joined[starts[first]..starts.get(first + length)? - 1]);
            lengths.clone().map_while(of_length)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(shortest: u32, longest: u32, tokens: Tokens, line: &str) -> Vec<String> {
        let mut cutting = Cutting::new(&TextRules { shortest, longest, tokens });
        let string = |ngram: &[u8]| String::from_utf8(ngram.to_vec()).unwrap();
        if cutting.single() {
            return cutting.words(line.as_bytes()).iter().map(|word| string(word)).collect();
        }
        cutting.ngrams(line.as_bytes()).map(string).collect()
    }

    #[test]
    fn n_grams_of_each_length_are_joined_by_one_blank() {
        let line = "to be,  or\tnot";
        assert_eq!(cut(1, 1, Tokens::Blanks, line), ["to", "be,", "or", "not"]);
        assert_eq!(cut(2, 2, Tokens::Words, line), ["to be", "be or", "or not"]);
        assert_eq!(cut(1, 3, Tokens::Words, "a b c"), ["a", "a b", "a b c", "b", "b c", "c"]);
        assert_eq!(cut(4, 9, Tokens::Words, line), ["to be or not"]);
        assert_eq!(cut(5, 9, Tokens::Words, line), [""; 0]);
        assert_eq!(cut(1, 3, Tokens::Words, ""), [""; 0]);
    }

    #[test]
    fn tokens_may_be_what_a_pattern_matches() {
        let pattern = |text| Tokens::Matching(Pattern::new(text).unwrap());
        assert_eq!(cut(1, 2, pattern("[a-z]+"), "ab1cd"), ["ab", "ab cd", "cd"]);
        assert_eq!(cut(1, 1, pattern("x*"), "axxb"), ["xx"], "an empty match is no word");
        assert_eq!(cut(1, 1, pattern("."), "тд"), ["т", "д"]);
    }
}
