//! Test harness: a scheduler with a fake clock and short names for its events.

pub(super) use std::collections::{HashMap, VecDeque};
pub(super) use std::time::Duration;

pub(super) use crate::scheduler::machine::{START_PAUSE, Scheduler};
pub(super) use crate::scheduler::terms::*;

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn policy(workers: usize) -> Policy {
    Policy {
        workers,
        leases_per_worker: 2,
        short_in_a_row: 1,
        retries: 2,
        max_restarts: 3,
        restart_window: 10 * SECOND,
        start_timeout: 5 * SECOND,
        task_timeout: Some(60 * SECOND),
        max_tasks_per_worker: None,
        backoff: 10 * MS,
    }
}

/// A scheduler with a fake clock.
pub(super) struct Harness {
    pub scheduler: Scheduler,
    pub now: Duration,
}

impl Harness {
    pub fn new(policy: Policy) -> Self {
        Harness { scheduler: Scheduler::new(policy), now: Duration::ZERO }
    }

    /// A harness in which every slot has an idle worker that has answered a short task. So busy workers get
    /// a second lease. The warm-up uses the task ids from 1000.
    pub fn warm(policy: Policy) -> Self {
        let workers = policy.workers;
        let mut harness = Harness::new(policy);
        let warm_up: Vec<TaskId> = (1000..).take(workers).collect();
        warm_up.iter().for_each(|&task| harness.submit(task));
        harness.actions();
        (0..workers).for_each(|slot| harness.ready(slot));
        let leases = harness.sent();
        assert_eq!(leases.len(), workers);
        for lease in leases {
            harness.begin(lease);
            harness.answer(lease);
        }
        harness.actions();
        harness
    }

    pub fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.scheduler.next_action()).collect()
    }

    /// The leases that are to be sent; other actions are dropped.
    pub fn sent(&mut self) -> Vec<Lease> {
        let lease = |action| if let Action::Send(lease) = action { Some(lease) } else { None };
        self.actions().into_iter().filter_map(lease).collect()
    }

    pub fn one_sent(&mut self) -> Lease {
        let leases = self.sent();
        assert_eq!(leases.len(), 1, "{leases:?}");
        leases[0]
    }

    pub fn worker(&self, slot: usize) -> WorkerId {
        WorkerId { slot, incarnation: self.scheduler.slots[slot].incarnation }
    }

    pub fn submit(&mut self, task: TaskId) {
        self.scheduler.submit(self.now, task);
    }

    pub fn ready(&mut self, slot: usize) {
        let worker = self.worker(slot);
        self.scheduler.worker_ready(self.now, worker).unwrap();
    }

    pub fn begin(&mut self, lease: Lease) {
        self.scheduler.attempt_began(self.now, lease.worker, lease.task, lease.attempt).unwrap();
    }

    pub fn end(&mut self, lease: Lease, how: AttemptEnd) {
        self.scheduler.attempt_ended(self.now, lease.worker, lease.task, lease.attempt, how).unwrap();
    }

    pub fn answer(&mut self, lease: Lease) {
        self.end(lease, AttemptEnd::Answered);
    }

    pub fn exit_worker(&mut self, slot: usize) {
        let worker = self.worker(slot);
        self.scheduler.worker_exited(self.now, worker);
    }

    /// Advances the clock to the next deadline.
    pub fn sleep(&mut self) {
        self.now = self.scheduler.deadline().expect("a deadline").max(self.now);
        self.scheduler.tick(self.now);
    }

    /// Submits a task to the only slot, starts a worker for it and begins the task.
    pub fn running(&mut self, task: TaskId) -> Lease {
        self.submit(task);
        if self.actions().iter().any(|action| matches!(action, Action::Spawn { .. })) {
            self.ready(0);
        } else {
            panic!("a fresh worker was expected");
        }
        let lease = self.one_sent();
        self.begin(lease);
        lease
    }

    /// Makes the next attempt at the only task: its fresh worker starts and begins it.
    pub fn next_attempt(&mut self) -> Lease {
        self.ready(0);
        let mut leases = self.sent();
        if leases.is_empty() {
            self.sleep();
            leases = self.sent();
        }
        self.begin(leases[0]);
        leases[0]
    }
}
