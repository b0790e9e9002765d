//! Tokenizer: divides a line of text into n-grams.

use std::ops::RangeInclusive;

use regex::bytes::Regex;

use crate::count::plan::{TextRules, Tokens};
use crate::record::text;

/// [`TextRules`], compiled, with buffers for one line.
pub(crate) struct Tokenizer<'a> {
    pattern: Option<Regex>,
    tokens: Tokens,
    lengths: RangeInclusive<usize>,
    words: Vec<&'a [u8]>,
    /// The words of the line with one blank behind each.
    joined: Vec<u8>,
    /// The start of each word in `joined`.
    starts: Vec<usize>,
}

impl<'a> Tokenizer<'a> {
    /// A tokenizer by `rules`.
    pub(crate) fn new(rules: &TextRules) -> Self {
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
    pub(crate) fn makes_single_words(&self) -> bool {
        self.lengths == (1..=1)
    }

    /// The words of `line` in their order, as slices of it.
    #[inline(always)]
    pub(crate) fn words(&mut self, line: &'a [u8]) -> &[&'a [u8]] {
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

    /// The n-grams of `line` in the order of their first words, the words joined by one blank.
    pub(crate) fn ngrams(&mut self, line: &'a [u8]) -> impl Iterator<Item = &[u8]> {
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
    use crate::count::plan::Pattern;

    fn divide(shortest: u32, longest: u32, tokens: Tokens, line: &str) -> Vec<String> {
        let mut tokenizer = Tokenizer::new(&TextRules { shortest, longest, tokens });
        let string = |ngram: &[u8]| String::from_utf8(ngram.to_vec()).unwrap();
        if tokenizer.makes_single_words() {
            return tokenizer.words(line.as_bytes()).iter().map(|word| string(word)).collect();
        }
        tokenizer.ngrams(line.as_bytes()).map(string).collect()
    }

    #[test]
    fn n_grams_of_each_length_are_joined_by_one_blank() {
        let line = "to be,  or\tnot";
        assert_eq!(divide(1, 1, Tokens::Blanks, line), ["to", "be,", "or", "not"]);
        assert_eq!(divide(2, 2, Tokens::Words, line), ["to be", "be or", "or not"]);
        assert_eq!(divide(1, 3, Tokens::Words, "a b c"), ["a", "a b", "a b c", "b", "b c", "c"]);
        assert_eq!(divide(4, 9, Tokens::Words, line), ["to be or not"]);
        assert_eq!(divide(5, 9, Tokens::Words, line), [""; 0]);
        assert_eq!(divide(1, 3, Tokens::Words, ""), [""; 0]);
    }

    #[test]
    fn tokens_can_be_the_matches_of_a_pattern() {
        let pattern = |text| Tokens::Matching(Pattern::new(text).unwrap());
        assert_eq!(divide(1, 2, pattern("[a-z]+"), "ab1cd"), ["ab", "ab cd", "cd"]);
        assert_eq!(divide(1, 1, pattern("x*"), "axxb"), ["xx"], "an empty match is no word");
        assert_eq!(divide(1, 1, pattern("."), "тд"), ["т", "д"]);
    }
}
