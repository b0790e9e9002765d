//! Bounded selection of the first rows of an answer.

use std::mem::take;

use super::options::Sort;
use super::row_store::RowRef;
use super::sort::{self, SortKey, SortNumber};
use crate::count::error::CountError;
use crate::count::ngram_table::KeyArena;

/// The first `top` rows of those that are pushed, or all of them, sorted.
///
/// It holds at most twice as many rows as are wanted: the first ten of a million rows take one pass over the million,
/// without sorting them.
pub(crate) struct TopK<'k, N> {
    keys: &'k KeyArena,
    /// Whether rows are sorted by their first number. Otherwise they stay in the order in which they are pushed.
    by_number: bool,
    top: usize,
    /// The numbers of a row.
    width: usize,
    rows: Vec<SortKey>,
    years: Vec<u32>,
    numbers: Vec<N>,
    /// Whether rows are pushed in the order of their n-grams.
    in_order: bool,
    /// Rows that can be held. Only tests have fewer than `u32::MAX`.
    limit: usize,
}

/// Below this number of rows it does not pay to discard some.
const MIN_ROWS: usize = 1024;

impl<'k, N: SortNumber> TopK<'k, N> {
    /// `numbers` are those of rows that will be pushed with [`push_stored`](Self::push_stored).
    pub(crate) fn new(
        keys: &'k KeyArena,
        sort: Option<Sort>,
        top: Option<usize>,
        width: usize,
        numbers: Vec<N>,
    ) -> Self {
        Self {
            keys,
            by_number: sort == Some(Sort::Matches),
            top: top.unwrap_or(usize::MAX),
            width,
            rows: Vec::new(),
            years: Vec::new(),
            numbers,
            in_order: false,
            limit: u32::MAX as usize,
        }
    }

    /// Tells whether rows will be pushed in the order of their n-grams and years. All of them are then sorted by number without
    /// a look at the n-grams.
    pub(crate) fn in_order(self, in_order: bool) -> Self {
        Self { in_order, ..self }
    }

    /// Whether no further row can be among the first ones.
    pub(crate) fn is_full(&self) -> bool {
        !self.by_number && self.rows.len() >= self.top
    }

    /// Pushes a row whose numbers are stored at `index` already.
    ///
    /// # Errors
    /// [`CountError::TooManyRows`] if references of 32 bits are too few.
    pub(crate) fn push_stored(&mut self, slot: u32, index: usize) -> Result<(), CountError> {
        if index >= self.limit {
            return Err(CountError::TooManyRows { limit: self.limit });
        }
        let number = self.numbers[index * self.width];
        self.rows.push(SortKey::by_number(RowRef { slot, index: index as u32 }, number));
        if self.rows.len() >= MIN_ROWS.max(self.top.saturating_mul(2)) {
            self.discard_rows();
        }
        Ok(())
    }

    /// Pushes a row with its numbers.
    ///
    /// # Errors
    /// As [`push_stored`](Self::push_stored).
    pub(crate) fn push(&mut self, slot: u32, year: Option<u32>, numbers: &[N]) -> Result<(), CountError> {
        let index = self.numbers.len() / self.width;
        self.years.extend(year);
        self.numbers.extend_from_slice(numbers);
        self.push_stored(slot, index)?;
        // The numbers of discarded rows go too.
        if self.numbers.len() / self.width > 2 * self.rows.len().max(MIN_ROWS) {
            self.compact();
        }
        Ok(())
    }

    /// Discards the rows behind the first `top` ones.
    fn discard_rows(&mut self) {
        if self.top < self.rows.len() {
            if self.by_number {
                self.rows.select_nth_unstable_by(self.top, |a, b| a.compare(b, self.keys));
            }
            self.rows.truncate(self.top);
        }
    }

    /// Moves the years and numbers of the rows together. They keep their order, so that the years of an n-gram stay in
    /// theirs.
    fn compact(&mut self) {
        let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
        order.sort_unstable_by_key(|&row| self.rows[row as usize].row.index);
        let mut years = Vec::with_capacity(if self.years.is_empty() { 0 } else { self.rows.len() });
        let mut numbers = Vec::with_capacity(self.rows.len() * self.width);
        for (new_index, row) in (0..).zip(order) {
            let reference = &mut self.rows[row as usize].row;
            let index = reference.index as usize;
            years.extend(self.years.get(index));
            numbers.extend_from_slice(&self.numbers[index * self.width..(index + 1) * self.width]);
            reference.index = new_index;
        }
        self.years = years;
        self.numbers = numbers;
    }

    /// The sorted rows with the years and numbers that they refer to.
    ///
    /// The sort is unstable. Only the rows of a word that was selected twice are equal, so the result is one all the
    /// same.
    pub(crate) fn finish(mut self) -> (Vec<RowRef>, Vec<u32>, Vec<N>) {
        self.discard_rows();
        if self.by_number && self.in_order && self.top == usize::MAX {
            sort::sort_by_number_stably(&mut self.rows);
        } else if self.by_number {
            sort::sort_by_number(&mut self.rows, self.keys);
        }
        if self.top < usize::MAX {
            self.compact();
        }
        // Both types have the same alignment, so this reuses the allocation and gives half of it back.
        let rows = take(&mut self.rows).into_iter().map(|key| key.row).collect();
        (rows, self.years, self.numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_than_references_reach_are_an_error() {
        let mut keys = KeyArena::default();
        keys.push(b"a");
        let mut top_k = TopK::new(&keys, Some(Sort::Matches), None, 1, Vec::new());
        top_k.limit = 2;
        assert_eq!(top_k.push(0, Some(1999), &[1_u64]), Ok(()));
        assert_eq!(top_k.push(0, Some(2000), &[1]), Ok(()));
        assert_eq!(top_k.push(0, Some(2001), &[1]), Err(CountError::TooManyRows { limit: 2 }));
    }
}
