//! The sums of a count when all partial counts are merged.

use std::collections::HashSet;

use crate::count::encoding::YearRows;
use crate::count::ngram_table::{KeyArena, NgramTable, NgramYearTable, YearRowStore};

/// All sums of a count.
pub(crate) struct FinalSums {
    pub keys: KeyArena,
    pub values: SumValues,
    /// The number of measures.
    pub width: usize,
}

/// Sums by the slot of the n-gram.
pub(crate) enum SumValues {
    /// Over all years, `width` of each n-gram.
    AllYears(Vec<u64>),
    /// By year, encoded.
    ByYear(YearRowStore),
}

impl FinalSums {
    pub(crate) fn of_table(table: NgramTable, width: usize) -> Self {
        let (keys, sums) = table.into_parts();
        Self { keys, values: SumValues::AllYears(sums), width }
    }

    pub(crate) fn of_year_table(table: NgramYearTable, width: usize) -> Self {
        let (keys, rows) = table.into_parts();
        Self { keys, values: SumValues::ByYear(rows), width }
    }

    /// The sums of an n-gram by year; none in a count over all years.
    pub(crate) fn years(&self, slot: u32) -> YearRows<'_> {
        match &self.values {
            SumValues::AllYears(_) => YearRows::default(),
            SumValues::ByYear(rows) => rows.rows(slot, self.width),
        }
    }

    /// The first measure of an n-gram over all its years.
    pub(crate) fn first_total(&self, slot: u32) -> u128 {
        match &self.values {
            SumValues::AllYears(sums) => sums[slot as usize * self.width].into(),
            SumValues::ByYear(_) => self.years(slot).map(|(_, sums)| u128::from(sums[0])).sum(),
        }
    }

    /// The indices of those among `slots` whose sums are all 0, by year those without a year; each slot once.
    pub(crate) fn absent(&self, slots: &[u32]) -> Vec<u32> {
        let occurs = |slot: u32| match &self.values {
            SumValues::AllYears(sums) => {
                sums[slot as usize * self.width..][..self.width].iter().any(|&sum| sum > 0)
            }
            SumValues::ByYear(_) => self.years(slot).next().is_some(),
        };
        let mut seen = HashSet::new();
        let indices = (0..).zip(slots).filter(|&(_, &slot)| !occurs(slot) && seen.insert(slot));
        indices.map(|(index, _)| index).collect()
    }

    /// The first and the last year in which an n-gram occurs; `None` without any year.
    pub(crate) fn year_range(&self) -> Option<(u32, u32)> {
        let years = (0..self.keys.len() as u32).flat_map(|slot| self.years(slot));
        years
            .map(|(year, _)| (year, year))
            .reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
    }
}
