use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// N-grams and their sums, in the order in which they first came.
///
/// All keys stand end to end in one buffer, so a table of a million n-grams is four allocations and not a million, and
/// a finished table turns into a message by handing over the buffer. A known n-gram costs one probe and no allocation.
///
/// Beside its own bytes an n-gram takes 16 for its end and its sum and 5 for each index slot that it fills or leaves free.
/// Measured with keys of 10 bytes: 35 to 46 bytes an n-gram in all, 58 for the moment in which a buffer doubles.
///
/// The hash is seeded anew in each process, so that no input can be made to collide; nothing that leaves the table
/// depends on it.
#[derive(Clone)]
pub struct Table {
    names: Names,
    /// The sums of each n-gram, `width` of them.
    sums: Vec<u64>,
    width: usize,
    /// Positions in `names`, found by the hash of their key.
    index: HashTable<u32>,
    hasher: RandomState,
}

/// Keys end to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub keys: Vec<u8>,
    /// Where each ends in `keys`; it begins where the one before it ends.
    pub ends: Vec<usize>,
}

impl Names {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn push(&mut self, name: &[u8]) {
        self.keys.extend_from_slice(name);
        self.ends.push(self.keys.len());
    }

    #[inline(always)]
    pub fn get(&self, slot: u32) -> &[u8] {
        &self.keys[self.range(slot)]
    }

    #[inline(always)]
    fn range(&self, slot: u32) -> Range<usize> {
        let slot = slot as usize;
        let start = if slot == 0 { 0 } else { self.ends[slot - 1] };
        start..self.ends[slot]
    }
}

/// A sum does not fit 64 bits. It is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Which sum of the n-gram.
    pub sum: usize,
}

impl Table {
    /// A table without n-grams, with one sum for each that will come. It allocates when the first one comes.
    pub fn new() -> Self {
        Self::with_width(1)
    }

    /// A table with `width` sums for each n-gram.
    pub(super) fn with_width(width: usize) -> Self {
        Self {
            names: Names::default(),
            sums: Vec::new(),
            width,
            index: HashTable::new(),
            hasher: RandomState::default(),
        }
    }

    /// Adds `amount` to the first sum of `ngram`.
    ///
    /// # Errors
    /// [`Overflow`] if the sum does not fit.
    pub fn add(&mut self, ngram: &[u8], amount: u64) -> Result<(), Overflow> {
        let slot = self.slot(ngram);
        let sum = &mut self.sums[slot as usize * self.width];
        *sum = sum.checked_add(amount).ok_or(Overflow { sum: 0 })?;
        Ok(())
    }

    /// Adds to all sums of `ngram`, as many as the table is wide.
    ///
    /// # Errors
    /// [`Overflow`] if a sum does not fit.
    pub(super) fn add_all(&mut self, ngram: &[u8], amounts: &[u64]) -> Result<(), Overflow> {
        let slot = self.slot(ngram);
        for (index, (sum, amount)) in self.sums_mut(slot).iter_mut().zip(amounts).enumerate() {
            *sum = sum.checked_add(*amount).ok_or(Overflow { sum: index })?;
        }
        Ok(())
    }

    /// The position of `ngram`, which comes in with sums of 0 if it is new.
    ///
    /// # Panics
    /// With the 2³²th n-gram, which would take memory of more than 100 GiB.
    pub(super) fn slot(&mut self, ngram: &[u8]) -> u32 {
        self.slot_hashed(self.hash(ngram), ngram)
    }

    fn hash(&self, ngram: &[u8]) -> u64 {
        hash_of(&self.hasher, ngram)
    }

    /// As [`slot`](Self::slot), with the n-gram's [`hash`](Self::hash).
    fn slot_hashed(&mut self, hash: u64, ngram: &[u8]) -> u32 {
        let Self { names, sums, width, index, hasher } = self;
        let entry =
            index.entry(hash, |&slot| names.get(slot) == ngram, |&slot| hash_of(hasher, names.get(slot)));
        match entry {
            Entry::Occupied(slot) => *slot.get(),
            Entry::Vacant(place) => {
                let slot = u32::try_from(names.len()).expect("fewer than 2^32 distinct n-grams");
                place.insert(slot);
                names.push(ngram);
                sums.resize(sums.len() + *width, 0);
                slot
            }
        }
    }

    /// Makes room for so many more n-grams of so many bytes together.
    pub(super) fn reserve(&mut self, ngrams: usize, bytes: usize) {
        let Self { names, sums, width, index, hasher } = self;
        names.keys.reserve(bytes);
        names.ends.reserve(ngrams);
        sums.reserve(ngrams * *width);
        index.reserve(ngrams, |&slot| hash_of(hasher, names.get(slot)));
    }

    /// Adds to the sums of many n-grams, one after the other.
    ///
    /// In a large table each look-up waits for memory three times: for the index, for where the key is, and for the key.
    /// A few n-grams at a time go through these steps together, so that they wait together.
    ///
    /// # Errors
    /// The first one of which a sum does not fit.
    pub(super) fn add_many<'a>(
        &mut self,
        mut items: impl Iterator<Item = (&'a [u8], &'a [u64])>,
    ) -> Result<(), (&'a [u8], Overflow)> {
        const TOGETHER: usize = 16;
        let mut batch = Vec::with_capacity(TOGETHER);
        loop {
            batch.clear();
            batch.extend(items.by_ref().take(TOGETHER).map(|(ngram, amounts)| {
                let hash = self.hash(ngram);
                // Nearly always the first one that the index offers is the right one, but that is looked at later.
                let offer = self.index.find(hash, |_| true).copied();
                (ngram, amounts, hash, offer)
            }));
            let ends = batch.iter().filter_map(|&(_, _, _, offer)| Some(self.names.range(offer?).end));
            std::hint::black_box(ends.sum::<usize>());
            for &(ngram, amounts, hash, offer) in &batch {
                let slot = match offer.filter(|&slot| self.names.get(slot) == ngram) {
                    Some(slot) => slot,
                    None => self.slot_hashed(hash, ngram),
                };
                for (index, (sum, amount)) in self.sums_mut(slot).iter_mut().zip(amounts).enumerate() {
                    *sum = sum.checked_add(*amount).ok_or((ngram, Overflow { sum: index }))?;
                }
            }
            if batch.len() < TOGETHER {
                return Ok(());
            }
        }
    }

    /// Whether `ngram` has come.
    pub fn contains(&self, ngram: &[u8]) -> bool {
        self.index.find(self.hash(ngram), |&slot| self.names.get(slot) == ngram).is_some()
    }

    /// The sums of the n-gram at a position.
    pub(super) fn sums_mut(&mut self, slot: u32) -> &mut [u64] {
        &mut self.sums[slot as usize * self.width..][..self.width]
    }

    /// The bytes of all n-grams.
    pub(super) fn key_bytes(&self) -> usize {
        self.names.keys.len()
    }

    /// The number of n-grams.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// About how much memory the n-grams take, without their sums.
    pub(super) fn bytes(&self) -> usize {
        // Where a key ends, and the slots of the index that it fills or leaves free.
        self.key_bytes() + self.len() * (8 + 8)
    }

    /// Whether no n-gram has come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The n-grams and their first sums, in the order in which they first came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        let ngram = |(slot, _)| (self.names.get(slot), self.sums[slot as usize * self.width]);
        self.names.ends.iter().enumerate().map(|(slot, end)| (slot as u32, end)).map(ngram)
    }

    /// The n-grams, and all sums of all of them.
    pub(super) fn into_parts(self) -> (Names, Vec<u64>) {
        (self.names, self.sums)
    }
}

/// The hash of the bytes alone: `hash_one` would hash the length of the slice too, which takes a step more.
#[inline(always)]
fn hash_of(hasher: &RandomState, ngram: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(ngram);
    hasher.finish()
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(ngram, sum)| (bstr::BStr::new(ngram), sum))).finish()
    }
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
    fn many_at_once_are_what_they_are_one_by_one() {
        let ngrams: Vec<String> = (0..1000_u64).map(|n| (n * n % 371).to_string()).collect();
        let amounts: Vec<u64> = (0..1000).collect();
        for many in [0, 1, 15, 16, 17, 1000] {
            let (mut one, mut other) = (Table::new(), Table::new());
            for (ngram, &amount) in ngrams[..many].iter().zip(&amounts) {
                one.add(ngram.as_bytes(), amount).unwrap();
            }
            other.add_many(ngrams[..many].iter().map(String::as_bytes).zip(amounts.chunks(1))).unwrap();
            assert_eq!(pairs(&one), pairs(&other));
        }
        let items: [(&[u8], &[u64]); 3] = [(b"a", &[u64::MAX]), (b"b", &[1]), (b"a", &[1])];
        assert_eq!(Table::new().add_many(items.into_iter()), Err((&b"a"[..], Overflow { sum: 0 })));
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
    fn a_wide_table_keeps_several_sums_of_each_n_gram() {
        let mut table = Table::with_width(3);
        for (ngram, amounts) in [("a", [1, 2, 3]), ("b", [0, 0, 7]), ("a", [10, 20, 30])] {
            table.add_all(ngram.as_bytes(), &amounts).unwrap();
        }
        assert_eq!(table.add_all(b"b", &[1, u64::MAX, u64::MAX]), Err(Overflow { sum: 2 }));
        let (names, sums) = table.into_parts();
        assert_eq!((names.keys, names.ends), (b"ab".to_vec(), vec![1, 2]));
        assert_eq!(sums, [11, 22, 33, 1, u64::MAX, 7]);
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused_and_changes_nothing() {
        let mut table = Table::new();
        table.add(b"the", u64::MAX).unwrap();
        assert_eq!(table.add(b"the", 1), Err(Overflow { sum: 0 }));
        assert_eq!(pairs(&table), [(&b"the"[..], u64::MAX)]);
    }
}
