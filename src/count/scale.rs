//! From sums to shares of a corpus and means over years.

use std::ops::RangeInclusive;

use super::answer::Order;
use super::error::CountError;
use super::filter::Years;
use super::finish::Counted;
use super::plan::{Measure, Plan};
use crate::record::totals::{Total, Totals};

/// Most years over which means are taken, each of them a row for every n-gram. A single mistyped year would
/// otherwise make billions of them.
pub const SMOOTHED_YEARS: u32 = 10_000;

/// Turns the sums of an n-gram into shares or means.
#[derive(Clone)]
pub(super) struct Scale<'a> {
    plan: &'a Plan,
    order: &'a Order,
    /// With smoothing, the years that every n-gram has.
    range: Option<RangeInclusive<u32>>,
    /// Of a share over all years: what is divided by, a number for each measure.
    whole: Vec<u128>,
    /// The rows of the n-gram at hand.
    pub years: Vec<u32>,
    pub values: Vec<f64>,
}

/// There is nothing to divide by. Of several such places the first one by the bytes of the n-gram is told, so that it
/// does not depend on the order in which n-grams came.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NoTotal {
    ngram: Vec<u8>,
    year: u32,
    measure: usize,
}

impl NoTotal {
    pub(super) fn error(self, plan: &Plan) -> CountError {
        let measure = plan.measures.iter().nth(self.measure).unwrap_or(Measure::Matches);
        CountError::NoTotal { ngram: self.ngram, year: self.year, measure }
    }
}

impl<'a> Scale<'a> {
    /// `None` if the sums stay what they are.
    /// `seen` finds the first and the last year of all n-grams.
    ///
    /// # Errors
    /// [`CountError::ManyYears`] if there would be too many rows.
    pub(super) fn new(
        plan: &'a Plan,
        order: &'a Order,
        seen: impl FnOnce() -> Option<(u32, u32)>,
    ) -> Result<Option<Self>, CountError> {
        if order.relative_to.is_none() && order.smoothing.is_none() {
            return Ok(None);
        }
        let years = plan.filter.years;
        let range = order.smoothing.map(|_| {
            let (first, last) = seen().unwrap_or((1, 0));
            let first = if years.first == Years::ALL.first { first } else { years.first };
            let last = if years.last == Years::ALL.last { last } else { years.last };
            first..=last
        });
        if let Some(range) =
            range.as_ref().filter(|range| range.end().saturating_sub(*range.start()) >= SMOOTHED_YEARS)
        {
            return Err(CountError::ManyYears { first: *range.start(), last: *range.end() });
        }
        let whole = order.relative_to.as_ref().map_or_else(Vec::new, |totals| {
            let whole =
                |measure| totals.range(years.range()).map(|(_, total)| u128::from(of(measure, total))).sum();
            plan.measures.iter().map(whole).collect()
        });
        Ok(Some(Self { plan, order, range, whole, years: Vec::new(), values: Vec::new() }))
    }

    /// Leaves the rows of an n-gram in `years` and `values`.
    pub(super) fn rows(&mut self, counted: &Counted, slot: u32) -> Result<(), NoTotal> {
        let width = self.plan.measures.count();
        let (mut years, mut sums) = (Vec::new(), Vec::new());
        for (year, here) in counted.years(slot, width) {
            years.push(year);
            sums.extend_from_slice(&here[..width]);
        }
        let (years, sums) = (&years[..], &sums[..]);
        self.years.clear();
        self.values.clear();
        if let Some(totals) = &self.order.relative_to {
            self.check_totals(totals, years, sums, counted.names.get(slot))?;
        }
        if !self.order.by_year {
            for (index, &whole) in self.whole.iter().enumerate() {
                let sum: u128 = sums.iter().skip(index).step_by(width).map(|&sum| u128::from(sum)).sum();
                self.values.push(if sum == 0 { 0.0 } else { sum as f64 / whole as f64 });
            }
            return Ok(());
        }
        let value = |row: usize, index: usize, measure| {
            let sum = sums[row * width + index];
            match &self.order.relative_to {
                _ if sum == 0 => 0.0,
                Some(totals) => {
                    sum as f64 / totals.get(&years[row]).map_or(0.0, |total| of(measure, total) as f64)
                }
                None => sum as f64,
            }
        };
        match &self.range {
            None => {
                self.years.extend_from_slice(years);
                for row in 0..years.len() {
                    self.values.extend(
                        self.plan
                            .measures
                            .iter()
                            .enumerate()
                            .map(|(index, measure)| value(row, index, measure)),
                    );
                }
            }
            Some(range) => {
                self.years.extend(range.clone());
                let span = self.years.len();
                self.values.resize(span * width, 0.0);
                let mut dense = vec![0.0; span];
                for (index, measure) in self.plan.measures.iter().enumerate() {
                    dense.fill(0.0);
                    for (row, year) in years.iter().enumerate().filter(|(_, year)| range.contains(year)) {
                        dense[(year - range.start()) as usize] = value(row, index, measure);
                    }
                    let reach = self.order.smoothing.unwrap_or(0) as usize;
                    for at in 0..span {
                        self.values[at * width + index] = mean(&dense, at, reach);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether there is something to divide by wherever something is to be divided.
    fn check_totals(
        &self,
        totals: &Totals,
        years: &[u32],
        sums: &[u64],
        ngram: &[u8],
    ) -> Result<(), NoTotal> {
        let width = self.plan.measures.count();
        for (&year, sums) in years.iter().zip(sums.chunks_exact(width)) {
            for (index, (measure, &sum)) in self.plan.measures.iter().zip(sums).enumerate() {
                if sum > 0 && totals.get(&year).is_none_or(|total| of(measure, total) == 0) {
                    return Err(NoTotal { ngram: ngram.to_vec(), year, measure: index });
                }
            }
        }
        Ok(())
    }
}

/// The mean of the value at `at` and of `reach` on both sides, of fewer at the ends: the smoothing of the Ngram Viewer
/// (<https://books.google.com/ngrams/info>).
fn mean(values: &[f64], at: usize, reach: usize) -> f64 {
    let window =
        &values[at.saturating_sub(reach)..values.len().min(at.saturating_add(reach).saturating_add(1))];
    window.iter().sum::<f64>() / window.len() as f64
}

fn of(measure: Measure, total: &Total) -> u64 {
    match measure {
        Measure::Matches => total.matches,
        Measure::Volumes => total.volumes,
        Measure::Pages => total.pages,
        Measure::Lines => 0,
    }
}
