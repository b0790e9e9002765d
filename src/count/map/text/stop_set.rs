//! Stop words, as the tokenizer leaves them out.

use hashbrown::HashSet;

use crate::count::plan::{Plan, Stop, StopWords, fold_case};

/// [`StopWords`], ready for look-ups.
pub(super) struct StopSet {
    words: HashSet<Vec<u8>>,
    rule: Stop,
    ignore_case: bool,
}

/// Stands for a stop word where no n-gram crosses it. No word is empty.
pub(super) const BREAK: &[u8] = b"";

impl StopSet {
    /// The stop words, in any case if that does not matter to the plan.
    pub(super) fn new(stop: &StopWords, plan: &Plan) -> Self {
        // No single word crosses anything.
        let rule = if plan.text.longest == 1 { Stop::Remove } else { stop.rule };
        let mut set = Self { words: HashSet::new(), rule, ignore_case: plan.filter.ignore_case };
        set.words = stop.words.iter().map(|word| set.key(word, &mut Vec::new()).to_vec()).collect();
        set
    }

    /// Takes the stop words out of the words of a run. Each leaves a [`BREAK`] if no n-gram may cross it.
    pub(super) fn apply(&self, words: &mut Vec<&[u8]>) {
        let mut folded = Vec::new();
        match self.rule {
            Stop::Remove => words.retain(|word| !self.words.contains(self.key(word, &mut folded))),
            Stop::Break => {
                for word in words {
                    if self.words.contains(self.key(word, &mut folded)) {
                        *word = BREAK;
                    }
                }
            }
        }
    }

    fn key<'k>(&self, word: &'k [u8], folded: &'k mut Vec<u8>) -> &'k [u8] {
        if !self.ignore_case {
            return word;
        }
        folded.clear();
        fold_case(word, folded);
        folded
    }
}
