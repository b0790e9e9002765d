//! Sums of sorted rows, one n-gram at a time.

use std::mem::take;

use super::{Block, PartialsError};
use crate::count::{Partial, Plan};
use crate::input::Source;

/// Adds up rows of which those of one n-gram stand together. It holds one n-gram with its years, whatever there is before
/// and behind it.
///
/// Rows are sorted by the bytes of their n-grams. Two orders are called that. Hadoop compares the n-grams alone, `sort` in
/// the C locale whole lines, where a tab follows the n-gram; the two differ where an n-gram holds a byte below the tab. In
/// both the rows of an n-gram stand together, so either will do. The years of an n-gram may come in any order: to Hadoop
/// they are not part of the key.
pub struct Sorted {
    by_year: bool,
    width: usize,
    /// The n-gram at hand; empty before the first one.
    ngram: Vec<u8>,
    /// Its years, ascending, and the sums of each.
    years: Vec<u32>,
    sums: Vec<u64>,
    /// Whether all rows so far are in the one order, and in the other.
    by_ngram: bool,
    by_line: bool,
}

impl Sorted {
    /// Sums of the rows of `plan`, of which none has come.
    pub fn new(plan: &Plan) -> Self {
        let (by_year, width) = (plan.by_year, plan.measures.count());
        let (ngram, years, sums) = Default::default();
        Self { by_year, width, ngram, years, sums, by_ngram: true, by_line: true }
    }

    /// Adds rows, which are from `file`, and gives the sums of the n-grams that are complete with them.
    ///
    /// # Errors
    /// A sum that does not fit, or a row that is out of order.
    pub fn add(&mut self, block: &Block, file: &Source) -> Result<Partial, PartialsError> {
        let mut done = Partial::default();
        let mut line = block.first_line;
        block.rows.visit(self.by_year, self.width, |ngram, years, sums| {
            if ngram != self.ngram {
                if !self.is_in_order(ngram) {
                    let (ngram, before) = (ngram.into(), take(&mut self.ngram).into());
                    return Err(PartialsError::Unsorted { file: file.clone(), line, ngram, before });
                }
                self.hand_on(&mut done);
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
        Ok(done)
    }

    /// The n-gram that is left.
    pub fn finish(mut self) -> Partial {
        let mut done = Partial::default();
        self.hand_on(&mut done);
        done
    }

    fn hand_on(&mut self, done: &mut Partial) {
        if !self.ngram.is_empty() {
            done.push(&self.ngram, &self.years, &self.sums);
        }
        self.ngram.clear();
        self.years.clear();
        self.sums.clear();
    }

    /// Whether `ngram` may come after the n-gram at hand.
    /// Whether `ngram` may come after the n-gram at hand.
    #[inline(always)]
    fn is_in_order(&mut self, ngram: &[u8]) -> bool {
        let before = &self.ngram[..];
        self.by_ngram &= *before < *ngram;
        self.by_line &= match (ngram.strip_prefix(before), before.strip_prefix(ngram)) {
            (Some(behind), _) => before.is_empty() || behind.first().is_none_or(|&byte| byte > b'\t'),
            (None, Some(behind)) => behind.first().is_some_and(|&byte| byte < b'\t'),
            // Neither begins with the other, so the tab behind them decides nothing.
            (None, None) => *before < *ngram,
        };
        self.by_ngram || self.by_line
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

    /// Whether the n-grams between the blanks, one row each, are taken for sorted.
    fn sorted(ngrams: &str) -> bool {
        let mut sorted = Sorted::new(&Plan::default());
        let mut rows = Partial::default();
        for ngram in ngrams.split_whitespace() {
            rows.push(ngram.as_bytes(), &[], &[1]);
        }
        sorted.add(&Block { file: 0, first_line: 1, rows }, &Source::Stdin).is_ok()
    }

    #[test]
    fn rows_may_be_in_the_order_of_n_grams_or_in_that_of_lines_but_not_in_a_mixture() {
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
