//! State of a worker slot and of the leases that its worker holds.

use std::collections::VecDeque;
use std::time::Duration;

use super::terms::{KillReason, Policy, TaskId};

/// Time that a retired worker has to exit. A worker that runs kills itself sooner; one that is stopped
/// (SIGSTOP) would keep its slot without end.
const RETIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// State of the process in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotState {
    Empty,
    /// Empty, and the next worker is not started before.
    Pausing {
        until: Duration,
    },
    /// Started, no hello yet.
    Starting {
        since: Duration,
    },
    Ready,
    /// Its input is closed; it is about to exit.
    Retiring {
        since: Duration,
    },
    BeingKilled(KillReason),
}

/// A place for one worker, with a new incarnation after each exit.
#[derive(Debug)]
pub(super) struct WorkerSlot {
    pub state: SlotState,
    pub incarnation: u64,
    /// The last worker crashed.
    pub crashed: bool,
    /// In the order in which the worker runs them.
    pub leases: VecDeque<HeldLease>,
    /// Tasks that failed on this slot and wait here for their next attempt, each with the end of its pause.
    /// They precede all other tasks. So a fresh worker makes the attempt where the last worker died, and a
    /// slot whose workers die ends one task before it begins another.
    pub retries: Vec<(Duration, TaskId)>,
    /// The time at which the first lease became the first, or began.
    pub first_lease_since: Duration,
    /// Last progress report of the first lease.
    pub last_progress: Duration,
    /// Leases given to this incarnation.
    pub leases_given: u64,
    /// Deaths since the slot last made progress: since it ended a task, or found a part that kills.
    pub deaths: VecDeque<Duration>,
}

/// A lease as its worker's slot records it.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldLease {
    pub task: TaskId,
    pub attempt: u32,
    pub begun: bool,
    /// Begun when the worker was being killed for another reason: the death is not this task's fault.
    pub exempt: bool,
}

impl WorkerSlot {
    pub fn new() -> Self {
        WorkerSlot {
            state: SlotState::Empty,
            incarnation: 0,
            crashed: false,
            leases: VecDeque::new(),
            retries: Vec::new(),
            first_lease_since: Duration::ZERO,
            last_progress: Duration::ZERO,
            leases_given: 0,
            deaths: VecDeque::new(),
        }
    }

    pub fn is_idle(&self) -> bool {
        self.state == SlotState::Ready && self.leases.is_empty()
    }

    /// Whether the first lease is this attempt and has begun.
    pub fn is_running(&self, task: TaskId, attempt: u32) -> bool {
        let running = (task, attempt, true);
        self.leases.front().is_some_and(|held| (held.task, held.attempt, held.begun) == running)
    }

    /// The retry whose pause ends first, and when it ends.
    pub fn next_retry(&self) -> Option<(Duration, TaskId)> {
        self.retries.iter().copied().min()
    }

    /// The time at which the state ends if nothing happens: the worker is killed, or a pause is over.
    pub fn deadline(&self, policy: &Policy) -> Option<Duration> {
        match self.state {
            SlotState::Pausing { until } => Some(until),
            SlotState::Starting { since } => Some(since.saturating_add(policy.start_timeout)),
            SlotState::Retiring { since } => Some(since.saturating_add(RETIRE_TIMEOUT)),
            SlotState::Ready if !self.leases.is_empty() => {
                let since = self.first_lease_since.max(self.last_progress);
                policy.task_timeout.map(|limit| since.saturating_add(limit))
            }
            _ => None,
        }
    }
}
