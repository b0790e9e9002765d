//! The state machine: its state, and the events of submissions, attempts and time.

mod assignment;
mod failures;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::slot::{SlotState, WorkerSlot};
use super::terms::{Action, AttemptEnd, KillReason, Lease, Policy, ProtocolViolation, TaskId, WorkerId};

#[cfg(test)]
pub(super) use failures::START_PAUSE;

/// If a number of consecutive tasks have been shorter than this, a worker gets two leases, so that its next
/// task is there when the last one ends. Otherwise it gets one: a short task would wait behind a long one
/// while other workers are idle.
const SHORT_TASK: Duration = Duration::from_millis(50);

/// A task, or a part of one, that has not ended.
#[derive(Debug, Default)]
pub(super) struct TaskState {
    failures: u32,
    /// The slot of the last failure.
    failed_on: usize,
    /// A part of a task that used up its attempts: it is halved at its next failure.
    bisecting: bool,
    /// The input cannot be halved.
    indivisible: bool,
}

/// Scheduler of one pool.
#[derive(Debug)]
pub(crate) struct Scheduler {
    policy: Policy,
    pub(super) slots: Vec<WorkerSlot>,
    pub(super) tasks: HashMap<TaskId, TaskState>,
    /// Tasks that any worker may take, in order.
    pub(super) queue: VecDeque<TaskId>,
    /// Consecutive short attempts.
    short_in_a_row: u32,
    pub(super) actions: VecDeque<Action>,
}

impl Scheduler {
    /// A scheduler without tasks and workers.
    pub fn new(policy: Policy) -> Self {
        Scheduler {
            slots: std::iter::repeat_with(WorkerSlot::new).take(policy.workers).collect(),
            policy,
            tasks: HashMap::new(),
            queue: VecDeque::new(),
            short_in_a_row: 0,
            actions: VecDeque::new(),
        }
    }

    /// The next action that the supervisor has to carry out.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The latest time for the next [`tick`](Self::tick).
    pub fn deadline(&self) -> Option<Duration> {
        let limits = self.slots.iter().filter_map(|slot| slot.deadline(&self.policy));
        let pauses = self.slots.iter().filter(|slot| slot.is_idle()).filter_map(WorkerSlot::next_retry);
        limits.chain(pauses.map(|(until, _)| until)).min()
    }

    /// Accepts a new task.
    pub fn submit(&mut self, now: Duration, task: TaskId) {
        self.tasks.insert(task, TaskState::default());
        self.queue.push_back(task);
        self.assign(now);
    }

    /// A worker has sent its hello.
    ///
    /// # Errors
    /// The worker was not starting.
    pub fn worker_ready(&mut self, now: Duration, worker: WorkerId) -> Result<(), ProtocolViolation> {
        let slot = self.current_slot(worker).ok_or(ProtocolViolation)?;
        match slot.state {
            SlotState::Starting { .. } => slot.state = SlotState::Ready,
            SlotState::BeingKilled(_) => return Ok(()),
            _ => return Err(ProtocolViolation),
        }
        // The slot had spent its budget on starts that failed, while others worked.
        if !self.is_within_budget(&self.slots[worker.slot]) {
            self.slots[worker.slot].deaths.clear();
        }
        self.assign(now);
        Ok(())
    }

    /// A worker has begun its first lease.
    ///
    /// # Errors
    /// The worker does not hold that lease, or not as its first.
    pub fn attempt_began(
        &mut self,
        now: Duration,
        worker: WorkerId,
        task: TaskId,
        attempt: u32,
    ) -> Result<(), ProtocolViolation> {
        let wanted = self.tasks.contains_key(&task);
        let slot = self.current_slot(worker).ok_or(ProtocolViolation)?;
        let held = slot.leases.front_mut().ok_or(ProtocolViolation)?;
        if (held.task, held.attempt, held.begun) != (task, attempt, false) {
            return Err(ProtocolViolation);
        }
        held.begun = true;
        held.exempt = matches!(slot.state, SlotState::BeingKilled(_));
        slot.first_lease_since = now;
        if !wanted {
            self.kill(worker.slot, KillReason::Cancelled);
        }
        Ok(())
    }

    /// A worker reports progress of its first lease. The task timeout starts again.
    ///
    /// # Errors
    /// The worker does not run that attempt.
    pub fn attempt_progressed(
        &mut self,
        now: Duration,
        worker: WorkerId,
        task: TaskId,
        attempt: u32,
    ) -> Result<(), ProtocolViolation> {
        let slot = self.current_slot(worker).ok_or(ProtocolViolation)?;
        if !slot.is_running(task, attempt) {
            return Err(ProtocolViolation);
        }
        slot.last_progress = now;
        Ok(())
    }

    /// A worker has ended its first lease and lives on.
    ///
    /// # Errors
    /// The worker does not run that attempt.
    pub fn attempt_ended(
        &mut self,
        now: Duration,
        worker: WorkerId,
        task: TaskId,
        attempt: u32,
        end: AttemptEnd,
    ) -> Result<(), ProtocolViolation> {
        let slot = self.current_slot(worker).ok_or(ProtocolViolation)?;
        if !slot.is_running(task, attempt) {
            return Err(ProtocolViolation);
        }
        slot.leases.pop_front();
        let took = now.saturating_sub(slot.first_lease_since);
        slot.first_lease_since = now;
        if end == AttemptEnd::Answered {
            slot.deaths.clear();
        }
        self.short_in_a_row = if took < SHORT_TASK { self.short_in_a_row.saturating_add(1) } else { 0 };
        if self.tasks.contains_key(&task) {
            match end {
                AttemptEnd::Answered => self.finish(task),
                AttemptEnd::Panicked => self.record_failure(now, task, worker.slot),
            }
        }
        self.retire_if_spent(now, worker.slot);
        self.assign(now);
        Ok(())
    }

    /// A task was cancelled. If a worker runs it, that worker is killed.
    pub fn cancel(&mut self, now: Duration, task: TaskId) {
        if self.tasks.remove(&task).is_none() {
            return;
        }
        self.queue.retain(|&queued| queued != task);
        for slot in &mut self.slots {
            slot.retries.retain(|&(_, retry)| retry != task);
        }
        self.actions.push_back(Action::Cancelled(task));
        let runs_it =
            |slot: &WorkerSlot| slot.leases.front().is_some_and(|held| held.begun && held.task == task);
        if let Some(slot) = self.slots.iter().position(runs_it) {
            self.kill(slot, KillReason::Cancelled);
        }
        self.assign(now);
    }

    /// A task cannot be written to any worker. The supervisor has ended it, and the worker of the lease
    /// never receives it.
    pub fn send_failed(&mut self, now: Duration, lease: Lease) {
        let Lease { task, attempt, worker } = lease;
        if let Some(slot) = self.current_slot(worker) {
            let before = slot.leases.len();
            slot.leases.retain(|held| (held.task, held.attempt) != (task, attempt));
            slot.leases_given -= (before - slot.leases.len()) as u64;
        }
        self.tasks.remove(&task);
        self.assign(now);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.deadline(&self.policy).is_some_and(|limit| limit <= now) {
                match slot.state {
                    SlotState::Pausing { .. } => slot.state = SlotState::Empty,
                    SlotState::Starting { .. } => self.kill(index, KillReason::StartTimeout),
                    SlotState::Retiring { .. } => self.kill(index, KillReason::RetireTimeout),
                    _ => self.kill(index, KillReason::TaskTimeout),
                }
            }
        }
        self.assign(now);
    }

    /// The slot of this worker, if the worker is its current one.
    pub(super) fn current_slot(&mut self, worker: WorkerId) -> Option<&mut WorkerSlot> {
        let slot = self.slots.get_mut(worker.slot)?;
        let gone = matches!(slot.state, SlotState::Empty | SlotState::Pausing { .. });
        (slot.incarnation == worker.incarnation && !gone).then_some(slot)
    }

    fn kill(&mut self, index: usize, reason: KillReason) {
        let slot = &mut self.slots[index];
        if !matches!(slot.state, SlotState::BeingKilled(_)) {
            slot.state = SlotState::BeingKilled(reason);
            let worker = WorkerId { slot: index, incarnation: slot.incarnation };
            self.actions.push_back(Action::Kill(worker, reason));
        }
    }

    fn finish(&mut self, task: TaskId) {
        if self.tasks.remove(&task).is_some() {
            self.actions.push_back(Action::Finish(task));
        }
    }

    fn retire_if_spent(&mut self, now: Duration, index: usize) {
        let slot = &mut self.slots[index];
        let spent = self.policy.max_tasks_per_worker.is_some_and(|most| slot.leases_given >= most);
        if spent && slot.is_idle() {
            slot.state = SlotState::Retiring { since: now };
            let worker = WorkerId { slot: index, incarnation: slot.incarnation };
            self.actions.push_back(Action::Retire(worker));
        }
    }
}
