//! Process executor: supervised copies of this program map the chunks. The only place that knows both the counting
//! and the pool.
//!
//! Two ways to feed the workers: `pipe` sends them what the parent has read; with `split` they read for themselves.

mod input_order;
mod map_chunk;
mod map_split;
pub(super) mod pipe;
pub(super) mod reduce_range;
mod split;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::attempt_log::AttemptLog;
use super::{
    EarliestFailure, ExecError, ExecFailure, ExecStats, Executor, Feed, MissingWorkers, Reduction,
    Supervision,
};
use crate::count::Plan;
use crate::input::{CancelToken, Chunks, Place, SplitPlan, plan_splits, read_ahead};
use crate::pool::{self, Entry, OnPoison, Pool, PoolError, Task};

use map_chunk::MapChunk;
use map_split::MapSplit;
use pipe::OutstandingChunks;
use reduce_range::ReduceRange;
use split::{SplitFeed, SplitTracker};

/// Time between two checks for cancellation while workers are busy.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The tasks that worker processes run for a count.
///
/// A program with tasks of its own gives these and its own to one call of [`pool::serve_if_worker`].
pub const WORKER_TASKS: &[Entry] = &[MapChunk::ENTRY, MapSplit::ENTRY, ReduceRange::ENTRY];

/// Becomes a worker, and never returns, if this process was started as one. For a program without pool tasks of its own.
pub fn serve_if_worker() {
    pool::serve_if_worker(WORKER_TASKS);
}

/// Executor whose workers are processes.
#[derive(Debug)]
pub struct Processes {
    workers: NonZeroUsize,
    supervision: Supervision,
}

impl Processes {
    /// An executor with that many worker processes under this supervision.
    pub fn new(workers: NonZeroUsize, supervision: Supervision) -> Self {
        Self { workers, supervision }
    }

    fn pool(
        &self,
        plan: &Plan,
        in_flight_bytes: usize,
        log: Option<AttemptLog>,
        tracker: SplitTracker,
    ) -> Result<Pool, PoolError> {
        let workers = self.workers.get();
        // Two chunks a worker: one is mapped while the next one is already in its pipe.
        let builder = self
            .supervision
            .builder()
            .require(WORKER_TASKS)
            .workers(workers)
            .in_flight(2 * workers, in_flight_bytes);
        let builder = builder.share(plan)?.on_progress(move |report| tracker.update(report));
        match log {
            Some(log) => builder.on_attempt(move |attempt| log.append(attempt)),
            None => builder,
        }
        .build()
    }

    /// The splits in which the workers read the input, or `None` if it is to be piped.
    fn splits(&self, chunks: &mut Chunks) -> Result<Option<SplitPlan>, ExecError> {
        let workers = self.supervision.splits_for.unwrap_or(self.workers).get();
        match self.supervision.feed {
            Feed::Pipe => Ok(None),
            // A caller that asks for chunks of a number of lines wants them sent.
            Feed::Auto if !chunks.is_sized_automatically() => Ok(None),
            Feed::Auto => Ok(plan_splits(chunks, workers, false)),
            Feed::Split => {
                plan_splits(chunks, workers, true).map_or(Err(ExecError::CannotSplit), |plan| Ok(Some(plan)))
            }
        }
    }
}

impl Executor for Processes {
    fn run(
        &mut self,
        mut chunks: Chunks,
        plan: &Plan,
        cancel: &CancelToken,
        reduction: &mut dyn Reduction,
    ) -> Result<ExecStats, ExecFailure> {
        let open = |path: &PathBuf| {
            let file = (self.supervision.open_attempt_log)(path);
            file.map(AttemptLog::new).map_err(|error| ExecError::AttemptLog { path: path.clone(), error })
        };
        let log = self.supervision.attempt_log.as_ref().map(open).transpose()?;
        let control = chunks.control().clone();
        let tracker = SplitTracker::new(Arc::clone(&control.progress));
        let in_flight_bytes = reduction.in_flight_bytes();
        let pool = self.pool(plan, in_flight_bytes, log.clone(), tracker.clone()).map_err(ExecError::Pool)?;
        let skip_poison = self.supervision.on_poison == OnPoison::Skip;
        let mut failures = EarliestFailure::default();
        let flow = match self.splits(&mut chunks)? {
            Some(input) => {
                let (pool, workers, tracker, failures) = (&pool, self.workers.get(), &tracker, &mut failures);
                let indexes = &control.indexes;
                let mut feed = SplitFeed {
                    pool,
                    workers,
                    plan,
                    skip_poison,
                    tracker,
                    indexes,
                    cancel,
                    failures,
                    reduction,
                };
                let flow = feed.run(&input.splits);
                let unchanged = match failures.is_before(Place::END) {
                    true => Ok(()),
                    false => input.check_at_end(&control),
                };
                for error in unchanged.err().into_iter().chain(input.failure) {
                    failures.record(Place::END, error.into());
                }
                flow
            }
            None => thread::scope(|scope| {
                let ahead = read_ahead(scope, chunks, self.workers.get()).map_err(ExecError::NoThread)?;
                let mut outstanding = OutstandingChunks::new(plan, skip_poison);
                let flow = pipe::run(&pool, ahead, &mut outstanding, cancel, &mut failures, reduction);
                Ok::<_, ExecError>(flow)
            })?,
        };
        if flow.is_continue() && !failures.has_failed() {
            reduce_range::run(&pool, cancel, &mut failures, reduction);
        }
        let stats = pool.stats();
        // Measured while the workers still hold their part of it.
        let shared_memory = pool::shared_memory(None).unwrap_or(0);
        drop(pool);
        if let (Some(log), Some(path)) = (log, &self.supervision.attempt_log)
            && let Err(error) = log.close()
        {
            failures.record(Place::END, ExecError::AttemptLog { path: path.clone(), error });
        }
        match failures.into_inner() {
            Some((place, error)) => Err(ExecFailure { place, error }),
            None => Ok(ExecStats {
                workers: u32::try_from(stats.workers).unwrap_or(u32::MAX),
                missing_workers: MissingWorkers::of(&stats),
                restarts: stats.restarts,
                attempts: stats.attempts,
                retried: stats.retried,
                worker_peak_memory: stats.peak_memory.iter().sum(),
                shared_memory,
            }),
        }
    }
}
