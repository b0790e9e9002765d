//! Storage of the rows of an answer: sorted references into unsorted keys and numbers.

use std::hint::black_box;

use crate::count::ngram_table::{KeyArena, YearRowStore};

/// The rows of an answer.
#[derive(Clone, Debug)]
pub(crate) struct RowStore {
    pub keys: KeyArena,
    /// From top to bottom.
    pub rows: Vec<RowRef>,
    /// By [`RowRef::index`]; empty in an answer that is not by year, and with encoded rows.
    pub years: Vec<u32>,
    /// By [`RowRef::index`].
    pub values: RowValues,
    /// The numbers of a row.
    pub width: usize,
}

/// Position of a row in a [`RowStore`]. Aligned like the [`SortKey`](super::sort::SortKey) that holds it, see
/// [`TopK::finish`](super::top_k::TopK::finish).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(8))]
pub(crate) struct RowRef {
    /// The slot of the n-gram.
    pub slot: u32,
    /// The index of the year and the numbers.
    pub index: u32,
}

/// The numbers of all rows.
#[derive(Clone, Debug)]
pub(crate) enum RowValues {
    /// `width` of each row.
    Integers(Vec<u64>),
    /// `width` of each row.
    Reals(Vec<f64>),
    /// Encoded rows: a reference stands for all rows of its n-gram.
    ByYear(YearRowStore),
}

/// References whose memory is loaded together. It fits the first-level cache.
const PREFETCHED: usize = 64;

impl RowStore {
    /// The reference at `index`, for callers that take one after another.
    ///
    /// Sorted rows are scattered over a large table, and each is three cache misses. Every 64 references the memory of
    /// the next 64 is touched in a loop without dependencies, so that the misses overlap.
    #[inline]
    pub(crate) fn get_prefetched(&self, index: usize) -> Option<RowRef> {
        if index.is_multiple_of(PREFETCHED) {
            self.touch(&self.rows[index..self.rows.len().min(index + PREFETCHED)]);
        }
        self.rows.get(index).copied()
    }

    fn touch(&self, rows: &[RowRef]) {
        let values: usize = match &self.values {
            RowValues::Integers(numbers) => {
                rows.iter().map(|row| usize::from(numbers[row.index as usize * self.width] > 0)).sum()
            }
            RowValues::Reals(_) => 0,
            RowValues::ByYear(store) => rows.iter().map(|row| usize::from(store.first_byte(row.index))).sum(),
        };
        let ends = rows.iter().map(|row| self.keys.ends[row.slot as usize]).fold(0, |a, b| a ^ b);
        black_box((values, ends));
        let is_letter =
            |row: &RowRef| usize::from(self.keys.get(row.slot).first().is_some_and(|&byte| byte > b' '));
        black_box(rows.iter().map(is_letter).sum::<usize>());
    }

    /// The number of rows.
    pub(crate) fn count_rows(&self) -> usize {
        match &self.values {
            RowValues::ByYear(store) => {
                self.rows.iter().map(|row| store.rows(row.index, self.width).count_rows().unwrap_or(0)).sum()
            }
            _ => self.rows.len(),
        }
    }

    /// Frees the memory of all but the first `top` rows. `rows` must not have more references than needed, except with
    /// encoded rows.
    pub(crate) fn truncate(&mut self, top: usize) {
        let width = self.width;
        if let RowValues::ByYear(store) = &mut self.values {
            let mut kept = YearRowStore::default();
            let (mut rows, mut next) = (0, 0);
            self.rows.retain_mut(|row| {
                let is_kept = rows < top;
                if is_kept {
                    rows += store.rows(row.index, width).count_rows().unwrap_or(0);
                    kept.push_from(store, row.index);
                    row.index = next;
                    next += 1;
                }
                is_kept
            });
            *store = kept;
        }
        let mut keys = KeyArena::default();
        for row in &mut self.rows {
            let slot = keys.len() as u32;
            keys.push(self.keys.get(row.slot));
            row.slot = slot;
        }
        self.keys = keys;
    }
}
