//! The executors by name.

use std::num::NonZeroUsize;
use std::str::FromStr;

use super::{Executor, Processes, Sequential, Supervision, Threads};
use crate::count::UnknownName;

/// Which executor does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Supervised copies of the program: a worker may die, the count stays exact.
    Processes,
    /// Threads of this process: no isolation, no pipes.
    Threads,
    /// One loop in the calling thread: the oracle that the others are compared with.
    Sequential,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Processes, Self::Threads, Self::Sequential];

    /// The name on the command line and in the statistics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::Sequential => "sequential",
        }
    }

    /// An executor of this kind with that many workers (`Sequential` has one, always). The rules are
    /// for processes.
    pub fn executor(self, workers: NonZeroUsize, rules: &Supervision) -> Box<dyn Executor> {
        match self {
            Self::Processes => Box::new(Processes::new(workers, rules.clone())),
            Self::Threads => Box::new(Threads::new(workers)),
            Self::Sequential => Box::new(Sequential),
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("executor", &Self::ALL, Self::name, name)
    }
}
