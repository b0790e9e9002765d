//! The contract of an executor, and the values that pass through it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::error::{ExecError, ExecFailure};
use super::quarantine::QuarantinedLines;
use crate::count::{BadLines, Mapper, Partial, Plan};
use crate::input::{CancelToken, Chunk, Chunks, Origin, Split};
use crate::pool::PoolStats;
use crate::spill::{MapRules, ReduceOutput, ReduceTask, Run, SpillError, map_spilling};

/// Executor: turns chunks into partial counts, and runs the reduce tasks.
///
/// 1. Every chunk that is fed is mapped, and its result handed to the reduction exactly once, in any
///    order, always on the calling thread.
/// 2. Chunks are fed in input order. After the first failure (a break from the reduction, a chunk that
///    cannot be mapped, an input error) none is fed that comes *behind* it in the input, but all that comes
///    *before* it is still mapped and handed to the reduction. So the caller can report the earliest failure,
///    whichever executor it chose.
/// 3. What is in flight is bounded: at most two chunks a worker.
/// 4. When all is mapped, without a failure, the tasks that the reduction asks for are run round by round. The result of each
///    is handed over exactly once.
pub trait Executor {
    /// Maps all of `chunks` by `plan` and hands each result to `reduction`, then runs its tasks.
    ///
    /// # Errors
    /// The failure that comes first in input order. A break from the reduction is not an error: it says that nothing behind
    /// this chunk is needed, and its reason stays with the caller.
    fn run(
        &mut self,
        chunks: Chunks,
        plan: &Plan,
        cancel: &CancelToken,
        reduction: &mut dyn Reduction,
    ) -> Result<ExecStats, ExecFailure>;
}

/// The receiver of what an executor maps. By default every count is sent, and there are no reduce tasks.
pub trait Reduction {
    /// Takes the partial count of a chunk. A break says that nothing behind the chunk is needed.
    fn merge(&mut self, mapped: Mapped) -> ControlFlow<()>;

    /// How the next chunk or split is mapped.
    ///
    /// # Errors
    /// No file can be made for runs.
    fn map_rules(&mut self) -> Result<MapRules, SpillError> {
        Ok(MapRules::SEND_ALL)
    }

    /// Tells that workers read these splits, and gives those that were counted before with their lines.
    ///
    /// # Errors
    /// The input was divided in another way then.
    fn begin_splits(&mut self, _splits: &[Split]) -> Result<BTreeMap<u64, u64>, SpillError> {
        Ok(BTreeMap::new())
    }

    /// Whether no chunk should be fed until all in flight are merged.
    fn wants_pause(&self) -> bool {
        false
    }

    /// Tells that all chunks before this place are merged, and none behind it. A break says that nothing more is needed.
    fn paused(&mut self, _next: Origin) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Most bytes of chunks in flight.
    fn in_flight_bytes(&self) -> usize {
        usize::MAX
    }

    /// Has large counts written as runs from now on, if that is possible. True if they are.
    fn start_spilling(&mut self) -> bool {
        false
    }

    /// The reduce tasks of the next round, none when all is done.
    ///
    /// # Errors
    /// A file cannot be written.
    fn next_tasks(&mut self) -> Result<Vec<ReduceTask>, SpillError> {
        Ok(Vec::new())
    }

    /// Takes the result of a reduce task. A break says that no other is needed.
    fn add_reduced(&mut self, _: ReduceOutput) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(Mapped) -> ControlFlow<()>> Reduction for F {
    fn merge(&mut self, mapped: Mapped) -> ControlFlow<()> {
        self(mapped)
    }
}

/// The partial counts of one chunk.
#[derive(Debug)]
pub struct Mapped {
    /// The chunk's number, from 0, in input order.
    pub chunk: u64,
    /// Provenance of the chunk.
    pub origin: Origin,
    /// Lines in the chunk, as the reader counted them.
    pub lines: u64,
    /// Their partial count.
    pub partial: Partial,
    /// The runs that the rest of it was written to.
    pub runs: Vec<Run>,
    /// Lines that had to be left out because no worker survived them.
    pub quarantined: Vec<QuarantinedLines>,
}

impl Mapped {
    /// Joins a chunk's provenance to the partial count of a worker, and checks the worker's accounting:
    /// every line that was handed out must be accounted for.
    ///
    /// # Errors
    /// [`ExecError::Unaccounted`] when the worker's sums are not the reader's.
    pub fn new(
        chunk: u64,
        origin: Origin,
        lines: u64,
        partial: Partial,
        runs: Vec<Run>,
        plan: &Plan,
    ) -> Result<Self, ExecError> {
        // Under `fail` a mapper stops at the first bad line, so the rest of the chunk is unread.
        let stopped_early = plan.bad_lines == BadLines::Fail && partial.lines.bad > 0;
        let all_read = partial.lines.read == lines || stopped_early;
        if !(all_read && partial.lines.is_balanced()) {
            return Err(ExecError::Unaccounted { chunk, handed_out: lines, accounted: partial.lines.read });
        }
        Ok(Self { chunk, origin, lines, partial, runs, quarantined: Vec::new() })
    }

    /// Maps one chunk in this thread.
    ///
    /// # Errors
    /// When a sum overflows, or a line of the chunk is not accounted for.
    pub fn map(chunk: &Chunk, mapper: &Mapper, plan: &Plan, rules: &MapRules) -> Result<Self, ExecError> {
        let (partial, runs) =
            map_spilling(mapper, chunk.origin.file, chunk.origin.format, &chunk.bytes, rules).map_err(
                |error| match error {
                    SpillError::Count(error) => ExecError::Count { chunk: chunk.id, error },
                    error => ExecError::Spill(error),
                },
            )?;
        Self::new(chunk.id, chunk.origin, chunk.lines, partial, runs, plan)
    }
}

/// Statistics of an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecStats {
    /// Number of workers.
    pub workers: u32,
    /// Those of them that were missing, if the system could not start all.
    pub missing_workers: Option<MissingWorkers>,
    /// Workers that were started in place of one that ended.
    pub restarts: u64,
    /// Times that a chunk was given to a worker.
    pub attempts: u64,
    /// Attempts that were lost and made again.
    pub retried: u64,
    /// Peak resident memory of the worker processes, in bytes, added up; 0 when they are threads. A page that several
    /// processes hold is divided among them.
    pub worker_peak_memory: u64,
    /// Bytes of the memory of this process that are counted to its workers and to others then.
    pub shared_memory: u64,
}

/// Workers that the system could not start. The others did the work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("only {started} of {wanted} workers could be started: {reason}")]
pub struct MissingWorkers {
    /// Most workers that there were at the same time.
    pub started: usize,
    /// The number of workers that was asked for.
    pub wanted: usize,
    /// The system's reason.
    pub reason: String,
}

impl MissingWorkers {
    pub(super) fn of(stats: &PoolStats) -> Option<Self> {
        let (started, wanted) = (stats.most_ready, stats.workers);
        let reason = stats.refusal.clone().filter(|_| started < wanted)?;
        Some(Self { started, wanted, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{Format, LineTally};

    fn mapped(lines: u64, tally: LineTally, bad_lines: BadLines) -> Result<Mapped, ExecError> {
        let origin = Origin { file: 0, first_line: 1, offset: 0, format: Format::V2 };
        let partial = Partial::of_lines(tally);
        let plan = Plan { bad_lines, ..Plan::default() };
        Mapped::new(3, origin, lines, partial, Vec::new(), &plan)
    }

    #[test]
    fn a_worker_accounts_for_every_line_that_it_was_given() {
        let tally = |read, counted, bad| LineTally { read, counted, bad, ..LineTally::default() };
        // (lines handed out, the worker's tally, treatment of bad lines, whether the tally is right)
        let cases = [
            (9, tally(9, 9, 0), BadLines::Fail, true),
            (9, tally(9, 8, 1), BadLines::Skip, true),
            (9, tally(4, 3, 1), BadLines::Fail, true),
            (9, tally(4, 3, 1), BadLines::Skip, false),
            (9, tally(8, 8, 0), BadLines::Fail, false),
            (9, tally(18, 18, 0), BadLines::Fail, false),
            (9, tally(9, 8, 0), BadLines::Skip, false),
        ];
        for (lines, tally, bad_lines, right) in cases {
            assert_eq!(mapped(lines, tally, bad_lines).is_ok(), right, "{tally:?}");
        }
    }
}
