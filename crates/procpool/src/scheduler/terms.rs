//! Types that the scheduler and the supervisor exchange: policy, leases, events and actions.

use std::time::Duration;

/// Id of a task, or of a part of a task that was bisected. Never reused within a pool.
pub(crate) type TaskId = u64;

/// Rules of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// Worker slots.
    pub workers: usize,
    /// Most leases that one worker holds at a time. The first one runs, the others wait in its pipe.
    pub leases_per_worker: usize,
    /// Number of consecutive short tasks after which a worker may hold more than one lease.
    pub short_in_a_row: u32,
    /// Attempts after the first one for a task that crashed its worker or panicked.
    pub retries: u32,
    /// Most deaths of a slot within `restart_window` without progress.
    pub max_restarts: u32,
    /// Sliding window of `max_restarts`.
    pub restart_window: Duration,
    /// Most time from the start of a worker to its hello.
    pub start_timeout: Duration,
    /// Most time of an attempt; `None` for no limit.
    pub task_timeout: Option<Duration>,
    /// Tasks after which a worker is replaced.
    pub max_tasks_per_worker: Option<u64>,
    /// Pause before the first retry of a task. It doubles with each retry, plus or minus half. Also the pause
    /// after a start that failed.
    pub backoff: Duration,
}

/// One incarnation of one worker slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct WorkerId {
    /// The slot, from 0.
    pub slot: usize,
    /// The number of the process in that slot, from 1.
    pub incarnation: u64,
}

/// Right of one worker to make one attempt at one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub task: TaskId,
    /// The attempt, from 1.
    pub attempt: u32,
    pub worker: WorkerId,
}

/// End of an attempt that the worker survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptEnd {
    /// The task returned an output or an error.
    Answered,
    /// The task panicked.
    Panicked,
}

/// Reason for which the scheduler has a worker killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KillReason {
    /// No hello within the start timeout.
    StartTimeout,
    /// An attempt took longer than the task timeout.
    TaskTimeout,
    /// The running task was cancelled.
    Cancelled,
    /// The worker was retired and did not exit.
    RetireTimeout,
}

/// Order to the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start a process in this slot. `again`: the last process of the slot crashed.
    Spawn { worker: WorkerId, again: bool },
    /// Write the task to the worker.
    Send(Lease),
    /// Kill the worker and report its exit.
    Kill(WorkerId, KillReason),
    /// Close the worker's input, so that it exits, and report its exit.
    Retire(WorkerId),
    /// Try to halve the input of this task and report with `Scheduler::bisected`.
    Bisect(TaskId),
    /// The task has an answer.
    Finish(TaskId),
    /// The task has used up this number of attempts.
    Poisoned(TaskId, u32),
    /// The task was cancelled.
    Cancelled(TaskId),
    /// The pool cannot continue.
    GiveUp(GiveUpCause),
}

/// Cause for which a pool gives up.
///
/// ```
/// use procpool::{Failure, GiveUpCause, Pool, Task, TaskError};
///
/// struct Square;
/// impl Task for Square {
///     const NAME: &'static str = "square";
///     type Input = u64;
///     type Output = u64;
///     fn run(n: u64) -> Result<u64, TaskError> {
///         Ok(n * n)
///     }
/// }
/// let pool = Pool::builder().program("/no/such/program").build()?;
/// match pool.apply::<Square>(3) {
///     Err(Failure::GaveUp(why)) => assert!(matches!(why.cause, GiveUpCause::Restarts { deaths: 11, .. })),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GiveUpCause {
    /// The workers of a slot died too often without progress.
    Restarts {
        /// The number of deaths, starts that failed among them.
        deaths: u32,
        /// The time in which they happened: the restart window, or longer if starts failed slowly.
        within: Duration,
    },
}

/// Message of a worker about a lease that it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a worker sent a message about a task that it does not hold")]
pub(crate) struct ProtocolViolation;
