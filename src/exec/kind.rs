//! Choice of an executor by name.

use std::num::NonZeroUsize;
use std::str::FromStr;

use super::{Executor, Processes, Sequential, Supervision, Threads};
use crate::count::UnknownName;

/// Kind of executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutorKind {
    /// Supervised copies of the program: a worker may die, the count stays exact.
    Processes,
    /// Threads of this process: no isolation, no pipes.
    Threads,
    /// One loop in the calling thread: the reference for the other two.
    Sequential,
}

impl ExecutorKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Processes, Self::Threads, Self::Sequential];

    /// The name, as in the statistics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::Sequential => "sequential",
        }
    }

    /// An executor of this kind with that many workers (`Sequential` always has one). Only processes are
    /// supervised.
    pub fn executor(self, workers: NonZeroUsize, supervision: &Supervision) -> Box<dyn Executor> {
        match self {
            Self::Processes => Box::new(Processes::new(workers, supervision.clone())),
            Self::Threads => Box::new(Threads::new(workers)),
            Self::Sequential => Box::new(Sequential),
        }
    }
}

impl FromStr for ExecutorKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("executor", &Self::ALL, Self::name, name)
    }
}
