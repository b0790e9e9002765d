//! What became of the n-grams met last, so that the common words of a text need no look into the table.

use std::ops::Range;

/// Entries; a power of two. 24 bytes each, so that all of them stay in the second-level cache beside the text.
const ENTRIES: usize = 4096;

/// The longest n-gram that is remembered, in bytes.
const LONGEST: usize = 16;

/// A memory of short n-grams: each has one place, and the last one that came there is known.
///
/// Measured on the King James Bible, words between blanks: nine of ten are found here, at about a third of what the
/// table takes.
pub(super) struct Recent<T> {
    entries: Box<[(Head, T)]>,
}

/// A short n-gram as three numbers: its bytes, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    first: u64,
    last: u64,
    /// 0 stands for no n-gram.
    length: u32,
}

impl Head {
    /// The head of `text[range]`; `None` if it is too long, or empty.
    #[inline(always)]
    pub(super) fn of(text: &[u8], range: Range<usize>) -> Option<Self> {
        let length = range.end.wrapping_sub(range.start);
        if length.wrapping_sub(1) >= LONGEST {
            return None;
        }
        // Sixteen bytes are read at once, whatever the length, and those behind the n-gram are cleared: lengths change
        // from word to word, and a branch for each would be guessed wrong at every third.
        let bytes = match text.get(range.start..).and_then(|text| text.first_chunk()) {
            Some(window) => u128::from_le_bytes(*window),
            None => {
                let mut window = [0; LONGEST];
                window[..length].copy_from_slice(text.get(range)?);
                u128::from_le_bytes(window)
            }
        };
        let bytes = bytes & (u128::MAX >> (8 * (LONGEST - length)));
        Some(Self { first: bytes as u64, last: (bytes >> 64) as u64, length: length as u32 })
    }

    #[inline(always)]
    fn place(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.length))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 52) as usize
    }
}

impl<T: Copy + Default> Recent<T> {
    pub(super) fn new() -> Self {
        let none = Head { first: 0, last: 0, length: 0 };
        Self { entries: vec![(none, T::default()); ENTRIES].into() }
    }

    /// What was kept with an n-gram, if it was the last one at its place.
    #[inline(always)]
    pub(super) fn find(&self, head: Head) -> Option<T> {
        let (known, kept) = &self.entries[head.place() % ENTRIES];
        (*known == head).then_some(*kept)
    }

    #[inline(always)]
    pub(super) fn keep(&mut self, head: Head, kept: T) {
        self.entries[head.place() % ENTRIES] = (head, kept);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_short_n_grams_have_a_head() {
        for start in [0, 20, 39] {
            let text = vec![b'a'; 40];
            assert!(Head::of(&text, start..start).is_none());
            assert!(Head::of(&text, start..start + 17).is_none());
            for length in 1..=16.min(40 - start) {
                let head = Head::of(&text, start..start + length);
                assert!(head.is_some() && head == Head::of(&vec![b'a'; length], 0..length), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn n_grams_that_differ_are_told_apart(ngrams in prop::collection::vec("[ab\0 ]{1,16}", 1..300)) {
            let mut recent = Recent::new();
            let mut known = HashMap::new();
            for (number, ngram) in ngrams.iter().enumerate() {
                let head = Head::of(ngram.as_bytes(), 0..ngram.len()).unwrap();
                if let Some(found) = recent.find(head) {
                    prop_assert_eq!(known.get(ngram), Some(&found));
                }
                recent.keep(head, number);
                prop_assert_eq!(recent.find(head), Some(number));
                known.insert(ngram.clone(), number);
            }
        }
    }
}
