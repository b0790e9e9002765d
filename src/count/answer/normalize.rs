//! Normalizer: relative frequencies and smoothing.

use std::ops::RangeInclusive;

use super::final_sums::FinalSums;
use super::options::AnswerOptions;
use crate::count::error::CountError;
use crate::count::plan::{Measure, Plan, Years};
use crate::record::totals::{Total, Totals};

/// The most years of a smoothed answer, each of which is a row of every n-gram. Without the limit a single mistyped year
/// would make billions of rows.
pub const MAX_SMOOTHED_YEARS: u32 = 10_000;

/// Turns the sums of one n-gram after another into relative frequencies or means.
pub(crate) struct Normalizer<'a> {
    plan: &'a Plan,
    order: &'a AnswerOptions,
    /// With smoothing, the years that every n-gram has.
    smoothed_years: Option<RangeInclusive<u32>>,
    /// The totals over all years, one for each measure.
    corpus_totals: Vec<u128>,
    /// The years of the rows of the current n-gram; empty if there is one row without a year.
    pub years: Vec<u32>,
    /// The numbers of its rows, one for each measure.
    pub values: Vec<f64>,
}

/// A year of an n-gram for which there is no total. Ordered by the bytes of the n-gram.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MissingTotal {
    ngram: Vec<u8>,
    year: u32,
    measure: usize,
}

impl<'a> Normalizer<'a> {
    /// A normalizer for `order`; `None` if the answer has the sums themselves. `year_range` computes the first and the
    /// last year of all n-grams.
    ///
    /// # Errors
    /// [`CountError::ManyYears`] if there would be too many rows.
    pub(crate) fn new(
        plan: &'a Plan,
        order: &'a AnswerOptions,
        year_range: impl FnOnce() -> Option<(u32, u32)>,
    ) -> Result<Option<Self>, CountError> {
        if order.relative_to.is_none() && order.smoothing.is_none() {
            return Ok(None);
        }
        let years = plan.filter.years;
        let smoothed_years = order.smoothing.map(|_| {
            let (first, last) = year_range().unwrap_or((1, 0));
            let first = if years.first == Years::ALL.first { first } else { years.first };
            let last = if years.last == Years::ALL.last { last } else { years.last };
            first..=last
        });
        if let Some(range) = smoothed_years
            .as_ref()
            .filter(|range| range.end().saturating_sub(*range.start()) >= MAX_SMOOTHED_YEARS)
        {
            return Err(CountError::ManyYears { first: *range.start(), last: *range.end() });
        }
        let corpus_totals = order.relative_to.as_ref().map_or_else(Vec::new, |totals| {
            let sum = |measure| {
                totals.range(years.range()).map(|(_, total)| u128::from(total_of(measure, total))).sum()
            };
            plan.measures.iter().map(sum).collect()
        });
        Ok(Some(Self { plan, order, smoothed_years, corpus_totals, years: Vec::new(), values: Vec::new() }))
    }

    /// The error for a missing total.
    pub(crate) fn error(&self, missing: MissingTotal) -> CountError {
        let measure = self.plan.measures.iter().nth(missing.measure).unwrap_or(Measure::Matches);
        CountError::NoTotal { ngram: missing.ngram, year: missing.year, measure }
    }

    /// Computes the rows of an n-gram into `years` and `values`.
    ///
    /// # Errors
    /// The first year without a total, in an answer relative to totals.
    pub(crate) fn compute(&mut self, final_sums: &FinalSums, slot: u32) -> Result<(), MissingTotal> {
        let width = self.plan.measures.count();
        let (mut years, mut sums) = (Vec::new(), Vec::new());
        for (year, here) in final_sums.years(slot) {
            years.push(year);
            sums.extend_from_slice(&here[..width]);
        }
        let (years, sums) = (&years[..], &sums[..]);
        self.years.clear();
        self.values.clear();
        if let Some(totals) = &self.order.relative_to {
            self.check_totals(totals, years, sums, final_sums.keys.get(slot))?;
        }
        if !self.order.by_year {
            for (index, &total) in self.corpus_totals.iter().enumerate() {
                let sum: u128 = sums.iter().skip(index).step_by(width).map(|&sum| u128::from(sum)).sum();
                self.values.push(if sum == 0 { 0.0 } else { sum as f64 / total as f64 });
            }
            return Ok(());
        }
        let value = |row: usize, index: usize, measure| {
            let sum = sums[row * width + index];
            match &self.order.relative_to {
                _ if sum == 0 => 0.0,
                Some(totals) => {
                    sum as f64 / totals.get(&years[row]).map_or(0.0, |total| total_of(measure, total) as f64)
                }
                None => sum as f64,
            }
        };
        match &self.smoothed_years {
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
                let len = self.years.len();
                self.values.resize(len * width, 0.0);
                let mut dense = vec![0.0; len];
                for (index, measure) in self.plan.measures.iter().enumerate() {
                    dense.fill(0.0);
                    for (row, year) in years.iter().enumerate().filter(|(_, year)| range.contains(year)) {
                        dense[(year - range.start()) as usize] = value(row, index, measure);
                    }
                    let reach = self.order.smoothing.unwrap_or(0) as usize;
                    for at in 0..len {
                        self.values[at * width + index] = mean(&dense, at, reach);
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks that there is a total for every sum that is not 0.
    fn check_totals(
        &self,
        totals: &Totals,
        years: &[u32],
        sums: &[u64],
        ngram: &[u8],
    ) -> Result<(), MissingTotal> {
        let width = self.plan.measures.count();
        for (&year, sums) in years.iter().zip(sums.chunks_exact(width)) {
            for (index, (measure, &sum)) in self.plan.measures.iter().zip(sums).enumerate() {
                if sum > 0 && totals.get(&year).is_none_or(|total| total_of(measure, total) == 0) {
                    return Err(MissingTotal { ngram: ngram.to_vec(), year, measure: index });
                }
            }
        }
        Ok(())
    }
}

/// The mean of the value at `at` and of `reach` values on both sides, or of fewer at the ends. This is the smoothing of
/// the Ngram Viewer (<https://books.google.com/ngrams/info>).
fn mean(values: &[f64], at: usize, reach: usize) -> f64 {
    let window =
        &values[at.saturating_sub(reach)..values.len().min(at.saturating_add(reach).saturating_add(1))];
    window.iter().sum::<f64>() / window.len() as f64
}

fn total_of(measure: Measure, total: &Total) -> u64 {
    match measure {
        Measure::Matches => total.matches,
        Measure::Volumes => total.volumes,
        Measure::Pages => total.pages,
        Measure::Lines | Measure::Documents => 0,
    }
}
