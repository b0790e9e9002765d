use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// N-grams and their sums, in the order in which they first came.
///
/// All keys stand end to end in one buffer, so a table of a million n-grams is four allocations and not a million, and
/// a finished table turns into a message by handing over the buffer. A known n-gram costs one probe and no allocation.
///
/// Beside its own bytes an n-gram takes 16 for its entry and 5 for each index slot that it fills or leaves free.
/// Measured with keys of 10 bytes: 35 to 46 bytes an n-gram in all, 58 for the moment in which a buffer doubles.
///
/// The hash is seeded anew in each process, so that no input can be made to collide; nothing that leaves the table
/// depends on it.
#[derive(Clone, Default)]
pub struct Table {
    keys: Vec<u8>,
    entries: Vec<Entry>,
    /// Positions in `entries`, found by the hash of their key.
    index: HashTable<u32>,
    hasher: RandomState,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Where the key ends in `keys`; it begins where the key before it ends.
    end: usize,
    sum: u64,
}

/// A sum does not fit 64 bits. The table is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl Table {
    /// A table without n-grams. It allocates when the first one comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `amount` to the sum of `ngram`.
    ///
    /// # Errors
    /// [`Overflow`] if the sum does not fit.
    pub fn add(&mut self, ngram: &[u8], amount: u64) -> Result<(), Overflow> {
        let slot = self.slot(ngram);
        let sum = &mut self.entries[slot as usize].sum;
        *sum = sum.checked_add(amount).ok_or(Overflow)?;
        Ok(())
    }

    /// The position of `ngram`, which comes in with a sum of 0 if it is new.
    ///
    /// # Panics
    /// With the 2³²th n-gram, which would take memory of more than 100 GiB.
    pub(super) fn slot(&mut self, ngram: &[u8]) -> u32 {
        let Self { keys, entries, index, hasher } = self;
        let hash = hasher.hash_one(ngram);
        // Looked up before anything is inserted: nearly all n-grams of a merge are known.
        if let Some(&slot) = index.find(hash, |&slot| key(keys, entries, slot) == ngram) {
            return slot;
        }
        let slot = u32::try_from(entries.len()).expect("fewer than 2^32 distinct n-grams");
        keys.extend_from_slice(ngram);
        entries.push(Entry { end: keys.len(), sum: 0 });
        index.insert_unique(hash, slot, |&slot| hasher.hash_one(key(keys, entries, slot)));
        slot
    }

    /// Whether `ngram` has come.
    pub fn contains(&self, ngram: &[u8]) -> bool {
        let hash = self.hasher.hash_one(ngram);
        self.index.find(hash, |&slot| key(&self.keys, &self.entries, slot) == ngram).is_some()
    }

    /// The n-gram at a position, and its sum.
    pub(super) fn get(&self, slot: u32) -> (&[u8], u64) {
        (key(&self.keys, &self.entries, slot), self.entries[slot as usize].sum)
    }

    /// The sum of the n-gram at a position.
    pub(super) fn sum(&self, slot: u32) -> &[u64] {
        std::slice::from_ref(&self.entries[slot as usize].sum)
    }

    /// The number of n-grams.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no n-gram has come.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The n-grams and their sums, in the order in which they first came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let ngram = &self.keys[start..entry.end];
            start = entry.end;
            (ngram, entry.sum)
        })
    }

    /// The parts of a message: all keys end to end, the length of each, the sum of each.
    pub(super) fn into_parts(self) -> (Vec<u8>, Vec<u32>, Vec<u64>) {
        let lengths = self.iter().map(|(ngram, _)| ngram.len() as u32).collect();
        let sums = self.entries.iter().map(|entry| entry.sum).collect();
        (self.keys, lengths, sums)
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(ngram, sum)| (bstr::BStr::new(ngram), sum))).finish()
    }
}

fn key<'k>(keys: &'k [u8], entries: &[Entry], slot: u32) -> &'k [u8] {
    let slot = slot as usize;
    let start = if slot == 0 { 0 } else { entries[slot - 1].end };
    &keys[start..entries[slot].end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(table: &Table) -> Vec<(&[u8], u64)> {
        table.iter().collect()
    }

    #[test]
    fn sums_are_kept_apart_byte_for_byte_in_the_order_of_arrival() {
        let mut table = Table::new();
        for (ngram, amount) in [("b", 1), ("B", 2), ("ab", 3), ("b", 4), ("a b", 5), ("ab", 0)] {
            table.add(ngram.as_bytes(), amount).unwrap();
        }
        assert_eq!(pairs(&table), [(&b"b"[..], 5), (b"B", 2), (b"ab", 3), (b"a b", 5)]);
        assert_eq!(table.len(), 4);
        assert!(table.contains(b"a b") && !table.contains(b"a"));
    }

    #[test]
    fn keys_that_run_together_in_the_buffer_are_told_apart() {
        let mut table = Table::new();
        for ngram in [&b"ab"[..], b"a", b"b", b"aba", b"\0", b"\xff\xfe"] {
            table.add(ngram, 1).unwrap();
        }
        assert_eq!(table.len(), 6);
        assert!(!table.contains(b"bb") && !table.contains(b""));
    }

    #[test]
    fn a_table_that_grew_many_times_still_finds_every_key() {
        let mut table = Table::new();
        for round in 1..=2 {
            for n in 0..10_000_u64 {
                table.add(n.to_string().as_bytes(), n).unwrap();
            }
            assert_eq!(table.len(), 10_000);
            assert!(table.iter().enumerate().all(|(n, (_, sum))| sum == round * n as u64));
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused_and_changes_nothing() {
        let mut table = Table::new();
        table.add(b"the", u64::MAX).unwrap();
        assert_eq!(table.add(b"the", 1), Err(Overflow));
        assert_eq!(pairs(&table), [(&b"the"[..], u64::MAX)]);
    }
}
