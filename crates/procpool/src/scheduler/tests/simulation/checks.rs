//! Checks of the simulation: what has to hold after each event, and at the end.

use super::*;

impl Simulation {
    /// A worker sends messages about leases that it does not hold. Each is an error and changes nothing.
    pub(super) fn send_invalid_messages(&mut self, pick: u16) {
        let slot = usize::from(pick) % self.workers.len();
        let task = 1 + TaskId::from(pick >> 4) % self.next_task;
        let attempt = u32::from(pick >> 12) % 4;
        let current = self.workers[slot].as_ref().map(|it| it.worker);
        let worker = current.filter(|_| pick & 8 == 0);
        let worker = worker.unwrap_or(WorkerId { slot, incarnation: u64::from(pick >> 8) });
        let it = self.workers[slot].as_ref().filter(|it| it.worker == worker);
        let first = it.and_then(|it| it.sent.front());
        let right = first.is_some_and(|lease| (lease.task, lease.attempt) == (task, attempt));
        let begun = it.is_some_and(|it| it.begun);
        let before = format!("{:?}", self.scheduler);
        if !right || begun {
            assert_eq!(self.scheduler.attempt_began(self.now, worker, task, attempt), Err(ProtocolViolation));
        }
        if !right || !begun {
            let how = if pick & 1 == 0 { AttemptEnd::Answered } else { AttemptEnd::Panicked };
            assert_eq!(
                self.scheduler.attempt_ended(self.now, worker, task, attempt, how),
                Err(ProtocolViolation)
            );
        }
        if it.is_none_or(|it| it.ready && it.kill_reason.is_none()) {
            assert_eq!(self.scheduler.worker_ready(self.now, worker), Err(ProtocolViolation));
        }
        assert_eq!(format!("{:?}", self.scheduler), before);
    }

    /// Checks what has to hold after each event.
    pub(super) fn check(&self) {
        let open = self.parts.keys().filter(|&&task| self.is_open(task)).count();
        assert_eq!(self.scheduler.tasks.len(), open);
        for (slot, it) in self.workers.iter().enumerate() {
            let held = &self.scheduler.slots[slot].leases;
            let sent = it.iter().flat_map(|it| &it.sent);
            assert!(held.iter().map(|held| held.task).eq(sent.map(|lease| lease.task)));
        }
        let most = self.policy.max_restarts;
        match self.gave_up {
            // Deaths before the window do not count. After starts that failed, the pool goes on with its other
            // workers.
            None if self.now < self.policy.restart_window => {
                let slots = self.deaths.iter().zip(&self.failed_start);
                assert!(slots.into_iter().all(|(&deaths, &failed_start)| deaths <= most || failed_start));
            }
            None => {}
            Some(GiveUpCause::Restarts { deaths, .. }) => {
                assert!(deaths > most);
                assert!(self.deaths.iter().any(|&counted| counted >= deaths));
            }
        }
    }

    /// Checks what has to hold after the last event.
    pub(super) fn check_final_state(&self) {
        assert_eq!(self.ends.len(), self.parts.len(), "every part has an end");
        let d = &self.scheduler;
        assert!(
            d.queue.is_empty() && d.slots.iter().all(|slot| slot.retries.is_empty()) && d.tasks.is_empty()
        );
        // A pipe may still hold a lease of a cancelled task, but no other lease.
        for lease in self.workers.iter().flatten().flat_map(|it| &it.sent) {
            assert_eq!(self.ends[&lease.task], PartEnd::Cancelled);
        }
        for (task, part) in &self.parts {
            let size = part.to - part.from;
            match self.ends[task] {
                PartEnd::Poisoned if self.spare_last_attempt => {
                    assert!(size == 1 && self.is_poison(*task), "{part:?} kills no worker");
                }
                PartEnd::Poisoned => assert_eq!(size, 1, "a poisoned part is not divisible"),
                PartEnd::Halved => assert!(size > 1),
                PartEnd::Cancelled => assert!(self.cancelled.contains(&part.origin)),
                PartEnd::Finished => {}
            }
        }
        // Each item of a task has exactly one end.
        for (task, root) in self.parts.iter().filter(|(task, part)| **task == part.origin) {
            let leaves = self
                .parts
                .iter()
                .filter(|(name, part)| part.origin == *task && self.ends[*name] != PartEnd::Halved);
            assert_eq!(leaves.map(|(_, part)| part.to - part.from).sum::<u32>(), root.to);
        }
    }
}
