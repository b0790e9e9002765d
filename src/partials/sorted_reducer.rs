//! Streaming reducer of sorted rows: one n-gram in memory at a time.

use std::mem::take;

use super::error::PartialsError;
use super::reader::RowBlock;
use crate::count::{Partial, Plan};
use crate::input::Source;

/// Sums sorted rows. It holds one n-gram with its years.
///
/// Rows are sorted by the bytes of their n-grams, in one of two orders. Hadoop compares the n-grams. `sort` in the C
/// locale compares whole lines, in which a tab follows the n-gram; the orders differ if an n-gram has a byte below the
/// tab. In both orders the rows of an n-gram are together, so both are accepted. The years of an n-gram can come in any
/// order: to Hadoop they are not part of the key.
pub struct SortedReducer {
    by_year: bool,
    width: usize,
    /// The current n-gram; empty before the first one.
    ngram: Vec<u8>,
    /// Its years, ascending, and the sums of each.
    years: Vec<u32>,
    sums: Vec<u64>,
    /// Whether all rows so far are in the order of n-grams, and in that of lines.
    in_ngram_order: bool,
    in_line_order: bool,
}

impl SortedReducer {
    /// A reducer of the rows of `plan`.
    pub fn new(plan: &Plan) -> Self {
        let (by_year, width) = (plan.by_year, plan.measures.count());
        let (ngram, years, sums) = Default::default();
        Self { by_year, width, ngram, years, sums, in_ngram_order: true, in_line_order: true }
    }

    /// Adds rows of `file`, and returns the sums of the n-grams that they complete.
    ///
    /// # Errors
    /// [`PartialsError::Overflow`] if a sum does not fit, [`PartialsError::Unsorted`] if a row is out of order.
    pub fn add(&mut self, block: &RowBlock, file: &Source) -> Result<Partial, PartialsError> {
        let mut complete = Partial::default();
        let mut line = block.first_line;
        block.rows.visit(self.by_year, self.width, |ngram, years, sums| {
            if ngram != self.ngram {
                if !self.is_in_order(ngram) {
                    let (ngram, before) = (ngram.into(), take(&mut self.ngram).into());
                    return Err(PartialsError::Unsorted { file: file.clone(), line, ngram, before });
                }
                self.flush(&mut complete);
                self.ngram.extend_from_slice(ngram);
                self.years.extend_from_slice(years);
                self.sums.extend_from_slice(sums);
            } else if self.by_year {
                for (year, sums) in years.iter().zip(sums.chunks_exact(self.width)) {
                    self.add_year(*year, sums)?;
                }
            } else {
                self.add_to(0, sums)?;
            }
            line += years.len().max(1) as u64;
            Ok(())
        })?;
        Ok(complete)
    }

    /// The sums of the last n-gram.
    pub fn finish(mut self) -> Partial {
        let mut complete = Partial::default();
        self.flush(&mut complete);
        complete
    }

    /// Moves the current n-gram to `complete`.
    fn flush(&mut self, complete: &mut Partial) {
        if !self.ngram.is_empty() {
            complete.push(&self.ngram, &self.years, &self.sums);
        }
        self.ngram.clear();
        self.years.clear();
        self.sums.clear();
    }

    /// Whether `ngram` may follow the current n-gram in one of the two orders.
    #[inline(always)]
    fn is_in_order(&mut self, ngram: &[u8]) -> bool {
        let before = &self.ngram[..];
        self.in_ngram_order &= *before < *ngram;
        self.in_line_order &= match (ngram.strip_prefix(before), before.strip_prefix(ngram)) {
            (Some(behind), _) => before.is_empty() || behind.first().is_none_or(|&byte| byte > b'\t'),
            (None, Some(behind)) => behind.first().is_some_and(|&byte| byte < b'\t'),
            // Neither begins with the other, so the tab behind them does not matter.
            (None, None) => *before < *ngram,
        };
        self.in_ngram_order || self.in_line_order
    }

    fn add_year(&mut self, year: u32, sums: &[u64]) -> Result<(), PartialsError> {
        match self.years.binary_search(&year) {
            Ok(at) => self.add_to(at, sums),
            Err(at) => {
                self.years.insert(at, year);
                self.sums.splice(at * self.width..at * self.width, sums.iter().copied());
                Ok(())
            }
        }
    }

    #[inline(always)]
    fn add_to(&mut self, at: usize, amounts: &[u64]) -> Result<(), PartialsError> {
        let sums = &mut self.sums[at * self.width..][..self.width];
        for (index, (sum, amount)) in sums.iter_mut().zip(amounts).enumerate() {
            *sum = sum
                .checked_add(*amount)
                .ok_or_else(|| PartialsError::Overflow { ngram: self.ngram.clone().into(), sum: index })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the n-grams between the blanks, one row each, are accepted as sorted.
    fn sorted(ngrams: &str) -> bool {
        let mut sorted = SortedReducer::new(&Plan::default());
        let mut rows = Partial::default();
        for ngram in ngrams.split_whitespace() {
            rows.push(ngram.as_bytes(), &[], &[1]);
        }
        sorted.add(&RowBlock { file: 0, first_line: 1, rows }, &Source::Stdin).is_ok()
    }

    #[test]
    fn rows_may_be_in_the_order_of_n_grams_or_of_lines_but_not_in_a_mixture() {
        let right = [
            "",
            "a a aa b \u{e9}",
            "B a",
            "a a_b",
            // By n-grams, and by lines.
            "a a\u{1} b b\u{1}",
            "a\u{1} a b\u{1} b",
            "a\u{1}\u{2} a\u{1} a",
        ];
        for ngrams in right {
            assert!(sorted(ngrams), "{ngrams:?}");
        }
        for ngrams in ["b a", "a b a", "a B", "ab a", "a a\u{1} b\u{1} b", "a\u{1} a b b\u{1}"] {
            assert!(!sorted(ngrams), "{ngrams:?}");
        }
    }
}
