//! Failures: exits of workers, retries, bisection of tasks, restart budget.

use std::time::Duration;

use super::{Scheduler, TaskState};
use crate::random::{mix, unit_fraction};
use crate::scheduler::slot::{HeldLease, SlotState};
use crate::scheduler::terms::{Action, ExitCause, GiveUpCause, KillReason, Policy, TaskId, WorkerId};

/// Most consecutive deaths in a bisection of which no part finishes. Any useful bisection needs fewer: one
/// a level, and an input has less than 2^64 parts. The limit ends a task of which every part kills.
pub(in crate::scheduler) const MAX_BISECTION_DEATHS: u32 = 128;

impl Scheduler {
    /// A worker has exited and was reaped. Everything that it had written has been reported before.
    pub fn worker_exited(&mut self, now: Duration, worker: WorkerId, cause: ExitCause) {
        let Some(slot) = self.current_slot(worker) else { return };
        let state = std::mem::replace(&mut slot.state, SlotState::Empty);
        let mut leases = std::mem::take(&mut slot.leases);
        let expected = matches!(
            state,
            SlotState::Retiring { .. }
                | SlotState::BeingKilled(KillReason::Cancelled | KillReason::RetireTimeout)
        );
        slot.crashed = !expected;

        let blamed = leases.pop_front_if(|held| held.begun && !held.exempt).map(|held| held.task);
        for HeldLease { task, .. } in leases.into_iter().rev() {
            if self.tasks.contains_key(&task) {
                self.queue.push_front(task);
            }
        }
        // If the worker was killed because its task was cancelled, the task no longer exists.
        let blamed = blamed.filter(|task| self.tasks.contains_key(task));
        if !expected {
            let (starting, own) = match state {
                SlotState::Starting { .. } => (true, cause == ExitCause::SelfInflicted),
                SlotState::BeingKilled(KillReason::StartTimeout) => (true, true),
                _ => (false, false),
            };
            if starting {
                // The retries of this slot waited for a fresh worker that did not come: any worker will do.
                let waiting = std::mem::take(&mut self.slots[worker.slot].retries);
                waiting.into_iter().for_each(|(_, task)| self.queue.push_front(task));
            }
            let origin = blamed.map(|task| self.tasks[&task].origin);
            if own && !self.ever_ready {
                self.actions.push_back(Action::GiveUp(GiveUpCause::CannotStart));
            } else if let Some(deaths) = origin.and_then(|origin| self.bisections.get_mut(&origin)) {
                *deaths += 1;
                if *deaths > MAX_BISECTION_DEATHS {
                    let deaths = *deaths;
                    self.actions.push_back(Action::GiveUp(GiveUpCause::Bisection { deaths }));
                }
            } else {
                self.count_death(now, worker.slot);
            }
        }
        if let Some(task) = blamed {
            self.record_failure(now, task, worker.slot);
        }
        self.assign(now);
    }

    fn count_death(&mut self, now: Duration, index: usize) {
        let Policy { max_restarts, restart_window, .. } = self.policy;
        let deaths = &mut self.slots[index].deaths;
        deaths.push_back(now);
        while deaths.front().is_some_and(|&death| death.saturating_add(restart_window) < now) {
            deaths.pop_front();
        }
        if deaths.len() > max_restarts as usize {
            let deaths = deaths.len() as u32;
            self.actions.push_back(Action::GiveUp(GiveUpCause::Restarts { deaths }));
        }
    }

    /// An attempt crashed its worker or panicked.
    pub(super) fn record_failure(&mut self, now: Duration, task: TaskId, slot: usize) {
        let Some(state) = self.tasks.get_mut(&task) else { return };
        state.failures += 1;
        state.failed_on = slot;
        if !state.indivisible && (state.bisecting || state.failures > self.policy.retries) {
            self.actions.push_back(Action::Bisect(task));
        } else {
            self.retry_or_fail(now, task);
        }
    }

    /// The answer to [`Action::Bisect`]: the ids of both halves, in order, if the input can be halved.
    pub fn bisected(&mut self, now: Duration, task: TaskId, halves: Option<[TaskId; 2]>) {
        let Some(state) = self.tasks.get_mut(&task) else { return };
        match halves {
            Some(halves) => {
                let origin = state.origin;
                self.tasks.remove(&task);
                self.bisections.entry(origin).or_insert(0);
                for half in halves.into_iter().rev() {
                    self.tasks.insert(half, TaskState { bisecting: true, ..TaskState::new(origin) });
                    self.queue.push_front(half);
                }
            }
            None => {
                state.indivisible = true;
                self.retry_or_fail(now, task);
            }
        }
        self.assign(now);
    }

    fn retry_or_fail(&mut self, now: Duration, task: TaskId) {
        let state = &self.tasks[&task];
        if state.failures > self.policy.retries {
            let (origin, failures) = (state.origin, state.failures);
            self.tasks.remove(&task);
            self.end_bisection_if_done(origin);
            self.actions.push_back(Action::Poisoned(task, failures));
        } else {
            let doubled = self.policy.backoff.saturating_mul(1 << (state.failures - 1).min(10));
            let pause = doubled.as_secs_f64() * (0.5 + jitter(task, state.failures));
            let pause = Duration::try_from_secs_f64(pause).unwrap_or(Duration::MAX);
            self.slots[state.failed_on].retries.push((now.saturating_add(pause), task));
        }
    }

    /// Forgets a bisection of which no part is left.
    pub(super) fn end_bisection_if_done(&mut self, origin: TaskId) {
        if self.bisections.contains_key(&origin) && !self.tasks.values().any(|state| state.origin == origin) {
            self.bisections.remove(&origin);
        }
    }
}

/// A number from 0 to 1 that spreads the retries of tasks that failed together.
fn jitter(task: TaskId, failures: u32) -> f64 {
    unit_fraction(mix(task ^ (u64::from(failures) << 48)))
}
