//! Errors of a pool: a task without an output, a pool that cannot be built, a pool that gave up.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::crash::Crash;
use crate::scheduler::GiveUpCause;
use crate::task::TaskError;
use crate::wire::FrameError;

/// Reason why a task has no output.
///
/// ```
/// use procpool::{Failure, Task, TaskError, ThreadPool};
///
/// struct Parse;
/// impl Task for Parse {
///     const NAME: &'static str = "parse";
///     type Input = String;
///     type Output = u64;
///     fn run(text: String) -> Result<u64, TaskError> {
///         Ok(text.parse()?)
///     }
/// }
/// let pool = ThreadPool::builder().workers(1).build()?;
/// let failure = pool.apply::<Parse>("x".into()).unwrap_err();
/// assert!(matches!(failure, Failure::Task(_)));
/// assert_eq!(failure.to_string(), "invalid digit found in string");
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The task returned an error. The worker survived.
    #[error("{0}")]
    Task(TaskError),
    /// Every attempt crashed its worker or panicked.
    #[error("crashed {attempts} {}: {last}", if *attempts == 1 { "worker" } else { "workers" })]
    Crashed {
        /// The number of attempts.
        attempts: u32,
        /// The end of the last attempt.
        last: Box<Crash>,
    },
    /// The task was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The result was taken from the handle before.
    #[error("the result has been taken already")]
    Taken,
    /// The pool was dropped, or stopped, before the task ended.
    #[error("the pool was stopped")]
    Stopped,
    /// The pool gave up before the task ended.
    #[error("{0}")]
    GaveUp(Arc<GaveUp>),
    /// The output is larger than 16 GiB, or than the memory that the parent has for it.
    #[error("its result of {bytes} bytes is too large to be received")]
    ResultTooLarge {
        /// Size of the encoded output.
        bytes: u64,
    },
    /// The input or the output cannot be sent through a pipe.
    #[error(transparent)]
    Wire(#[from] FrameError),
}

/// Reason why a pool cannot be built.
///
/// ```
/// use procpool::{Pool, PoolError};
///
/// // This program does not call serve_if_worker.
/// assert!(matches!(Pool::builder().build(), Err(PoolError::NotServing)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// `main` has not called [`serve_if_worker`](crate::serve_if_worker), so copies of this program cannot
    /// become workers.
    #[error(
        "serve_if_worker was not called: main has to begin with it, or copies of this program cannot become workers; \
         for a #[test], see PoolBuilder::program"
    )]
    NotServing,
    /// Another thread than that of `main` has called [`serve_if_worker`](crate::serve_if_worker), such as a `#[test]`.
    /// A copy of this program runs `main`, which would do something else. See
    /// [`PoolBuilder::program`](crate::PoolBuilder::program).
    #[error(
        "serve_if_worker was called on the thread `{thread}`: main has to begin with it, or copies of this program cannot \
         become workers; for a #[test], see PoolBuilder::program"
    )]
    NotMain {
        /// The name of the thread; that of a `#[test]` has the name of the test.
        thread: String,
    },
    /// The tasks that `main` gave to [`serve_if_worker`](crate::serve_if_worker) do not include one that the
    /// pool requires.
    #[error("serve_if_worker does not list the task `{name}`")]
    TaskNotServed {
        /// The name of the task.
        name: &'static str,
    },
    /// This process is itself a worker: its `main` did not begin with
    /// [`serve_if_worker`](crate::serve_if_worker), or a task wants a pool of processes of its own. Without
    /// this check workers would start workers without end.
    #[error(
        "this process is a pool worker: a task cannot have a pool of its own, and main has to begin with serve_if_worker"
    )]
    Nested,
    /// The operating system refused a thread or a pipe.
    #[error("cannot set up the pool: {0}")]
    Io(io::Error),
    /// The shared value cannot be encoded.
    #[error("the shared value: {0}")]
    Share(FrameError),
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self::Task(error)
    }
}

// By hand and not as `#[from]` sources: the message contains the cause, and a program that prints the chain of
// causes would print it twice.

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

/// End of a pool that cannot continue.
///
/// ```
/// use std::time::Duration;
/// use procpool::{Failure, Pool, Task, TaskError};
///
/// struct Leave;
/// impl Task for Leave {
///     const NAME: &'static str = "leave";
///     type Input = i32;
///     type Output = ();
///     fn run(code: i32) -> Result<(), TaskError> {
///         std::process::exit(code)
///     }
/// }
/// procpool::serve_if_worker(&[Leave::ENTRY]);
/// let pool = Pool::builder().workers(1).max_restarts(0, Duration::from_secs(10)).echo_stderr(false).build()?;
/// let Err(Failure::GaveUp(why)) = pool.apply::<Leave>(9) else { panic!() };
/// assert!(why.to_string().ends_with("without finishing a task: exited with code 9"), "{why}");
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub struct GaveUp {
    /// The cause.
    pub cause: GiveUpCause,
    /// The last crash.
    pub last: Option<Crash>,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GiveUpCause::Restarts { deaths, within } = self.cause;
        let within = within.as_secs_f64();
        write!(f, "gave up: a worker died {deaths} times within {within} s without finishing a task")?;
        match &self.last {
            Some(crash) => write!(f, ": {crash}"),
            None => Ok(()),
        }
    }
}

/// The failure of a task that workers do not know.
pub(crate) fn unknown_task(name: &str) -> Failure {
    let error = format!("the task `{name}` is not among those that main gives to serve_if_worker");
    Failure::Task(TaskError::new(error))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    /// The message of a program that prints an error with its causes.
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
    fn no_message_contains_its_cause_twice() {
        let full = || io::Error::other("full");
        assert_eq!(chain(&PoolError::from(full())), "cannot set up the pool: full");
        let long = || FrameError::Payload("short".into());
        for error in [chain(&PoolError::from(long())), chain(&Failure::from(long()))] {
            assert_eq!(error.matches(&long().to_string()).count(), 1, "{error}");
        }
        assert_eq!(chain(&Failure::from(TaskError::new("odd"))), "odd");
    }
}
