//! Hash table of n-grams with one or more sums each.

use std::collections::TryReserveError;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::KeyArena;

/// N-grams and their sums, in the order in which the n-grams first came.
///
/// All keys are end to end in one buffer. A table of a million n-grams is four allocations and not a million, and a
/// finished table becomes a message by handing over the buffer. A known n-gram costs one probe and no allocation.
///
/// Beside its own bytes an n-gram takes 16 for its end and its sum, and 5 for each slot of the index, filled or free.
/// Measured with keys of 10 bytes: 35 to 46 bytes an n-gram in all, 58 while a buffer doubles.
///
/// The hash is seeded anew in each process, so that no input can be made to collide. Nothing that leaves the table
/// depends on the seed.
///
/// ```
/// use ngramcount::count::NgramTable;
///
/// let mut table = NgramTable::new();
/// for word in "to be or not to be".split(' ') {
///     table.add(word.as_bytes(), 1)?;
/// }
/// assert_eq!(table.iter().next(), Some((&b"to"[..], 2)));
/// assert_eq!(table.len(), 4);
/// # Ok::<(), ngramcount::count::TableError>(())
/// ```
#[derive(Clone)]
pub struct NgramTable {
    keys: KeyArena,
    /// The sums of each n-gram, `width` of them.
    sums: Vec<u64>,
    width: usize,
    /// Slots in `keys`, found by the hash of the key.
    index: HashTable<u32>,
    hasher: RandomState,
    /// N-grams that fit. Only tests have fewer than [`NgramTable::MAX_NGRAMS`].
    limit: usize,
}

/// Why an amount cannot be added to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A sum does not fit 64 bits. It is as it was before.
    #[error("sum {sum} does not fit 64 bits")]
    Overflow {
        /// The number of the sum of the n-gram, from 0.
        sum: usize,
    },
    /// The system has no memory for more n-grams.
    #[error("out of memory")]
    OutOfMemory,
    /// The table is full, and the n-gram is new.
    #[error("more than {limit} n-grams")]
    TooManyNgrams {
        /// The number of n-grams that fit.
        limit: usize,
    },
    /// The rows of one n-gram take more than 4 GiB.
    #[error("the years of one n-gram take more than {limit} bytes")]
    TooManyYears {
        /// The number of bytes that fit.
        limit: usize,
    },
}

impl From<TryReserveError> for TableError {
    fn from(_: TryReserveError) -> Self {
        Self::OutOfMemory
    }
}

impl NgramTable {
    /// N-grams that a table can hold: slots are numbers of 32 bits, which keeps the index small.
    pub const MAX_NGRAMS: usize = u32::MAX as usize;

    /// An empty table with one sum for each n-gram. It allocates when the first n-gram comes.
    pub fn new() -> Self {
        Self::with_width(1)
    }

    /// An empty table with `width` sums for each n-gram.
    pub(crate) fn with_width(width: usize) -> Self {
        Self {
            keys: KeyArena::default(),
            sums: Vec::new(),
            width,
            index: HashTable::new(),
            hasher: RandomState::default(),
            limit: Self::MAX_NGRAMS,
        }
    }

    /// Makes the table full with `limit` n-grams.
    #[cfg(test)]
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Adds `amount` to the first sum of `ngram`.
    ///
    /// # Errors
    /// [`TableError::Overflow`] if the sum does not fit, [`TableError::TooManyNgrams`] if the table is full.
    pub fn add(&mut self, ngram: &[u8], amount: u64) -> Result<(), TableError> {
        let slot = self.slot(ngram)?;
        let sum = &mut self.sums[slot as usize * self.width];
        *sum = sum.checked_add(amount).ok_or(TableError::Overflow { sum: 0 })?;
        Ok(())
    }

    /// Adds to all sums of `ngram`; `amounts` are as many as the table is wide.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn add_all(&mut self, ngram: &[u8], amounts: &[u64]) -> Result<(), TableError> {
        let slot = self.slot(ngram)?;
        self.add_to_slot(slot, amounts)
    }

    #[inline(always)]
    fn add_to_slot(&mut self, slot: u32, amounts: &[u64]) -> Result<(), TableError> {
        for (index, (sum, amount)) in self.sums_mut(slot).iter_mut().zip(amounts).enumerate() {
            *sum = sum.checked_add(*amount).ok_or(TableError::Overflow { sum: index })?;
        }
        Ok(())
    }

    /// The slot of `ngram`. A new n-gram is inserted with sums of 0.
    ///
    /// # Errors
    /// [`TableError::TooManyNgrams`] if the table is full.
    pub(crate) fn slot(&mut self, ngram: &[u8]) -> Result<u32, TableError> {
        self.slot_hashed(self.hash(ngram), ngram)
    }

    fn hash(&self, ngram: &[u8]) -> u64 {
        hash(&self.hasher, ngram)
    }

    fn slot_hashed(&mut self, ngram_hash: u64, ngram: &[u8]) -> Result<u32, TableError> {
        let Self { keys, sums, width, index, hasher, limit } = self;
        let entry =
            index.entry(ngram_hash, |&slot| keys.get(slot) == ngram, |&slot| hash(hasher, keys.get(slot)));
        match entry {
            Entry::Occupied(slot) => Ok(*slot.get()),
            Entry::Vacant(vacant) => {
                if keys.len() >= *limit {
                    return Err(TableError::TooManyNgrams { limit: *limit });
                }
                // The limit is at most `u32::MAX`.
                let slot = keys.len() as u32;
                vacant.insert(slot);
                keys.push(ngram);
                sums.resize(sums.len() + *width, 0);
                Ok(slot)
            }
        }
    }

    /// Reserves memory for `ngrams` more n-grams of `bytes` bytes together.
    ///
    /// # Errors
    /// [`TableError::OutOfMemory`].
    pub(crate) fn try_reserve(&mut self, ngrams: usize, bytes: usize) -> Result<(), TableError> {
        let Self { keys, sums, width, index, hasher, .. } = self;
        keys.bytes.try_reserve(bytes)?;
        keys.ends.try_reserve(ngrams)?;
        sums.try_reserve(ngrams * *width)?;
        index.try_reserve(ngrams, |&slot| hash(hasher, keys.get(slot))).map_err(|_| TableError::OutOfMemory)
    }

    /// Adds to the sums of many n-grams in order. Unlike [`add`](Self::add) it returns when memory runs out.
    ///
    /// In a large table each look-up misses the cache three times: for the index, for the end of the key, and for the
    /// key. A batch of n-grams goes through these steps together, so that the misses overlap.
    ///
    /// # Errors
    /// As [`add`](Self::add), with the first n-gram that cannot be added.
    pub(crate) fn add_many<'a>(
        &mut self,
        mut items: impl Iterator<Item = (&'a [u8], &'a [u64])>,
    ) -> Result<(), (&'a [u8], TableError)> {
        const BATCH: usize = 16;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            batch.clear();
            batch.extend(items.by_ref().take(BATCH).map(|(ngram, amounts)| {
                let hash = self.hash(ngram);
                // The first candidate of the index is nearly always the right one; it is compared below.
                let candidate = self.index.find(hash, |_| true).copied();
                (ngram, amounts, hash, candidate)
            }));
            let ends = batch.iter().filter_map(|&(.., candidate)| Some(self.keys.range(candidate?).end));
            std::hint::black_box(ends.sum::<usize>());
            let bytes = batch.iter().map(|(ngram, ..)| ngram.len()).sum();
            self.try_reserve(batch.len(), bytes).map_err(|error| (batch[0].0, error))?;
            for &(ngram, amounts, hash, candidate) in &batch {
                let slot = match candidate.filter(|&slot| self.keys.get(slot) == ngram) {
                    Some(slot) => slot,
                    None => self.slot_hashed(hash, ngram).map_err(|error| (ngram, error))?,
                };
                self.add_to_slot(slot, amounts).map_err(|error| (ngram, error))?;
            }
            if batch.len() < BATCH {
                return Ok(());
            }
        }
    }

    /// Whether `ngram` is in the table.
    pub fn contains(&self, ngram: &[u8]) -> bool {
        self.index.find(self.hash(ngram), |&slot| self.keys.get(slot) == ngram).is_some()
    }

    /// The sums in a slot.
    #[inline(always)]
    pub(crate) fn sums_mut(&mut self, slot: u32) -> &mut [u64] {
        &mut self.sums[slot as usize * self.width..][..self.width]
    }

    /// The bytes of all n-grams together.
    pub(crate) fn key_bytes(&self) -> usize {
        self.keys.bytes.len()
    }

    /// The number of n-grams.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The approximate memory of the n-grams in bytes, without their sums.
    pub(crate) fn memory_bytes(&self) -> usize {
        // The end of a key, and its part of the index.
        self.key_bytes() + self.len() * (8 + 8)
    }

    /// Whether the table has no n-gram.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The n-grams and their first sums, in the order in which the n-grams first came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        (0..self.keys.len()).map(|slot| (self.keys.get(slot as u32), self.sums[slot * self.width]))
    }

    /// The n-grams, and all sums of all of them.
    pub(crate) fn into_parts(self) -> (KeyArena, Vec<u64>) {
        (self.keys, self.sums)
    }
}

/// The hash of the bytes alone. `hash_one` would hash the length of the slice too, which is a step more.
#[inline(always)]
fn hash(hasher: &RandomState, ngram: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(ngram);
    hasher.finish()
}

impl Default for NgramTable {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for NgramTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(ngram, sum)| (bstr::BStr::new(ngram), sum))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(table: &NgramTable) -> Vec<(&[u8], u64)> {
        table.iter().collect()
    }

    #[test]
    fn sums_are_kept_apart_byte_for_byte_in_the_order_of_arrival() {
        let mut table = NgramTable::new();
        for (ngram, amount) in [("b", 1), ("B", 2), ("ab", 3), ("b", 4), ("a b", 5), ("ab", 0)] {
            table.add(ngram.as_bytes(), amount).unwrap();
        }
        assert_eq!(pairs(&table), [(&b"b"[..], 5), (b"B", 2), (b"ab", 3), (b"a b", 5)]);
        assert_eq!(table.len(), 4);
        assert!(table.contains(b"a b") && !table.contains(b"a"));
    }

    #[test]
    fn keys_that_run_together_in_the_buffer_are_told_apart() {
        let mut table = NgramTable::new();
        for ngram in [&b"ab"[..], b"a", b"b", b"aba", b"\0", b"\xff\xfe"] {
            table.add(ngram, 1).unwrap();
        }
        assert_eq!(table.len(), 6);
        assert!(!table.contains(b"bb") && !table.contains(b""));
    }

    #[test]
    fn adding_many_gives_the_sums_of_adding_one_by_one() {
        let ngrams: Vec<String> = (0..1000_u64).map(|n| (n * n % 371).to_string()).collect();
        let amounts: Vec<u64> = (0..1000).collect();
        for many in [0, 1, 15, 16, 17, 1000] {
            let (mut one, mut other) = (NgramTable::new(), NgramTable::new());
            for (ngram, &amount) in ngrams[..many].iter().zip(&amounts) {
                one.add(ngram.as_bytes(), amount).unwrap();
            }
            other.add_many(ngrams[..many].iter().map(String::as_bytes).zip(amounts.chunks(1))).unwrap();
            assert_eq!(pairs(&one), pairs(&other));
        }
        let items: [(&[u8], &[u64]); 3] = [(b"a", &[u64::MAX]), (b"b", &[1]), (b"a", &[1])];
        assert_eq!(
            NgramTable::new().add_many(items.into_iter()),
            Err((&b"a"[..], TableError::Overflow { sum: 0 }))
        );
    }

    #[test]
    fn a_table_that_grew_many_times_still_finds_every_key() {
        let mut table = NgramTable::new();
        for round in 1..=2 {
            for n in 0..10_000_u64 {
                table.add(n.to_string().as_bytes(), n).unwrap();
            }
            assert_eq!(table.len(), 10_000);
            assert!(table.iter().enumerate().all(|(n, (_, sum))| sum == round * n as u64));
        }
    }

    #[test]
    fn a_full_table_takes_known_n_grams_and_refuses_new_ones() {
        let full = TableError::TooManyNgrams { limit: 2 };
        let mut table = NgramTable::new();
        table.set_limit(2);
        for ngram in ["a", "b", "a"] {
            table.add(ngram.as_bytes(), 1).unwrap();
        }
        assert_eq!(table.add(b"c", 1), Err(full));
        let items: [(&[u8], &[u64]); 2] = [(b"b", &[1]), (b"c", &[1])];
        assert_eq!(table.add_many(items.into_iter()), Err((&b"c"[..], full)));
        assert_eq!(pairs(&table), [(&b"a"[..], 2), (b"b", 2)]);
        assert_eq!(
            TableError::TooManyNgrams { limit: NgramTable::MAX_NGRAMS }.to_string(),
            "more than 4294967295 n-grams"
        );
    }

    #[test]
    fn a_wide_table_keeps_several_sums_of_each_n_gram() {
        let mut table = NgramTable::with_width(3);
        for (ngram, amounts) in [("a", [1, 2, 3]), ("b", [0, 0, 7]), ("a", [10, 20, 30])] {
            table.add_all(ngram.as_bytes(), &amounts).unwrap();
        }
        assert_eq!(table.add_all(b"b", &[1, u64::MAX, u64::MAX]), Err(TableError::Overflow { sum: 2 }));
        let (keys, sums) = table.into_parts();
        assert_eq!((keys.bytes, keys.ends), (b"ab".to_vec(), vec![1, 2]));
        assert_eq!(sums, [11, 22, 33, 1, u64::MAX, 7]);
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused_and_changes_nothing() {
        let mut table = NgramTable::new();
        table.add(b"the", u64::MAX).unwrap();
        assert_eq!(table.add(b"the", 1), Err(TableError::Overflow { sum: 0 }));
        assert_eq!(pairs(&table), [(&b"the"[..], u64::MAX)]);
    }
}
