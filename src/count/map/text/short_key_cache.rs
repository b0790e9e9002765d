//! Direct-mapped cache of short keys: the common words of a text need no look-up in the table.

use std::ops::Range;

/// Entries, a power of two. An entry has 24 bytes, so that all stay in the second-level cache beside the text.
const ENTRIES: usize = 4096;

/// The longest key that is cached, in bytes.
const MAX_BYTES: usize = 16;

/// A direct-mapped cache: each key has one entry, which holds the last key that was inserted there.
///
/// Measured on the King James Bible, words between blanks: nine of ten words hit, at about a third of the cost of the
/// table.
pub(crate) struct ShortKeyCache<T> {
    entries: Box<[(ShortKey, T)]>,
}

/// A key of up to 16 bytes, as three numbers: its bytes and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortKey {
    first: u64,
    last: u64,
    /// 0 in an empty entry.
    length: u32,
}

impl ShortKey {
    /// The key `text[range]`; `None` if it is too long or empty.
    #[inline(always)]
    pub(crate) fn of(text: &[u8], range: Range<usize>) -> Option<Self> {
        let length = range.end.wrapping_sub(range.start);
        if length.wrapping_sub(1) >= MAX_BYTES {
            return None;
        }
        // Sixteen bytes are read for every length, and those behind the key are cleared. Lengths change from word to
        // word, and a branch on them would be mispredicted at every third.
        let bytes = match text.get(range.start..).and_then(|text| text.first_chunk()) {
            Some(window) => u128::from_le_bytes(*window),
            None => {
                let mut window = [0; MAX_BYTES];
                window[..length].copy_from_slice(text.get(range)?);
                u128::from_le_bytes(window)
            }
        };
        let bytes = bytes & (u128::MAX >> (8 * (MAX_BYTES - length)));
        Some(Self { first: bytes as u64, last: (bytes >> 64) as u64, length: length as u32 })
    }

    #[inline(always)]
    fn entry(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.length))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 52) as usize
    }
}

impl<T: Copy + Default> ShortKeyCache<T> {
    /// An empty cache.
    pub(crate) fn new() -> Self {
        let empty = ShortKey { first: 0, last: 0, length: 0 };
        Self { entries: vec![(empty, T::default()); ENTRIES].into() }
    }

    /// The value of `key`, if it was the last key inserted at its entry.
    #[inline(always)]
    pub(crate) fn get(&self, key: ShortKey) -> Option<T> {
        let (known, value) = &self.entries[key.entry() % ENTRIES];
        (*known == key).then_some(*value)
    }

    /// Replaces what is at the entry of `key`.
    #[inline(always)]
    pub(crate) fn insert(&mut self, key: ShortKey, value: T) {
        self.entries[key.entry() % ENTRIES] = (key, value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_of_1_to_16_bytes_can_be_cached() {
        for start in [0, 20, 39] {
            let text = vec![b'a'; 40];
            assert!(ShortKey::of(&text, start..start).is_none());
            assert!(ShortKey::of(&text, start..start + 17).is_none());
            for length in 1..=16.min(40 - start) {
                let key = ShortKey::of(&text, start..start + length);
                assert!(key.is_some() && key == ShortKey::of(&vec![b'a'; length], 0..length), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_cache_never_returns_the_value_of_another_key(ngrams in prop::collection::vec("[ab\0 ]{1,16}", 1..300)) {
            let mut cache = ShortKeyCache::new();
            let mut known = HashMap::new();
            for (number, ngram) in ngrams.iter().enumerate() {
                let key = ShortKey::of(ngram.as_bytes(), 0..ngram.len()).unwrap();
                if let Some(found) = cache.get(key) {
                    prop_assert_eq!(known.get(ngram), Some(&found));
                }
                cache.insert(key, number);
                prop_assert_eq!(cache.get(key), Some(number));
                known.insert(ngram.clone(), number);
            }
        }
    }
}
