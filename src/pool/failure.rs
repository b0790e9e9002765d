//! What a caller is told when a task has no output, or a pool no workers.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::frame::FrameError;
use super::task::TaskError;
use super::terms::GiveUp;

/// Why a task has no output.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The task itself returned an error. The worker lives on.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// Every attempt crashed its worker or panicked.
    #[error("crashed {attempts} {}: {last}", if *attempts == 1 { "worker" } else { "workers" })]
    Crashed {
        /// How many attempts there were.
        attempts: u32,
        /// How the last one ended.
        last: Box<Crash>,
    },
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The handle's result has been taken before.
    #[error("the result has been taken already")]
    Taken,
    /// The pool was dropped, or stopped, before the task ended.
    #[error("the pool was stopped")]
    Stopped,
    /// The pool gave up before the task ended.
    #[error("{0}")]
    GaveUp(Arc<GaveUp>),
    /// The input or the output cannot be sent through a pipe.
    #[error(transparent)]
    Wire(#[from] FrameError),
}

/// Why a pool cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// This process is itself a worker, and its `main` did not call
    /// [`serve_if_worker`](super::serve_if_worker) first. Without this check it would start workers
    /// that start workers.
    #[error(
        "this process is a pool worker: a task cannot have a pool of its own, and main has to begin with serve_if_worker"
    )]
    Nested,
    /// The operating system refused something that the pool needs before any worker is started.
    #[error("cannot set up the pool: {0}")]
    Io(io::Error),
    /// The shared value cannot be encoded.
    #[error("the shared value: {0}")]
    Share(FrameError),
}

// By hand and not as sources: the text says what they say, and who prints the chain of causes would say it twice.

impl From<io::Error> for PoolError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FrameError> for PoolError {
    fn from(error: FrameError) -> Self {
        Self::Share(error)
    }
}

/// The end of a pool that is beyond help.
#[derive(Debug, Clone, thiserror::Error)]
pub struct GaveUp {
    /// Which budget was spent.
    pub cause: GiveUp,
    /// The death that was one too many.
    pub last: Option<Crash>,
    /// The window in which restarts are counted.
    pub window: Duration,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            GiveUp::CannotStart => f.write_str("no worker can be started")?,
            GiveUp::Restarts { deaths } => {
                let window = self.window.as_secs_f64();
                write!(
                    f,
                    "gave up: a worker died {deaths} times within {window} s without finishing a task"
                )?;
            }
            GiveUp::Isolation { deaths } => write!(
                f,
                "gave up: {deaths} workers died one after the other in the search for the input that kills them"
            )?,
        }
        match &self.last {
            Some(crash) => write!(f, ": {crash}"),
            None => Ok(()),
        }
    }
}

/// One attempt, or one worker, that ended badly.
#[derive(Debug, Clone)]
pub struct Crash {
    /// How it ended.
    pub ending: Ending,
    /// The task that was running, if any.
    pub task: Option<u64>,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// The worker's slot, from 0.
    pub worker: usize,
    /// The worker's process id; 0 if there was no process.
    pub pid: u32,
    /// The last 8 KiB that the worker wrote to stderr.
    pub stderr: String,
}

impl fmt::Display for Crash {
    /// The ending, and the worker's last words if there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ending)?;
        // A backtrace is in the whole text, for those who want it.
        let frame = |line: &str| {
            line.starts_with("at ") || line.trim_start_matches(char::is_numeric).starts_with(": ")
        };
        let telling = |line: &&str| {
            !(line.is_empty() || line.starts_with("note: ") || *line == "stack backtrace:" || frame(line))
        };
        match self.stderr.lines().map(str::trim).rfind(telling) {
            Some(line) if !self.ending.quotes(line) => write!(f, "; its last words: {line}"),
            _ => Ok(()),
        }
    }
}

/// How an attempt, or a worker, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The task panicked; the worker lives on.
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The worker exited by itself.
    Exited {
        /// With this code.
        code: i32,
    },
    /// A signal ended the worker.
    Killed {
        /// Its number.
        signal: i32,
    },
    /// The attempt took too long and its worker was killed.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The worker wrote something that is no frame, or spoke out of turn.
    BrokenProtocol {
        /// What was wrong.
        what: String,
    },
    /// The worker ran out of memory.
    OutOfMemory {
        /// How we know.
        evidence: String,
    },
    /// The worker never came up.
    CouldNotStart {
        /// Why.
        reason: String,
    },
    /// The worker was killed because its task was cancelled.
    Cancelled,
}

impl Ending {
    /// One word for a table: `panicked`, `exited`, `killed`, `timed-out`, `broken-protocol`,
    /// `out-of-memory`, `could-not-start`, `cancelled`.
    pub fn name(&self) -> &'static str {
        match self {
            Ending::Panicked { .. } => "panicked",
            Ending::Exited { .. } => "exited",
            Ending::Killed { .. } => "killed",
            Ending::TimedOut { .. } => "timed-out",
            Ending::BrokenProtocol { .. } => "broken-protocol",
            Ending::OutOfMemory { .. } => "out-of-memory",
            Ending::CouldNotStart { .. } => "could-not-start",
            Ending::Cancelled => "cancelled",
        }
    }

    /// Whether the text already says what a line of stderr says.
    fn quotes(&self, line: &str) -> bool {
        match self {
            Ending::Panicked { .. } => true,
            Ending::OutOfMemory { evidence: text } | Ending::CouldNotStart { reason: text } => {
                text.contains(line)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Panicked { message } => write!(f, "panicked: {message}"),
            Ending::Exited { code } => write!(f, "exited with code {code}"),
            Ending::Killed { signal } => {
                let name = signal_hook::low_level::signal_name(*signal);
                write!(f, "signal {signal}, {}", name.unwrap_or("unnamed"))
            }
            Ending::TimedOut { limit } => write!(f, "no answer within {} s", limit.as_secs_f64()),
            Ending::BrokenProtocol { what } => write!(f, "broken protocol: {what}"),
            Ending::OutOfMemory { evidence } => write!(f, "out of memory: {evidence}"),
            Ending::CouldNotStart { reason } => write!(f, "could not start: {reason}"),
            Ending::Cancelled => f.write_str("cancelled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    /// What a program says that prints an error with its causes.
    fn chain(error: &dyn Error) -> String {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    }

    #[test]
    fn no_cause_is_told_twice() {
        let full = || io::Error::other("full");
        assert_eq!(chain(&PoolError::from(full())), "cannot set up the pool: full");
        let long = || FrameError::Payload("short".into());
        for error in [chain(&PoolError::from(long())), chain(&Failure::from(long()))] {
            assert_eq!(error.matches(&long().to_string()).count(), 1, "{error}");
        }
        assert_eq!(chain(&Failure::from(TaskError::new("odd"))), "odd");
    }
}
