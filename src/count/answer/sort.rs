//! Radix sort of rows by a number and by the bytes of their n-grams.

use std::cmp::Ordering;

use super::row_store::RowRef;
use crate::count::ngram_table::KeyArena;

/// A number by which rows are sorted, largest first.
pub(crate) trait SortNumber: Copy {
    /// An integer that is smaller for a larger number.
    fn descending(self) -> u64;
}

impl SortNumber for u64 {
    fn descending(self) -> u64 {
        !self
    }
}

impl SortNumber for f64 {
    /// The reverse order of [`f64::total_cmp`].
    fn descending(self) -> u64 {
        let bits = self.to_bits();
        if bits >> 63 == 0 { !(bits | 1 << 63) } else { bits }
    }
}

/// A row, and the next 8 bytes of its sort key.
///
/// Nearly every n-gram of a large count is as frequent as millions of others, so that most rows are ordered by the bytes
/// of their n-grams. Reading these is a cache miss, and a comparison sort reads some 50 times a row. With the bytes next
/// to the row it is one miss for every 7 bytes that have to be compared: 18 million 3-grams are sorted in a ninth of the
/// time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SortKey {
    key: u64,
    pub row: RowRef,
}

/// Bytes of an n-gram in one key.
const KEY_BYTES: usize = 7;
/// Fewer rows than this are sorted by comparison.
const MIN_RADIX_ROWS: usize = 8;
/// N-grams that agree in more bytes than this are sorted by comparison, so that a file of long lines cannot exhaust the
/// stack.
const MAX_RADIX_DEPTH: usize = 64 * KEY_BYTES;

impl SortKey {
    /// The key of a row that is sorted by a number.
    pub(crate) fn by_number(row: RowRef, number: impl SortNumber) -> Self {
        Self { key: number.descending(), row }
    }

    /// The key of a row that is sorted by its n-gram.
    pub(crate) fn by_ngram(row: RowRef, keys: &KeyArena) -> Self {
        Self { key: key_at(keys.get(row.slot)), row }
    }

    /// Compares two rows whose keys are those of `by_number` or `by_ngram`.
    pub(crate) fn compare(&self, other: &Self, keys: &KeyArena) -> Ordering {
        self.key.cmp(&other.key).then_with(|| by_bytes(self, other, keys, 0))
    }
}

/// Sorts rows by their numbers, then by n-gram and index. It overwrites the keys.
pub(crate) fn sort_by_number(rows: &mut [SortKey], keys: &KeyArena) {
    rows.sort_unstable_by_key(|row| row.key);
    for equals in rows.chunk_by_mut(|a, b| a.key == b.key) {
        sort_by_bytes(equals, keys, 0);
    }
}

/// Sorts rows that are in the order of n-gram and index by their numbers.
pub(crate) fn sort_by_number_stably(rows: &mut [SortKey]) {
    rows.sort_by_key(|row| row.key);
}

/// Sorts rows by n-gram, then by index. It overwrites the keys.
pub(crate) fn sort_by_ngram(rows: &mut [SortKey], keys: &KeyArena) {
    sort_by_key(rows, keys, 0);
}

/// Sorts rows whose n-grams agree in the first `depth` bytes.
fn sort_by_bytes(rows: &mut [SortKey], keys: &KeyArena, depth: usize) {
    if rows.len() < MIN_RADIX_ROWS || depth > MAX_RADIX_DEPTH {
        rows.sort_unstable_by(|a, b| by_bytes(a, b, keys, depth));
        return;
    }
    for row in &mut *rows {
        row.key = key_at(&keys.get(row.row.slot)[depth..]);
    }
    sort_by_key(rows, keys, depth);
}

/// Sorts rows that have the bytes from `depth` on in their keys.
fn sort_by_key(rows: &mut [SortKey], keys: &KeyArena, depth: usize) {
    rows.sort_unstable_by_key(|row| row.key);
    for equals in rows.chunk_by_mut(|a, b| a.key == b.key).filter(|equals| equals.len() > 1) {
        if equals[0].key as u8 as usize > KEY_BYTES {
            sort_by_bytes(equals, keys, depth + KEY_BYTES);
        } else {
            // One n-gram in several years.
            equals.sort_unstable_by_key(|row| row.row.index);
        }
    }
}

fn by_bytes(a: &SortKey, b: &SortKey, keys: &KeyArena, depth: usize) -> Ordering {
    let bytes = |key: &SortKey| &keys.get(key.row.slot)[depth..];
    bytes(a).cmp(bytes(b)).then(a.row.index.cmp(&b.row.index))
}

/// The first [`KEY_BYTES`] bytes, padded with zeros, then their number, or one more if there are more bytes. Keys compare
/// as the bytes do. Equal keys belong to equal bytes, or to longer ones with the same beginning.
fn key_at(bytes: &[u8]) -> u64 {
    let here = bytes.len().min(KEY_BYTES);
    let mut key = [0; 8];
    key[..here].copy_from_slice(&bytes[..here]);
    key[KEY_BYTES] = bytes.len().min(KEY_BYTES + 1) as u8;
    u64::from_be_bytes(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_sorted_like_their_bytes_and_numbers(
            rows in prop::collection::vec(
                (prop_oneof!["[ab\0]{0,20}", "x{7}[ab]{0,3}", "(ab){400}[cd]{0,2}"], 0..3_u64),
                0..60,
            ),
        ) {
            let mut keys = KeyArena::default();
            let mut references = Vec::new();
            for (at, (name, _)) in (0..).zip(&rows) {
                keys.push(name.as_bytes());
                references.push(RowRef { slot: at, index: at });
            }
            let found = |rows: &[SortKey]| rows.iter().map(|row| row.row).collect::<Vec<_>>();
            let mut expected = references.clone();
            expected.sort_by_key(|reference| (&rows[reference.index as usize].0, reference.index));
            let mut sorted: Vec<_> = references.iter().map(|&reference| SortKey::by_ngram(reference, &keys)).collect();
            sort_by_ngram(&mut sorted, &keys);
            prop_assert_eq!(found(&sorted), &expected[..]);

            let number = |reference: &RowRef| rows[reference.index as usize].1;
            expected.sort_by_key(|reference| u64::MAX - number(reference));
            let mut sorted: Vec<_> =
                references.iter().map(|reference| SortKey::by_number(*reference, number(reference))).collect();
            sort_by_number(&mut sorted, &keys);
            prop_assert_eq!(found(&sorted), expected);
        }

        #[test]
        fn real_numbers_are_sorted_from_the_largest(a: f64, b: f64) {
            prop_assert_eq!(a.descending().cmp(&b.descending()), b.total_cmp(&a));
        }
    }
}
