//! The sums of a count when all partial counts are merged.

use std::collections::HashSet;

use crate::count::encoding::YearRows;
use crate::count::ngram_table::{KeyArena, NgramTable, NgramYearTable, TableError, YearRowStore};
use crate::count::partial::NgramSums;
use crate::count::plan::Plan;

/// All sums of a count.
pub(crate) struct FinalSums {
    pub keys: KeyArena,
    pub values: SumValues,
    /// The number of measures.
    pub width: usize,
    /// Whether the slots are in the order of the bytes of their n-grams.
    pub in_order: bool,
    /// The first and the last year of the whole count, if these are the sums of a part of its n-grams.
    pub years_of_count: Option<(u32, u32)>,
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
        Self { keys, values: SumValues::AllYears(sums), width, in_order: false, years_of_count: None }
    }

    pub(crate) fn of_year_table(table: NgramYearTable, width: usize) -> Self {
        let (keys, rows) = table.into_parts();
        Self { keys, values: SumValues::ByYear(rows), width, in_order: false, years_of_count: None }
    }

    /// No sums, to which n-grams are added in the order of their bytes.
    pub(crate) fn in_order(plan: &Plan, years_of_count: Option<(u32, u32)>) -> Self {
        let values = match plan.by_year {
            false => SumValues::AllYears(Vec::new()),
            true => SumValues::ByYear(YearRowStore::default()),
        };
        let width = plan.measures.count();
        Self { keys: KeyArena::default(), values, width, in_order: true, years_of_count }
    }

    /// Adds an n-gram behind all others.
    ///
    /// # Errors
    /// [`TableError::TooManyYears`], or [`TableError::TooManyNgrams`] if slots of 32 bits are too few.
    #[inline]
    pub(crate) fn push(&mut self, ngram: &[u8], sums: NgramSums<'_>) -> Result<(), TableError> {
        if self.keys.len() >= NgramTable::MAX_NGRAMS {
            return Err(TableError::TooManyNgrams { limit: NgramTable::MAX_NGRAMS });
        }
        self.keys.push(ngram);
        match (&mut self.values, sums) {
            (SumValues::AllYears(values), NgramSums::AllYears(sums)) => values.extend_from_slice(sums),
            (SumValues::ByYear(store), NgramSums::ByYear(rows)) => store.push(rows)?,
            _ => unreachable!("the sums of one plan are all of one kind"),
        }
        Ok(())
    }

    /// Adds to the sums of the n-gram that was pushed last.
    ///
    /// # Errors
    /// [`TableError::Overflow`] or [`TableError::TooManyYears`].
    pub(crate) fn add_to_last(&mut self, sums: NgramSums<'_>) -> Result<(), TableError> {
        match (&mut self.values, sums) {
            (SumValues::AllYears(values), NgramSums::AllYears(sums)) => {
                let first = values.len() - self.width;
                for (index, (sum, amount)) in values[first..].iter_mut().zip(sums).enumerate() {
                    *sum = sum.checked_add(*amount).ok_or(TableError::Overflow { sum: index })?;
                }
                Ok(())
            }
            (SumValues::ByYear(store), NgramSums::ByYear(rows)) => store.merge_into_last(rows, self.width),
            _ => unreachable!("the sums of one plan are all of one kind"),
        }
    }

    /// Calls `visit` with each n-gram and its sums.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub(crate) fn visit<E>(
        &self,
        mut visit: impl FnMut(&[u8], NgramSums<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        (0..self.keys.len() as u32).try_for_each(|slot| visit(self.keys.get(slot), self.sums(slot)))
    }

    /// The sums of an n-gram.
    pub(crate) fn sums(&self, slot: u32) -> NgramSums<'_> {
        match &self.values {
            SumValues::AllYears(sums) => {
                NgramSums::AllYears(&sums[slot as usize * self.width..][..self.width])
            }
            SumValues::ByYear(store) => NgramSums::ByYear(store.get(slot)),
        }
    }

    /// The n-gram that was pushed last.
    pub(crate) fn last(&self) -> &[u8] {
        self.keys.len().checked_sub(1).map_or(&[], |last| self.keys.get(last as u32))
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
        if self.years_of_count.is_some() {
            return self.years_of_count;
        }
        let years = (0..self.keys.len() as u32).flat_map(|slot| self.years(slot));
        years
            .map(|(year, _)| (year, year))
            .reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
    }
}
