//! The words between the supervisor and its dispatcher: the rules of a pool, who holds what, what
//! happened to a worker, and what is to be done about it.

use std::time::Duration;

/// Names a task, or a part of one that was divided; never used twice.
pub type TaskId = u64;

/// The rules of a pool.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Worker slots.
    pub workers: usize,
    /// Most leases that one worker holds at a time; the first runs, the others wait in its pipe.
    pub leases_per_worker: usize,
    /// How many tasks in a row have to have been short before any worker holds more than one lease.
    pub short_in_a_row: u32,
    /// How often a task is tried again after it crashed its worker or panicked.
    pub retries: u32,
    /// How many deaths a slot may have within `restart_window` without finishing a task.
    pub max_restarts: u32,
    /// The sliding window of `max_restarts`.
    pub restart_window: Duration,
    /// How long a worker may take until its hello.
    pub start_timeout: Duration,
    /// How long an attempt may take.
    pub task_timeout: Option<Duration>,
    /// After how many tasks a worker is replaced by a fresh one.
    pub max_tasks_per_worker: Option<u64>,
    /// Pause before a task's first retry; doubles with each, give or take half.
    pub backoff: Duration,
}

/// One life of one worker slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Worker {
    /// The slot, from 0.
    pub slot: usize,
    /// Which life of the slot, from 1.
    pub incarnation: u64,
}

/// The right of one worker to make one attempt at one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The task.
    pub task: TaskId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Who has it.
    pub worker: Worker,
}

/// How an attempt ended that did not cost the worker its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an output or an error of the task's own: either is an answer.
    Answered,
    /// With a panic.
    Panicked,
}

/// How a worker was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// By a signal, which may come from anywhere.
    Signal,
    /// By its own doing: an exit, a refusal, a broken protocol.
    Own,
}

/// Why the dispatcher wants a worker dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentence {
    /// No hello within the start timeout.
    StartTimeout,
    /// An attempt took longer than the task timeout.
    TaskTimeout,
    /// The task that it runs is no longer wanted.
    Cancelled,
    /// It was let go and did not leave.
    Overstayed,
}

/// What the supervisor has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start a process in this slot; `again` if the slot's last life ended in a crash.
    Spawn { worker: Worker, again: bool },
    /// Write the task to the worker.
    Send(Lease),
    /// Kill the worker and report its death.
    Kill(Worker, Sentence),
    /// Close the worker's input, so that it leaves, and report its death.
    Retire(Worker),
    /// Try to divide this task's input, and report with `Dispatcher::halved`.
    Halve(TaskId),
    /// The task has its answer.
    Finish(TaskId),
    /// The task has used up its attempts, this many.
    Poisoned(TaskId, u32),
    /// The task was cancelled.
    Cancelled(TaskId),
    /// The pool is beyond help.
    GiveUp(GiveUp),
}

/// Why a pool gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// No worker ever said hello.
    CannotStart,
    /// A slot died `deaths` times in a row within the window without finishing a task.
    Restarts {
        /// How often.
        deaths: u32,
    },
    /// Dividing a task led to `deaths` deaths in a row without one part getting through.
    Isolation {
        /// How often.
        deaths: u32,
    },
}

/// A worker said something that it had no right to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a worker spoke of a task that it does not hold")]
pub struct OutOfTurn;
