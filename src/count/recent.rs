//! What became of the n-grams met last, so that the common words of a text need no look into the table.

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

/// A short n-gram as three numbers. No two n-grams have the same ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    first: u64,
    last: u64,
    /// 0 stands for no n-gram.
    length: u32,
}

impl Head {
    /// `None` for one that is too long, or empty.
    #[inline(always)]
    pub(super) fn of(ngram: &[u8]) -> Option<Self> {
        let length = ngram.len();
        // The two ends overlap where the n-gram is shorter than both together.
        let (first, last) = match (ngram.first_chunk::<8>(), ngram.last_chunk::<8>()) {
            (Some(first), Some(last)) if length <= LONGEST => {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
            }
            (Some(_), _) | (_, Some(_)) => return None,
            (None, None) => match (ngram.first_chunk::<4>(), ngram.last_chunk::<4>()) {
                (Some(first), Some(last)) => {
                    (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
                }
                _ => {
                    (u64::from(*ngram.first()?) << 8 | u64::from(ngram[length / 2]), ngram[length - 1].into())
                }
            },
        };
        Some(Self { first, last, length: length as u32 })
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
        assert!(Head::of(b"").is_none());
        assert!(Head::of(&[b'a'; 17]).is_none());
        for length in 1..=16 {
            assert!(Head::of(&vec![b'a'; length]).is_some(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn n_grams_that_differ_are_told_apart(ngrams in prop::collection::vec("[ab\0 ]{1,16}", 1..300)) {
            let mut recent = Recent::new();
            let mut known = HashMap::new();
            for (number, ngram) in ngrams.iter().enumerate() {
                let head = Head::of(ngram.as_bytes()).unwrap();
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
