use foldhash::fast::RandomState;

use super::error::CountError;
use super::finish::Counted;
use super::partial::{LineTally, Partial};
use super::plan::Plan;
use super::series::Series;
use super::table::{Addend, Table, hash_of};

/// What partial counts add up to: the whole of it, or the share of one merging thread.
pub(super) enum Sums {
    /// All years of an n-gram together.
    Totals(Table),
    /// Each year by itself.
    ByYear(Series),
}

impl Sums {
    pub(super) fn new(plan: &Plan, hasher: RandomState) -> Self {
        let width = plan.measures.count();
        match plan.by_year {
            false => Self::Totals(Table::with_hasher(width, hasher)),
            true => Self::ByYear(Series::with_hasher(width, hasher)),
        }
    }

    fn names(&self) -> &Table {
        match self {
            Self::Totals(table) => table,
            Self::ByYear(series) => series.names(),
        }
    }

    pub(super) fn hasher(&self) -> &RandomState {
        self.names().hasher()
    }

    pub(super) fn contains(&self, ngram: &[u8]) -> bool {
        self.names().contains(ngram)
    }

    /// The number of different n-grams.
    pub(super) fn len(&self) -> usize {
        self.names().len()
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self, plan: &Plan) -> usize {
        match self {
            Self::Totals(table) => table.bytes() + 8 * plan.measures.count() * table.len(),
            Self::ByYear(series) => series.bytes(),
        }
    }

    /// The position of `ngram`, which comes in with sums of 0 if it is new.
    pub(super) fn slot(&mut self, ngram: &[u8]) -> u32 {
        match self {
            Self::Totals(table) => table.slot(ngram),
            Self::ByYear(series) => series.slot(ngram),
        }
    }

    /// Adds all of a partial count.
    pub(super) fn merge(&mut self, partial: &Partial, plan: &Plan) -> Result<(), CountError> {
        let hasher = self.hasher().clone();
        self.merge_some(partial, plan, |_, ngram| Some(hash_of(&hasher, ngram))).map_err(|(_, error)| error)
    }

    /// Adds those n-grams of a partial count of which `hash`, asked for each with its position, gives the hash.
    ///
    /// # Errors
    /// With the position of the n-gram.
    pub(super) fn merge_some(
        &mut self,
        partial: &Partial,
        plan: &Plan,
        hash: impl Fn(usize, &[u8]) -> Option<u64>,
    ) -> Result<(), (usize, CountError)> {
        let measures = &plan.measures;
        let damaged = |error| (0, error);
        match self {
            Self::Totals(table) => {
                let items = partial.totals(measures.count()).map_err(damaged)?.enumerate();
                let items = items.filter_map(|(at, (ngram, sums))| {
                    Some(Addend { at, hash: hash(at, ngram)?, ngram, sums })
                });
                table
                    .add_many(items)
                    .map_err(|(item, sum)| (item.at, CountError::overflow(item.ngram, measures)(sum)))
            }
            Self::ByYear(series) => {
                let items = partial.series(measures.count()).map_err(damaged)?.enumerate();
                for (at, (ngram, years)) in items {
                    if let Some(hash) = hash(at, ngram) {
                        series
                            .add_hashed(hash, ngram, years)
                            .map_err(|sum| (at, CountError::overflow(ngram, measures)(sum)))?;
                    }
                }
                Ok(())
            }
        }
    }

    /// The sums as one partial count of no lines.
    pub(super) fn into_partial(self) -> Partial {
        match self {
            Self::Totals(table) => Partial::of_table(table, LineTally::default(), Vec::new()),
            Self::ByYear(series) => Partial::of_series(series),
        }
    }

    pub(super) fn into_counted(self) -> Counted {
        match self {
            Self::Totals(table) => Counted::totals(table),
            Self::ByYear(series) => Counted::by_year(series),
        }
    }
}
