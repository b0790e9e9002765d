//! How worker processes are watched, and what happens to lines that kill them.

use std::path::PathBuf;
use std::time::Duration;

use crate::pool::{Chaos, OnPoison, Pool, PoolBuilder};

/// How the input comes to worker processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Feed {
    /// Split where that pays, piped otherwise.
    #[default]
    Auto,
    /// The parent reads, and sends chunks through pipes.
    Pipe,
    /// Workers read shares of the input themselves: whole packed files, ranges of plain ones.
    Split,
}

/// The rules for worker processes. The other executors have nothing to supervise.
#[derive(Debug, Clone)]
pub struct Supervision {
    /// How long a worker may take for a chunk; `None`: as long as it likes.
    pub task_timeout: Option<Duration>,
    /// How often a chunk is tried again after it crashed its worker.
    pub retries: u32,
    /// How many deaths without a finished chunk end the job, and within what time.
    pub max_restarts: (u32, Duration),
    /// Most bytes of address space of a worker.
    pub worker_memory: Option<u64>,
    /// After how many chunks a worker is replaced by a fresh one.
    pub max_tasks_per_worker: Option<u64>,
    /// What happens to lines that crash every worker that counts them.
    pub on_poison: OnPoison,
    /// Where each attempt leaves a line.
    pub ledger: Option<PathBuf>,
    /// Faults on purpose.
    pub chaos: Chaos,
    /// How the input comes to the workers.
    pub feed: Feed,
    /// Whether what workers write to stderr is passed on.
    pub echo_stderr: bool,
}

impl Default for Supervision {
    fn default() -> Self {
        Supervision {
            task_timeout: Some(Duration::from_secs(300)),
            retries: 2,
            max_restarts: (10, Duration::from_secs(10)),
            worker_memory: None,
            max_tasks_per_worker: None,
            on_poison: OnPoison::Fail,
            ledger: None,
            chaos: Chaos::default(),
            feed: Feed::Auto,
            echo_stderr: false,
        }
    }
}

impl Supervision {
    /// A pool under these rules, all but the ledger.
    pub(super) fn builder(&self) -> PoolBuilder {
        let (deaths, window) = self.max_restarts;
        Pool::builder()
            .task_timeout(self.task_timeout)
            .retries(self.retries)
            .max_restarts(deaths, window)
            .worker_memory(self.worker_memory)
            .max_tasks_per_worker(self.max_tasks_per_worker)
            .on_poison(self.on_poison)
            .chaos(self.chaos.clone())
            .echo_stderr(self.echo_stderr)
    }
}
