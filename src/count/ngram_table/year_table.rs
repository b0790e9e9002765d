//! Table of n-grams with their sums in each year.

use std::mem::take;
use std::ops::Range;

use super::{KeyArena, NgramTable, TableError};
use crate::count::encoding::{MAX_SUMS, YearRowWriter, YearRows};

/// N-grams and their sums in each year.
///
/// The rows of an n-gram come from several chunks in any order. The first ones are copied as they are. Later ones are
/// merged with those that are there, and written anew at the end of the buffer; their old place stays unused until half
/// of the buffer is.
#[derive(Clone)]
pub(crate) struct NgramYearTable {
    /// A table without sums. A slot in it is a slot in `rows`.
    ngrams: NgramTable,
    rows: YearRowStore,
    width: usize,
    /// Bytes of the buffer that belong to no n-gram any more.
    unused: usize,
    /// Buffer for merging.
    scratch: Vec<u8>,
    /// Bytes that the rows of one n-gram can take. Only tests have fewer than `u32::MAX`.
    limit: usize,
}

/// Encoded rows of n-grams by slot, see [`YearRows`].
#[derive(Clone, Debug, Default)]
pub(crate) struct YearRowStore {
    spans: Vec<ByteSpan>,
    bytes: Vec<u8>,
}

/// Position of the rows of one n-gram in the buffer. The length has 32 bits, which saves a quarter of the memory.
#[derive(Clone, Copy, Debug, Default)]
struct ByteSpan {
    start: usize,
    len: u32,
}

impl YearRowStore {
    /// The number of slots.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    fn range(&self, slot: u32) -> Range<usize> {
        let ByteSpan { start, len } = self.spans[slot as usize];
        start..start + len as usize
    }

    /// The encoded rows of a slot.
    pub(crate) fn get(&self, slot: u32) -> &[u8] {
        &self.bytes[self.range(slot)]
    }

    /// The decoder of a slot's rows of `width` sums.
    pub(crate) fn rows(&self, slot: u32, width: usize) -> YearRows<'_> {
        YearRows::new(self.get(slot), width)
    }

    /// The first byte of a slot's rows, which is read to load it into the cache.
    pub(crate) fn first_byte(&self, slot: u32) -> u8 {
        self.bytes.get(self.spans[slot as usize].start).copied().unwrap_or(0)
    }

    /// Appends a slot with the rows of a slot of `other`.
    pub(crate) fn push_from(&mut self, other: &Self, slot: u32) {
        let rows = other.get(slot);
        self.spans.push(ByteSpan { start: self.bytes.len(), len: rows.len() as u32 });
        self.bytes.extend_from_slice(rows);
    }

    /// Appends a slot with these rows.
    ///
    /// # Errors
    /// [`TableError::TooManyYears`].
    pub(crate) fn push(&mut self, rows: &[u8]) -> Result<(), TableError> {
        let len =
            u32::try_from(rows.len()).map_err(|_| TableError::TooManyYears { limit: u32::MAX as usize })?;
        self.spans.push(ByteSpan { start: self.bytes.len(), len });
        self.bytes.extend_from_slice(rows);
        Ok(())
    }

    /// Adds rows to those of the last slot.
    ///
    /// # Errors
    /// [`TableError::TooManyYears`], or [`TableError::Overflow`].
    pub(crate) fn merge_into_last(&mut self, rows: &[u8], width: usize) -> Result<(), TableError> {
        let Some(last) = self.spans.pop() else { return self.push(rows) };
        let present = self.bytes.split_off(last.start);
        let mut merged = Vec::with_capacity(present.len() + rows.len());
        merge_years(YearRows::new(&present, width), YearRows::new(rows, width), width, &mut merged)?;
        self.push(&merged)
    }

    /// The length of each slot's rows in bytes, and all rows in the order of the slots.
    pub(crate) fn into_lengths_and_bytes(self) -> (Vec<u32>, Vec<u8>) {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let rows = (0..self.spans.len()).map(|slot| self.get(slot as u32));
        rows.for_each(|rows| bytes.extend_from_slice(rows));
        (self.spans.iter().map(|span| span.len).collect(), bytes)
    }

    /// The same rows in the order of the slots, without the `unused` bytes between them.
    fn compacted(&self, unused: usize) -> Result<Self, TableError> {
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        bytes.try_reserve_exact(self.bytes.len() - unused)?;
        spans.try_reserve_exact(self.spans.len())?;
        for slot in 0..self.spans.len() {
            let rows = self.get(slot as u32);
            spans.push(ByteSpan { start: bytes.len(), len: rows.len() as u32 });
            bytes.extend_from_slice(rows);
        }
        Ok(Self { spans, bytes })
    }
}

impl NgramYearTable {
    /// An empty table with `width` sums for each year.
    pub(crate) fn with_width(width: usize) -> Self {
        Self {
            ngrams: NgramTable::with_width(0),
            rows: YearRowStore::default(),
            width,
            unused: 0,
            scratch: Vec::new(),
            limit: u32::MAX as usize,
        }
    }

    /// Makes the table full with `limit` n-grams.
    #[cfg(test)]
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.ngrams.set_limit(limit);
    }

    /// The slot of `ngram`. A new n-gram is inserted without years.
    ///
    /// # Errors
    /// [`TableError::TooManyNgrams`] if the table is full.
    pub(crate) fn slot(&mut self, ngram: &[u8]) -> Result<u32, TableError> {
        let slot = self.ngrams.slot(ngram)?;
        if slot as usize == self.rows.spans.len() {
            self.rows.spans.push(ByteSpan::default());
        }
        Ok(slot)
    }

    /// The n-grams.
    pub(crate) fn ngrams(&self) -> &NgramTable {
        &self.ngrams
    }

    /// The approximate memory of the table in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.ngrams.memory_bytes() + self.rows.spans.len() * size_of::<ByteSpan>() + self.rows.bytes.len()
    }

    /// Adds encoded rows, the years of which ascend, to those of `ngram`.
    ///
    /// # Errors
    /// As [`NgramTable::add`], [`TableError::TooManyYears`] or [`TableError::OutOfMemory`].
    pub(crate) fn add(&mut self, ngram: &[u8], rows: &[u8]) -> Result<(), TableError> {
        self.ngrams.try_reserve(1, ngram.len())?;
        self.rows.spans.try_reserve(1)?;
        let slot = self.slot(ngram)?;
        let present = self.rows.get(slot);
        if present.is_empty() {
            return self.replace(slot, rows);
        }
        let mut merged = take(&mut self.scratch);
        merged.clear();
        merge_years(
            YearRows::new(present, self.width),
            YearRows::new(rows, self.width),
            self.width,
            &mut merged,
        )?;
        let replaced = present.len();
        self.replace(slot, &merged)?;
        self.unused += replaced;
        self.scratch = merged;
        if self.unused > self.rows.bytes.len() / 2 {
            self.rows = self.rows.compacted(self.unused)?;
            self.unused = 0;
        }
        Ok(())
    }

    fn replace(&mut self, slot: u32, rows: &[u8]) -> Result<(), TableError> {
        if rows.len() > self.limit {
            return Err(TableError::TooManyYears { limit: self.limit });
        }
        self.rows.bytes.try_reserve(rows.len())?;
        self.rows.spans[slot as usize] = ByteSpan { start: self.rows.bytes.len(), len: rows.len() as u32 };
        self.rows.bytes.extend_from_slice(rows);
        Ok(())
    }

    /// The n-grams and their rows.
    pub(crate) fn into_parts(self) -> (KeyArena, YearRowStore) {
        (self.ngrams.into_parts().0, self.rows)
    }
}

/// Encodes the years of both, with the sums added in the years that both have.
pub(crate) fn merge_years(
    a: YearRows<'_>,
    b: YearRows<'_>,
    width: usize,
    merged: &mut Vec<u8>,
) -> Result<(), TableError> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    let mut writer = YearRowWriter::default();
    loop {
        let (year, sums) = match (a.peek(), b.peek()) {
            (None, None) => return Ok(()),
            (Some(&(year, ours)), Some(&(other, theirs))) if year == other => {
                a.next();
                b.next();
                let mut sums = [0; MAX_SUMS];
                for (index, sum) in sums.iter_mut().enumerate() {
                    *sum =
                        ours[index].checked_add(theirs[index]).ok_or(TableError::Overflow { sum: index })?;
                }
                (year, sums)
            }
            (Some(&(year, _)), Some(&(other, theirs))) if other < year => {
                b.next();
                (other, theirs)
            }
            (Some(&row), _) => {
                a.next();
                row
            }
            (None, Some(&row)) => {
                b.next();
                row
            }
        };
        writer.push(merged, year, sums[0], sums[1..width].iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn years_may_come_in_any_parts_and_order(
            parts in prop::collection::vec(
                ("[ab]", prop::collection::btree_map(1990..2010_u32, (0..9_u64, 0..9_u64), 0..6)),
                0..40,
            ),
        ) {
            let mut table = NgramYearTable::with_width(2);
            let mut expected: BTreeMap<(String, u32), (u64, u64)> = BTreeMap::new();
            for (ngram, part) in &parts {
                table.add(ngram.as_bytes(), &encoded(part.iter().map(|(&year, &(a, b))| (year, [a, b])))).unwrap();
                for (&year, (a, b)) in part {
                    let sums = expected.entry((ngram.clone(), year)).or_default();
                    sums.0 += a;
                    sums.1 += b;
                }
            }
            let (keys, store) = table.into_parts();
            let mut found = BTreeMap::new();
            for slot in 0..store.len() as u32 {
                let ngram = String::from_utf8(keys.get(slot).to_vec()).unwrap();
                let rows: Vec<_> = store.rows(slot, 2).collect();
                prop_assert!(rows.is_sorted_by(|a, b| a.0 < b.0));
                for (year, sums) in rows {
                    found.insert((ngram.clone(), year), (sums[0], sums[1]));
                }
            }
            prop_assert_eq!(found, expected);
            prop_assert!(store.bytes.len() < 400, "unused bytes are freed");
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused() {
        let mut table = NgramYearTable::with_width(1);
        table.add(b"a", &encoded([(1999, [1]), (2000, [u64::MAX])])).unwrap();
        assert_eq!(table.add(b"a", &encoded([(2000, [1])])), Err(TableError::Overflow { sum: 0 }));
        assert_eq!(
            table.add(b"a", &encoded([(1998, [1]), (2000, [1])])),
            Err(TableError::Overflow { sum: 0 })
        );
    }

    #[test]
    fn an_n_gram_with_too_many_bytes_of_years_is_refused() {
        let too_many = Err(TableError::TooManyYears { limit: 4 });
        let mut table = NgramYearTable::with_width(1);
        table.limit = 4;
        assert_eq!(table.add(b"a", &encoded([(1, [1]), (2, [1]), (3, [1])])), too_many);
        table.add(b"b", &encoded([(1, [1]), (2, [1])])).unwrap();
        table.add(b"b", &encoded([(1, [1])])).unwrap();
        assert_eq!(table.add(b"b", &encoded([(3, [1])])), too_many);
    }

    fn encoded<const WIDTH: usize>(rows: impl IntoIterator<Item = (u32, [u64; WIDTH])>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = YearRowWriter::default();
        rows.into_iter()
            .for_each(|(year, sums)| writer.push(&mut bytes, year, sums[0], sums[1..].iter().copied()));
        bytes
    }
}
