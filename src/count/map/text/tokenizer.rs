//! Tokenizer: divides a run of text into words and n-grams.

use std::ops::RangeInclusive;

use regex::bytes::Regex;

use super::stop_set::StopSet;
use crate::count::plan::{Plan, Tokens};
use crate::record::text;

/// The rules of a plan for words, compiled, with buffers for one run.
pub(crate) struct Tokenizer<'a> {
    pattern: Option<Regex>,
    tokens: Tokens,
    stop: Option<StopSet>,
    lengths: RangeInclusive<usize>,
    words: Vec<&'a [u8]>,
    /// The words of the run with one blank behind each.
    joined: Vec<u8>,
    /// The start of each word in `joined`.
    starts: Vec<usize>,
}

impl<'a> Tokenizer<'a> {
    /// A tokenizer by the rules of a plan.
    pub(crate) fn new(plan: &Plan) -> Self {
        let rules = &plan.text;
        let pattern = match &rules.tokens {
            Tokens::Matching(pattern) => Some(pattern.compile(false)),
            Tokens::Words | Tokens::Blanks => None,
        };
        Self {
            pattern,
            tokens: rules.tokens.clone(),
            stop: rules.stop_words.as_ref().map(|stop| StopSet::new(stop, plan)),
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

    /// The words of `run` in their order, as slices of it. Where no n-gram crosses a stop word there is a
    /// [`BREAK`](super::stop_set::BREAK).
    #[inline(always)]
    pub(crate) fn words(&mut self, run: &'a [u8]) -> &[&'a [u8]] {
        let words = &mut self.words;
        words.clear();
        match (&self.tokens, &self.pattern) {
            (Tokens::Matching(_), Some(pattern)) => {
                words.extend(
                    pattern.find_iter(run).map(|found| found.as_bytes()).filter(|word| !word.is_empty()),
                );
            }
            (Tokens::Blanks, _) => text::split_whitespace(run, words),
            _ => text::split_words(run, words),
        }
        if let Some(stop) = &self.stop {
            stop.apply(words);
        }
        words
    }

    /// The n-grams of `run` in the order of their first words, the words joined by one blank.
    pub(crate) fn ngrams(&mut self, run: &'a [u8]) -> impl Iterator<Item = &[u8]> {
        self.words(run);
        let Self { words, joined, starts, lengths, .. } = self;
        joined.clear();
        starts.clear();
        for word in words.iter() {
            starts.push(joined.len());
            joined.extend_from_slice(word);
            joined.push(b' ');
        }
        starts.push(joined.len());
        let (joined, starts, words) = (&joined[..], &starts[..], &words[..]);
        let lengths = lengths.clone();
        (0..words.len()).flat_map(move |first| {
            // Up to the next break, which is an empty word.
            let reach =
                words[first..].iter().take(*lengths.end()).take_while(|word| !word.is_empty()).count();
            let of_length = move |length| &joined[starts[first]..starts[first + length] - 1];
            (*lengths.start()..=reach).map(of_length)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::plan::{Pattern, Stop, StopWords, TextRules};

    fn divide(shortest: u32, longest: u32, tokens: Tokens, line: &str) -> Vec<String> {
        divide_by(TextRules { shortest, longest, tokens, ..TextRules::default() }, line)
    }

    fn divide_by(text: TextRules, line: &str) -> Vec<String> {
        let mut tokenizer = Tokenizer::new(&Plan { text, ..Plan::default() });
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

    #[test]
    fn n_grams_never_hold_a_stop_word() {
        let rules = |rule, longest| TextRules {
            longest,
            stop_words: Some(StopWords { words: vec![b"of".to_vec(), b"the".to_vec()], rule }),
            ..TextRules::default()
        };
        let line = "the end of the world ends";
        let removed = ["end", "end world", "end world ends", "world", "world ends", "ends"];
        assert_eq!(divide_by(rules(Stop::Remove, 3), line), removed);
        assert_eq!(divide_by(rules(Stop::Break, 3), line), ["end", "world", "world ends", "ends"]);
        assert_eq!(divide_by(rules(Stop::Remove, 1), line), ["end", "world", "ends"]);
    }
}
