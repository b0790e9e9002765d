//! Row counter: counts the rows of one chunk.

use std::ops::ControlFlow;

use super::accumulator::{Accumulator, per_measure};
use super::key_filter::KeyFilter;
use crate::count::error::CountError;
use crate::count::partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
use crate::count::plan::{BadLines, Plan, Years};
use crate::record::{LineError, Record, v3};

/// Counts the rows of one chunk. Rows of one n-gram that follow each other are one run.
pub(crate) struct RowCounter<'m, 'a, A> {
    plan: &'m Plan,
    keys: &'m KeyFilter,
    years: Years,
    all_years: bool,
    accumulator: A,
    lines: LineTally,
    bad: Vec<BadLine>,
    run: RowRun<'a>,
    /// The error that ended the loop over the rows.
    outcome: Result<(), CountError>,
}

/// A run of rows of one n-gram. In a real file a run has one row for each year. The n-gram is filtered and looked up
/// once for the whole run.
struct RowRun<'a> {
    ngram: &'a [u8],
    /// The filter accepts the n-gram.
    accepted: bool,
    /// The filter accepts the n-gram in every year.
    every_year: bool,
    /// The key of the n-gram if it is not the n-gram itself.
    key: Option<Vec<u8>>,
    rows: u64,
    /// Rows that the filter rejects, by the n-gram or by the year.
    filtered: u64,
}

impl<'m, 'a, A: Accumulator> RowCounter<'m, 'a, A> {
    pub(crate) fn new(plan: &'m Plan, keys: &'m KeyFilter, accumulator: A) -> Self {
        Self {
            plan,
            keys,
            years: plan.filter.years,
            all_years: plan.filter.years == Years::ALL,
            accumulator,
            lines: LineTally::default(),
            bad: Vec::new(),
            run: RowRun { ngram: &[], accepted: false, every_year: false, key: None, rows: 0, filtered: 0 },
            outcome: Ok(()),
        }
    }

    #[expect(
        clippy::explicit_counter_loop,
        reason = "with the rows numbered by `zip` the loop takes a fifth longer"
    )]
    /// Counts rows up to the first that ends the count.
    pub(crate) fn add_rows(&mut self, rows: impl Iterator<Item = Result<Record<'a>, LineError>>) {
        let mut line = 0;
        for row in rows {
            let flow = match row {
                Ok(row) => self.add_row(row),
                Err(error) => self.bad_line(line, error),
            };
            if flow.is_break() {
                return;
            }
            line += 1;
        }
    }

    #[inline(always)]
    fn add_row(&mut self, row: Record<'a>) -> ControlFlow<()> {
        // For nearly all rows the address decides; see `v2::records`.
        if !std::ptr::eq(row.ngram, self.run.ngram) && self.change_run(row.ngram).is_break() {
            return ControlFlow::Break(());
        }
        self.run.rows += 1;
        if self.run.accepted && self.years.contains(row.year) {
            self.accumulator.add(row.year, per_measure(row.matches, row.volumes, row.pages, 1));
        } else {
            self.run.filtered += 1;
        }
        ControlFlow::Continue(())
    }

    /// Begins a run if the n-gram is another one. Called for one row of a hundred, and kept out of the loop of the others.
    #[inline(never)]
    fn change_run(&mut self, ngram: &'a [u8]) -> ControlFlow<()> {
        if ngram == self.run.ngram {
            return ControlFlow::Continue(());
        }
        let ended = self.end_run();
        self.begin_run(ngram);
        self.check(ended)
    }

    fn check(&mut self, outcome: Result<(), CountError>) -> ControlFlow<()> {
        match outcome {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.outcome = Err(error);
                ControlFlow::Break(())
            }
        }
    }

    #[inline(always)]
    fn begin_run(&mut self, ngram: &'a [u8]) {
        self.run =
            RowRun { ngram, accepted: true, every_year: self.all_years, key: None, rows: 0, filtered: 0 };
        if !self.keys.accepts_all {
            self.filter_run();
        }
    }

    #[inline(never)]
    fn filter_run(&mut self) {
        let mut scratch = Vec::new();
        let key = self.keys.key(self.run.ngram, &mut scratch);
        self.run.accepted = key.is_some();
        self.run.every_year &= self.run.accepted;
        self.run.key = key.filter(|key| *key != self.run.ngram).map(<[u8]>::to_vec);
    }

    fn end_run(&mut self) -> Result<(), CountError> {
        let RowRun { rows, filtered, .. } = self.run;
        self.lines.read += rows;
        self.lines.filtered += filtered;
        self.lines.counted += rows - filtered;
        if rows == filtered {
            return Ok(());
        }
        self.accumulator.commit(self.run.key.as_deref().unwrap_or(self.run.ngram))
    }

    /// The amount that an accepted year of a v3 line adds to the lines of its n-gram: 1 for the first year, then 0.
    #[inline(always)]
    fn lines_of_year(&mut self) -> u64 {
        let lines = u64::from(self.plan.separates_years() || self.run.filtered == 1);
        self.run.filtered = 0;
        lines
    }

    #[cold]
    fn bad_line(&mut self, line: u64, error: LineError) -> ControlFlow<()> {
        self.lines.read += 1;
        self.lines.bad += 1;
        match self.plan.bad_lines {
            BadLines::Fail => {
                self.bad = vec![BadLine { line, error }];
                ControlFlow::Break(())
            }
            BadLines::Skip => {
                if self.bad.len() < SHOWN_BAD_LINES {
                    self.bad.push(BadLine { line, error });
                }
                ControlFlow::Continue(())
            }
        }
    }

    /// The count of the rows so far.
    ///
    /// # Errors
    /// The error that ended the count, if any.
    pub(crate) fn finish(mut self) -> Result<Partial, CountError> {
        std::mem::replace(&mut self.outcome, Ok(()))?;
        self.end_run()?;
        Ok(self.accumulator.finish(self.lines, self.bad))
    }
}

/// A v3 line is a whole run. The line is counted if one of its years is.
impl<'a, A: Accumulator> v3::Visitor<'a> for RowCounter<'_, 'a, A> {
    const IN_ORDER: bool = A::IN_ORDER;

    #[inline(always)]
    fn begin(&mut self, ngram: &'a [u8]) {
        self.accumulator.discard();
        self.begin_run(ngram);
        (self.run.rows, self.run.filtered) = (1, 1);
    }

    #[inline(always)]
    fn year(&mut self, year: v3::Year) {
        if self.run.every_year || self.run.accepted && self.years.contains(year.year) {
            let lines = self.lines_of_year();
            self.accumulator.add(year.year, per_measure(year.matches, year.volumes, 0, lines));
        }
    }

    #[inline(always)]
    fn end(&mut self, line: u64, outcome: Result<(), LineError>) -> ControlFlow<()> {
        match outcome {
            Ok(()) => {
                let ended = self.end_run();
                (self.run.rows, self.run.filtered) = (0, 0);
                self.check(ended)
            }
            Err(error) => {
                self.accumulator.discard();
                (self.run.rows, self.run.filtered) = (0, 0);
                self.bad_line(line, error)
            }
        }
    }
}
