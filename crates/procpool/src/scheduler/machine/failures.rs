//! Failures: exits of workers, retries, bisection of tasks, restart budget.

use std::time::Duration;

use super::{Scheduler, TaskState};
use crate::random::{mix, unit_fraction};
use crate::scheduler::slot::{HeldLease, SlotState, WorkerSlot};
use crate::scheduler::terms::{Action, GiveUpCause, KillReason, Policy, TaskId, WorkerId};

/// Pause between two attempts to start a worker in a slot that has spent its budget on starts that failed,
/// while other workers work.
pub(in crate::scheduler) const START_PAUSE: Duration = Duration::from_secs(1);

impl Scheduler {
    /// A worker has exited and was reaped. Everything that it had written has been reported before.
    pub fn worker_exited(&mut self, now: Duration, worker: WorkerId) {
        let Some(slot) = self.current_slot(worker) else { return };
        let state = std::mem::replace(&mut slot.state, SlotState::Empty);
        let mut leases = std::mem::take(&mut slot.leases);
        slot.crashed = !matches!(
            state,
            SlotState::Retiring { .. }
                | SlotState::BeingKilled(KillReason::Cancelled | KillReason::RetireTimeout)
        );
        let crashed = slot.crashed;

        let blamed = leases.pop_front_if(|held| held.begun && !held.exempt).map(|held| held.task);
        for HeldLease { task, .. } in leases.into_iter().rev() {
            if self.tasks.contains_key(&task) {
                self.queue.push_front(task);
            }
        }
        // If the worker was killed because its task was cancelled, the task no longer exists.
        let blamed = blamed.filter(|task| self.tasks.contains_key(task));
        match state {
            _ if !crashed => {}
            SlotState::Starting { .. } | SlotState::BeingKilled(KillReason::StartTimeout) => {
                self.count_failed_start(now, worker.slot);
            }
            // A bisection costs many deaths. Each leads to a smaller part, or to the end of one.
            _ if blamed.is_some_and(|task| self.tasks[&task].bisecting) => {}
            _ => self.count_death(now, worker.slot),
        }
        if let Some(task) = blamed {
            self.record_failure(now, task, worker.slot);
        }
        self.assign(now);
    }

    fn count_death(&mut self, now: Duration, index: usize) {
        let window = self.policy.restart_window;
        let deaths = &mut self.slots[index].deaths;
        deaths.push_back(now);
        while deaths.front().is_some_and(|&death| death.saturating_add(window) < now) {
            deaths.pop_front();
        }
        if !self.is_within_budget(&self.slots[index]) {
            self.give_up(now, index);
        }
    }

    /// A worker ended before its hello: a death like any other, except that the pool goes on with the workers
    /// that could be started. The slot tries again after a pause.
    fn count_failed_start(&mut self, now: Duration, index: usize) {
        let slot = &mut self.slots[index];
        // The retries of this slot waited for a fresh worker that did not come: any worker will do.
        let waiting = std::mem::take(&mut slot.retries);
        waiting.into_iter().for_each(|(_, task)| self.queue.push_front(task));
        // These deaths do not leave the window: starts that time out may be further apart than it is long.
        slot.deaths.push_back(now);
        let spent = !self.is_within_budget(&self.slots[index]);
        let pause = if spent { START_PAUSE } else { self.policy.backoff };
        self.slots[index].state = SlotState::Pausing { until: now.saturating_add(pause) };
        let in_use = |slot: &&WorkerSlot| slot.state != SlotState::Empty;
        if spent && !self.slots.iter().filter(in_use).any(|slot| self.is_within_budget(slot)) {
            self.give_up(now, index);
        }
    }

    pub(super) fn is_within_budget(&self, slot: &WorkerSlot) -> bool {
        slot.deaths.len() <= self.policy.max_restarts as usize
    }

    fn give_up(&mut self, now: Duration, index: usize) {
        let deaths = &self.slots[index].deaths;
        let took = now.saturating_sub(deaths.front().copied().unwrap_or(now));
        let window = self.policy.restart_window;
        let within = if took > window { Duration::from_secs(took.as_secs() + 1) } else { window };
        let cause = GiveUpCause::Restarts { deaths: deaths.len() as u32, within };
        self.actions.push_back(Action::GiveUp(cause));
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
                self.tasks.remove(&task);
                for half in halves.into_iter().rev() {
                    self.tasks.insert(half, TaskState { bisecting: true, ..TaskState::default() });
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
        let &TaskState { failures, failed_on, bisecting, .. } = &self.tasks[&task];
        let slot = &mut self.slots[failed_on];
        if failures > self.policy.retries {
            self.tasks.remove(&task);
            slot.deaths.clear();
            self.actions.push_back(Action::Poisoned(task, failures));
            return;
        }
        // A pause is for a task that may be innocent. A part is what is left of one that failed each time.
        let pause = if bisecting { Duration::ZERO } else { self.policy.pause(task, failures) };
        slot.retries.push((now.saturating_add(pause), task));
    }
}

impl Policy {
    /// The pause after this number of failures of a task.
    fn pause(&self, task: TaskId, failures: u32) -> Duration {
        let doubled = self.backoff.saturating_mul(1 << (failures - 1).min(10));
        let pause = doubled.as_secs_f64() * (0.5 + jitter(task, failures));
        Duration::try_from_secs_f64(pause).unwrap_or(Duration::MAX)
    }
}

/// A number from 0 to 1 that spreads the retries of tasks that failed together.
fn jitter(task: TaskId, failures: u32) -> f64 {
    unit_fraction(mix(task ^ (u64::from(failures) << 48)))
}
