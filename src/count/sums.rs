use super::error::CountError;
use super::finish::Counted;
use super::partial::{LineTally, Partial};
use super::plan::Plan;
use super::series::Series;
use super::table::Table;

/// What partial counts add up to.
pub(super) enum Sums {
    /// All years of an n-gram together.
    Totals(Table),
    /// Each year by itself.
    ByYear(Series),
}

impl Sums {
    pub(super) fn new(plan: &Plan) -> Self {
        let width = plan.measures.count();
        match plan.by_year {
            false => Self::Totals(Table::with_width(width)),
            true => Self::ByYear(Series::with_width(width)),
        }
    }

    fn names(&self) -> &Table {
        match self {
            Self::Totals(table) => table,
            Self::ByYear(series) => series.names(),
        }
    }

    pub(super) fn contains(&self, ngram: &[u8]) -> bool {
        self.names().contains(ngram)
    }

    #[cfg(test)]
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
        let measures = &plan.measures;
        match self {
            Self::Totals(table) => table
                .add_many(partial.totals(measures.count())?)
                .map_err(|(ngram, sum)| CountError::overflow(ngram, measures)(sum)),
            Self::ByYear(series) => {
                for (ngram, years) in partial.series(measures.count())? {
                    series.add(ngram, years).map_err(CountError::overflow(ngram, measures))?;
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
