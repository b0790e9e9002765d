//! Table of the sums of partial counts, over all years or by year.

use crate::count::answer::FinalSums;
use crate::count::error::CountError;
use crate::count::ngram_table::{NgramTable, NgramYearTable, TableError};
use crate::count::partial::{LineTally, Partial};
use crate::count::plan::Plan;

/// The sums of partial counts of one plan.
#[derive(Clone)]
pub(crate) enum SumTable {
    /// Sums over all years.
    AllYears(NgramTable),
    /// Sums by year.
    ByYear(NgramYearTable),
}

impl SumTable {
    pub(crate) fn new(plan: &Plan) -> Self {
        let width = plan.measures.count();
        match plan.by_year {
            false => Self::AllYears(NgramTable::with_width(width)),
            true => Self::ByYear(NgramYearTable::with_width(width)),
        }
    }

    /// Makes the table full with `limit` n-grams.
    #[cfg(test)]
    pub(crate) fn set_limit(&mut self, limit: usize) {
        match self {
            Self::AllYears(table) => table.set_limit(limit),
            Self::ByYear(table) => table.set_limit(limit),
        }
    }

    fn ngrams(&self) -> &NgramTable {
        match self {
            Self::AllYears(table) => table,
            Self::ByYear(table) => table.ngrams(),
        }
    }

    pub(crate) fn contains(&self, ngram: &[u8]) -> bool {
        self.ngrams().contains(ngram)
    }

    /// The number of different n-grams.
    pub(crate) fn len(&self) -> usize {
        self.ngrams().len()
    }

    /// The approximate memory of the table in bytes.
    pub(crate) fn memory_bytes(&self, plan: &Plan) -> usize {
        match self {
            Self::AllYears(table) => table.memory_bytes() + 8 * plan.measures.count() * table.len(),
            Self::ByYear(table) => table.memory_bytes(),
        }
    }

    /// The slot of `ngram`. A new n-gram is inserted with sums of 0.
    pub(crate) fn slot(&mut self, ngram: &[u8]) -> Result<u32, TableError> {
        match self {
            Self::AllYears(table) => table.slot(ngram),
            Self::ByYear(table) => table.slot(ngram),
        }
    }

    /// Adds all of a partial count.
    ///
    /// # Errors
    /// [`CountError::Damaged`] before anything is added if its arrays do not fit together or the plan. The error of
    /// the first n-gram that cannot be added.
    pub(crate) fn merge(&mut self, partial: &Partial, plan: &Plan) -> Result<(), CountError> {
        let measures = &plan.measures;
        match self {
            Self::AllYears(table) => table
                .add_many(partial.totals(measures.count())?)
                .map_err(|(ngram, error)| CountError::of_table(error, ngram, measures)),
            Self::ByYear(table) => {
                for (ngram, rows) in partial.year_rows(measures.count())? {
                    table.add(ngram, rows).map_err(|error| CountError::of_table(error, ngram, measures))?;
                }
                Ok(())
            }
        }
    }

    /// The sums as one partial count without lines.
    pub(crate) fn into_partial(self) -> Partial {
        match self {
            Self::AllYears(table) => Partial::of_table(table, LineTally::default(), Vec::new()),
            Self::ByYear(table) => Partial::of_year_table(table),
        }
    }

    pub(crate) fn into_final_sums(self, plan: &Plan) -> FinalSums {
        let width = plan.measures.count();
        match self {
            Self::AllYears(table) => FinalSums::of_table(table, width),
            Self::ByYear(table) => FinalSums::of_year_table(table, width),
        }
    }
}
