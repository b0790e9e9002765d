//! Assignment: hands waiting tasks to workers and starts workers for the rest.

use std::cmp::Reverse;
use std::time::Duration;

use super::{SHORT_TASK, Scheduler};
use crate::scheduler::slot::{HeldLease, SlotState, WorkerSlot};
use crate::scheduler::terms::{Action, Lease, TaskId, WorkerId};

impl Scheduler {
    /// Hands waiting tasks to workers, and starts workers for the tasks that no worker can take.
    pub(super) fn assign(&mut self, now: Duration) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.is_idle()
                && let Some((until, task)) = slot.next_retry()
                && until <= now
            {
                slot.retries.retain(|&(_, retry)| retry != task);
                self.lease(now, index, task);
            }
        }
        while let Some(index) = self.choose_worker(now) {
            let Some(task) = self.queue.pop_front() else { break };
            self.lease(now, index, task);
        }
        self.spawn_for_demand(now);
    }

    fn lease(&mut self, now: Duration, index: usize, task: TaskId) {
        let slot = &mut self.slots[index];
        if slot.leases.is_empty() {
            slot.first_lease_since = now;
        }
        slot.leases_given += 1;
        let attempt = self.tasks[&task].failures + 1;
        slot.leases.push_back(HeldLease { task, attempt, begun: false, exempt: false });
        let worker = WorkerId { slot: index, incarnation: slot.incarnation };
        self.actions.push_back(Action::Send(Lease { task, attempt, worker }));
    }

    /// The worker for the next task of the queue: an idle one. A busy one only if tasks are short and more
    /// of them wait than workers are starting.
    fn choose_worker(&self, now: Duration) -> Option<usize> {
        let most = self.policy.max_tasks_per_worker.unwrap_or(u64::MAX);
        let open = |slot: &WorkerSlot| {
            slot.state == SlotState::Ready && slot.leases_given < most && slot.retries.is_empty()
        };
        let all = || self.slots.iter().enumerate().filter(|(_, slot)| open(slot));

        let idle = all().find(|(_, slot)| slot.leases.is_empty());
        if let Some((index, _)) = idle {
            return Some(index);
        }
        let starting =
            self.slots.iter().filter(|slot| matches!(slot.state, SlotState::Starting { .. })).count();
        if self.short_in_a_row < self.policy.short_in_a_row || self.queue.len() <= starting {
            return None;
        }
        // The worker that began last: its task is the least likely to be a long one.
        all()
            .filter(|(_, slot)| slot.leases.len() < self.policy.leases_per_worker)
            .filter(|(_, slot)| now.saturating_sub(slot.first_lease_since) < SHORT_TASK)
            .min_by_key(|(_, slot)| (slot.leases.len(), Reverse(slot.first_lease_since)))
            .map(|(index, _)| index)
    }

    /// Starts workers in empty slots: in each slot where a retry waits, and one for each task of the queue
    /// for which no worker is on its way.
    fn spawn_for_demand(&mut self, now: Duration) {
        let available = |slot: &&WorkerSlot| {
            let fresh = slot.is_idle() && slot.leases_given == 0;
            slot.retries.is_empty() && (matches!(slot.state, SlotState::Starting { .. }) || fresh)
        };
        let mut missing = self.queue.len().saturating_sub(self.slots.iter().filter(available).count());
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.state == SlotState::Empty && (missing > 0 || !slot.retries.is_empty()) {
                if slot.retries.is_empty() {
                    missing -= 1;
                }
                slot.state = SlotState::Starting { since: now };
                slot.incarnation += 1;
                slot.leases_given = 0;
                let worker = WorkerId { slot: index, incarnation: slot.incarnation };
                self.actions.push_back(Action::Spawn { worker, again: slot.crashed });
            }
        }
    }
}
