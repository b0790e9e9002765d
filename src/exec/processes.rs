//! Chunks mapped by supervised copies of this program: the one place that knows both the counting
//! and the pool.
//!
//! `pipe` sends the workers what the parent has read; `split` lets them read for themselves.

pub(super) mod pipe;
mod split;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::ledger::Ledger;
use super::{Effort, ExecError, Executor, Feed, Mapped, Supervision};
use crate::count::Plan;
use crate::input::{Chunks, Share, Watch};
use crate::pool::{self, Entry, OnPoison, Pool, PoolError, Task};

use pipe::{HandedOut, MapLines};
use split::{MapShare, Readings};

/// How often a request to stop is looked for while a worker is busy.
const ROUND: Duration = Duration::from_millis(100);
/// Most bytes of chunks in flight, so that chunks of many mebibytes do not add up.
const IN_FLIGHT_BYTES: usize = 256 << 20;

/// The tasks that worker processes run for a count.
///
/// A program with tasks of its own gives these and its own to one call of [`pool::serve_if_worker`].
pub const WORKER_TASKS: &[Entry] = &[MapLines::ENTRY, MapShare::ENTRY];

/// Becomes a worker, and never returns, if this process was started as one. For a program without pool tasks of its own.
pub fn serve_if_worker() {
    pool::serve_if_worker(WORKER_TASKS);
}

/// The executor whose workers are processes.
#[derive(Debug)]
pub struct Processes {
    workers: NonZeroUsize,
    rules: Supervision,
}

impl Processes {
    /// An executor with that many worker processes under these rules.
    pub fn new(workers: NonZeroUsize, rules: Supervision) -> Self {
        Self { workers, rules }
    }

    fn pool(&self, plan: &Plan, ledger: Option<Ledger>, readings: Readings) -> Result<Pool, PoolError> {
        let workers = self.workers.get();
        // Two chunks a worker: one is mapped while the next one is already in its pipe.
        let builder = self
            .rules
            .builder()
            .require(WORKER_TASKS)
            .workers(workers)
            .in_flight(2 * workers, IN_FLIGHT_BYTES);
        let builder = builder.share(plan)?.on_progress(move |report| readings.hear(report));
        match ledger {
            Some(ledger) => builder.on_attempt(move |attempt| ledger.enter(attempt)),
            None => builder,
        }
        .build()
    }

    /// The shares in which the workers read the input, or `None` if it is to be piped.
    fn shares(&self, chunks: &mut Chunks) -> Result<Option<Vec<Share>>, ExecError> {
        let workers = self.workers.get();
        match self.rules.feed {
            Feed::Pipe => Ok(None),
            // Whoever asks for chunks of so many lines wants to see them sent.
            Feed::Auto if !chunks.is_sized_to_suit() => Ok(None),
            // What is wrong with the beginning of a file is told when the reading comes there.
            Feed::Auto => Ok(chunks.share_out(workers, false).unwrap_or(None)),
            Feed::Split => match chunks.share_out(workers, true)? {
                None => Err(ExecError::CannotSplit),
                shares => Ok(shares),
            },
        }
    }
}

impl Executor for Processes {
    fn run(
        &mut self,
        mut chunks: Chunks,
        plan: &Plan,
        stop: &Watch,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<Effort, ExecError> {
        let open = |path: &PathBuf| {
            Ledger::create(path).map_err(|error| ExecError::Ledger { path: path.clone(), error })
        };
        let ledger = self.rules.ledger.as_ref().map(open).transpose()?;
        let readings = Readings::on(Arc::clone(chunks.watch()));
        let pool = self.pool(plan, ledger.clone(), readings.clone())?;
        let skip_poison = self.rules.on_poison == OnPoison::Skip;
        let mut first = First::default();
        match self.shares(&mut chunks)? {
            Some(shares) => split::run(&pool, shares, plan, skip_poison, &readings, &mut first, reduce),
            None => {
                let out = HandedOut::new(plan, skip_poison);
                pipe::run(&pool, self.workers.get(), chunks, out, stop, &mut first, reduce);
            }
        }
        let stats = pool.stats();
        // While the workers still hold their part of it.
        let shared_memory = pool::shared_memory(None).unwrap_or(0);
        drop(pool);
        if let (Some(ledger), Some(path)) = (ledger, &self.rules.ledger)
            && let Err(error) = ledger.close()
        {
            first.0.get_or_insert(ExecError::Ledger { path: path.clone(), error });
        }
        match first.0 {
            Some(error) => Err(error),
            None => Ok(Effort {
                workers: u32::try_from(stats.workers).unwrap_or(u32::MAX),
                restarts: stats.restarts,
                attempts: stats.attempts,
                retried: stats.retried,
                worker_peak_memory: stats.peak_memory.iter().sum(),
                shared_memory,
            }),
        }
    }
}

/// The failure that comes first in input order, of those seen so far.
#[derive(Debug, Default)]
pub(super) struct First(pub(super) Option<ExecError>);

impl First {
    fn note(&mut self, error: ExecError) {
        self.0 = Some(match self.0.take() {
            Some(first) => first.earlier(error),
            None => error,
        });
    }

    /// Whether something failed before this chunk, so that nobody asks for it any more.
    fn is_before(&self, chunk: u64) -> bool {
        self.0.as_ref().is_some_and(|error| error.chunk().is_some_and(|failed| failed < chunk))
    }
}
