//! Supervision rules of worker processes.

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::count::UnknownName;
use crate::pool::{Chaos, OnPoison, Pool, PoolBuilder};

/// How input reaches the worker processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Feed {
    /// Split where that pays, piped otherwise.
    #[default]
    Auto,
    /// The parent reads, and sends chunks through pipes.
    Pipe,
    /// Workers read splits of the input themselves: whole packed files, ranges of plain ones.
    Split,
}

impl Feed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Pipe, Self::Split];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pipe => "pipe",
            Self::Split => "split",
        }
    }
}

impl FromStr for Feed {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("feed", &Self::ALL, Self::name, name)
    }
}

/// Supervision rules of worker processes. The other executors ignore them.
///
/// ```
/// let mut rules = ngramcount::exec::Supervision::default();
/// rules.retries = 0;
/// rules.worker_memory = Some(1 << 30);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Supervision {
    /// The program of the workers, whose `main` begins with [`serve_if_worker`](crate::serve_if_worker); `None`: this one. A
    /// `#[test]` has no `main` of its own, and can name `env!("CARGO_BIN_EXE_…")`.
    pub program: Option<PathBuf>,
    /// How long a worker may take for a chunk; `None`: without limit.
    pub task_timeout: Option<Duration>,
    /// How often a chunk is tried again after it crashed its worker.
    pub retries: u32,
    /// The number of restarts without a finished chunk that ends the job, and the time within which they count.
    pub max_restarts: (u32, Duration),
    /// Most bytes of address space of a worker.
    pub worker_memory: Option<u64>,
    /// After how many chunks a worker is replaced by a fresh one.
    pub max_tasks_per_worker: Option<u64>,
    /// What happens to lines that crash every worker that counts them.
    pub on_poison: OnPoison,
    /// File to which each attempt appends a line of JSON.
    pub attempt_log: Option<PathBuf>,
    /// How that file is opened when the run begins: [`File::create`] by default.
    pub open_attempt_log: fn(&Path) -> io::Result<File>,
    /// Injected faults.
    pub chaos: Chaos,
    /// How input reaches the workers.
    pub feed: Feed,
    /// The number of workers among which the input is divided; `None`: that of the executor. A count that goes on must find the
    /// parts of the input as they were.
    pub splits_for: Option<NonZeroUsize>,
    /// Whether what workers write to stderr is passed on.
    pub echo_stderr: bool,
}

impl Default for Supervision {
    fn default() -> Self {
        Supervision {
            program: None,
            task_timeout: Some(Duration::from_secs(300)),
            retries: 2,
            max_restarts: (10, Duration::from_secs(10)),
            worker_memory: None,
            max_tasks_per_worker: None,
            on_poison: OnPoison::Fail,
            attempt_log: None,
            open_attempt_log: |path| File::create(path),
            chaos: Chaos::default(),
            feed: Feed::Auto,
            splits_for: None,
            echo_stderr: false,
        }
    }
}

impl Supervision {
    /// A pool under these rules, without the attempt log.
    pub(super) fn builder(&self) -> PoolBuilder {
        let (deaths, window) = self.max_restarts;
        let builder = match &self.program {
            Some(program) => Pool::builder().program(program),
            None => Pool::builder(),
        };
        builder
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
