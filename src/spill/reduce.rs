//! Reduce task: merges a range of n-grams of all runs, in a worker or in the calling thread.

use serde::{Deserialize, Serialize};

use super::error::SpillError;
use super::merge::{MergeOutput, merge};
use super::row_file::write_rows;
use super::run::Run;
use super::store::SpillTarget;
use super::writer::RunWriter;
use crate::count::{
    AnswerOptions, CountError, FinalSums, LineTally, Measure, NgramSums, Partial, Plan, RowLayout, RowPart,
    build_answer, first_ngrams, is_sorted_by_number,
};

/// Task: merges a range of n-grams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReduceTask {
    /// Its number.
    pub(super) number: u32,
    /// The parts of the runs that may hold n-grams of the range.
    pub(super) runs: Vec<Run>,
    pub(super) files: Vec<SpillTarget>,
    pub(super) low: Vec<u8>,
    pub(super) high: Option<Vec<u8>>,
    pub(super) plan: Plan,
    pub(super) wanted: Wanted,
    /// The file for what it writes.
    pub(super) target: SpillTarget,
}

/// What becomes of the merged n-grams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Wanted {
    /// One run.
    Run,
    /// Sorted rows, in a file. The years are the first and the last one of the whole count.
    Rows { order: AnswerOptions, years: Option<(u32, u32)> },
    /// The sums of the first n-grams.
    Top { order: AnswerOptions },
}

/// Result of a reduce task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReduceOutput {
    pub(super) number: u32,
    pub(super) merged: Merged,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Merged {
    Run(Run),
    Rows {
        part: RowPart,
        layout: RowLayout,
    },
    Top(Partial),
    /// The totals of the corpus lack a year.
    NoTotal {
        ngram: Vec<u8>,
        year: u32,
        measure: Measure,
    },
}

impl ReduceTask {
    /// Runs the task.
    ///
    /// # Errors
    /// [`SpillError`].
    pub fn run(self) -> Result<ReduceOutput, SpillError> {
        let Self { number, runs, files, low, high, plan, wanted, target } = self;
        let high = high.as_deref();
        let merged = match wanted {
            Wanted::Run => {
                let mut output = RunOutput::new(RunWriter::create(&target)?, &plan);
                merge(runs, &files, &low, high, &plan, &mut output)?;
                Merged::Run(output.finish()?)
            }
            Wanted::Rows { order, years } => {
                let sums = merge_sums(runs, &files, &low, high, &plan, years)?;
                match build_answer(sums, None, LineTally::default(), &plan, &order) {
                    Ok(answer) => {
                        let (part, layout) = write_rows(&answer, is_sorted_by_number(&order), &target)?;
                        Merged::Rows { part, layout }
                    }
                    Err(CountError::NoTotal { ngram, year, measure }) => {
                        Merged::NoTotal { ngram, year, measure }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Wanted::Top { order } => {
                let sums = merge_sums(runs, &files, &low, high, &plan, None)?;
                Merged::Top(first_ngrams(&sums, &order)?)
            }
        };
        Ok(ReduceOutput { number, merged })
    }
}

/// The sums of all n-grams of a range, in memory.
fn merge_sums(
    runs: Vec<Run>,
    files: &[SpillTarget],
    low: &[u8],
    high: Option<&[u8]>,
    plan: &Plan,
    years: Option<(u32, u32)>,
) -> Result<FinalSums, SpillError> {
    let mut output = SumsOutput { sums: FinalSums::in_order(plan, years), plan };
    merge(runs, files, low, high, plan, &mut output)?;
    Ok(output.sums)
}

struct SumsOutput<'p> {
    sums: FinalSums,
    plan: &'p Plan,
}

impl MergeOutput for SumsOutput<'_> {
    #[inline]
    fn begin(&mut self, ngram: &[u8], sums: NgramSums<'_>) -> Result<(), SpillError> {
        let pushed = self.sums.push(ngram, sums);
        pushed.map_err(|error| CountError::of_table(error, ngram, &self.plan.measures).into())
    }

    #[inline]
    fn add(&mut self, sums: NgramSums<'_>) -> Result<(), SpillError> {
        let added = self.sums.add_to_last(sums);
        added.map_err(|error| CountError::of_table(error, self.sums.last(), &self.plan.measures).into())
    }
}

/// Writes merged n-grams as a run. It holds one n-gram, whose sums are complete when the next one begins.
struct RunOutput<'t> {
    writer: RunWriter<'t>,
    plan: &'t Plan,
    current: FinalSums,
}

impl<'t> RunOutput<'t> {
    fn new(writer: RunWriter<'t>, plan: &'t Plan) -> Self {
        Self { writer, plan, current: FinalSums::in_order(plan, None) }
    }

    fn flush(&mut self) -> Result<(), SpillError> {
        let done = std::mem::replace(&mut self.current, FinalSums::in_order(self.plan, None));
        done.visit(|ngram, sums| push(&mut self.writer, ngram, sums, self.plan))
    }

    fn finish(mut self) -> Result<Run, SpillError> {
        self.flush()?;
        self.writer.finish()
    }
}

impl MergeOutput for RunOutput<'_> {
    fn begin(&mut self, ngram: &[u8], sums: NgramSums<'_>) -> Result<(), SpillError> {
        if self.current.keys.len() >= BUFFERED_NGRAMS {
            self.flush()?;
        }
        let pushed = self.current.push(ngram, sums);
        pushed.map_err(|error| CountError::of_table(error, ngram, &self.plan.measures).into())
    }

    fn add(&mut self, sums: NgramSums<'_>) -> Result<(), SpillError> {
        let added = self.current.add_to_last(sums);
        added.map_err(|error| CountError::of_table(error, self.current.last(), &self.plan.measures).into())
    }
}

/// N-grams that are merged before they are written.
const BUFFERED_NGRAMS: usize = 1024;

/// Writes an n-gram and notes its years.
#[inline]
pub(super) fn push(
    writer: &mut RunWriter<'_>,
    ngram: &[u8],
    sums: NgramSums<'_>,
    plan: &Plan,
) -> Result<(), SpillError> {
    writer.add_years(sums, plan.measures.count());
    writer.push(ngram, sums)
}
