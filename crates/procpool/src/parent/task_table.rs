//! Task table: payloads, answers and callers of all tasks that have not ended.

use std::collections::HashMap;
use std::time::Duration;

use super::mailbox::{PartOutcome, Responder, Submission};
use crate::crash::Crash;
use crate::failure::Failure;
use crate::scheduler::TaskId;
use crate::task::Entry;
use crate::wire::{Payload, PayloadHalves, split_batch};

/// Most halvings, one below the other, after which a half of an input without a number of items has no fewer bytes
/// than its whole. Both halves of a range are like that; 64 halvings lead from all numbers of 64 bits to one of them.
const MAX_UNSHRUNK: u32 = 64;

/// A task, or a part of one, that has not ended.
pub(super) struct PendingTask {
    /// The submitted task of which this is a part; the task itself if it was not bisected.
    pub origin: TaskId,
    pub entry: Entry,
    pub batch: bool,
    pub payload: Payload,
    pub items: u64,
    /// Halvings above this part that did not make it smaller in items or bytes.
    unshrunk: u32,
    pub queued: Duration,
    /// The answer, from its arrival until the scheduler accepts it.
    pub answer: Option<Result<Vec<u8>, Failure>>,
    /// How the last attempt failed.
    pub crash: Option<Crash>,
}

impl PendingTask {
    /// Both halves of the input, if it can be halved. A half that is not smaller ends the bisection, which would
    /// go on without end.
    pub fn halves(&self) -> Option<PayloadHalves> {
        let split = if self.batch { split_batch } else { self.entry.split };
        let halves = split(&self.payload)?;
        let leads_on = |(payload, items): &(Payload, u64)| {
            let uncounted = self.items.max(*items) <= 1 && self.unshrunk < MAX_UNSHRUNK;
            self.is_larger_than(payload, *items) || uncounted && payload.to_vec() != self.payload.to_vec()
        };
        halves.iter().all(leads_on).then_some(halves)
    }

    fn is_larger_than(&self, payload: &Payload, items: u64) -> bool {
        (self.items, self.payload.len()) > (items, payload.len())
    }
}

/// A task as it was submitted: its parts in order, and the caller.
struct SubmittedTask {
    parts: Vec<(TaskId, Option<PartOutcome>)>,
    responder: Responder,
}

/// A submitted task of which all parts have ended.
pub(super) struct EndedTask {
    pub parts: Vec<PartOutcome>,
    pub responder: Responder,
}

/// All tasks that have not ended.
#[derive(Default)]
pub(super) struct TaskTable {
    pending: HashMap<TaskId, PendingTask>,
    submitted: HashMap<TaskId, SubmittedTask>,
}

impl TaskTable {
    pub fn insert(&mut self, submission: Submission, queued: Duration) {
        let Submission { task, entry, batch, payload, items, responder } = submission;
        let origin = task;
        let (unshrunk, answer, crash) = (0, None, None);
        let pending = PendingTask { origin, entry, batch, payload, items, unshrunk, queued, answer, crash };
        self.pending.insert(task, pending);
        self.submitted.insert(task, SubmittedTask { parts: vec![(task, None)], responder });
    }

    pub fn get(&self, task: TaskId) -> Option<&PendingTask> {
        self.pending.get(&task)
    }

    pub fn get_mut(&mut self, task: TaskId) -> Option<&mut PendingTask> {
        self.pending.get_mut(&task)
    }

    /// The ids of all parts of a submitted task.
    pub fn parts_of(&self, origin: TaskId) -> Vec<TaskId> {
        self.submitted
            .get(&origin)
            .map_or_else(Vec::new, |task| task.parts.iter().map(|part| part.0).collect())
    }

    /// The ids of all tasks and parts that have not ended.
    pub fn ids(&self) -> Vec<TaskId> {
        self.pending.keys().copied().collect()
    }

    /// Replaces a task by its two halves.
    pub fn split(&mut self, task: TaskId, ids: [TaskId; 2], halves: PayloadHalves) {
        let Some(whole) = self.pending.remove(&task) else { return };
        if let Some(submitted) = self.submitted.get_mut(&whole.origin)
            && let Some(at) = submitted.parts.iter().position(|part| part.0 == task)
        {
            submitted.parts.splice(at..=at, ids.map(|id| (id, None)));
        }
        let PendingTask { origin, entry, batch, queued, .. } = whole;
        for (id, (payload, items)) in ids.into_iter().zip(halves) {
            let unshrunk = whole.unshrunk + u32::from(!whole.is_larger_than(&payload, items));
            let (answer, crash) = (None, whole.crash.clone());
            let part = PendingTask { origin, entry, batch, payload, items, unshrunk, queued, answer, crash };
            self.pending.insert(id, part);
        }
    }

    /// Ends a task or part. Returns the submitted task if this was its last part.
    pub fn end(&mut self, task: TaskId, outcome: Result<Vec<u8>, Failure>) -> Option<EndedTask> {
        let pending = self.pending.remove(&task)?;
        let submitted = self.submitted.get_mut(&pending.origin)?;
        let input = outcome.is_err().then_some(pending.payload);
        if let Some(part) = submitted.parts.iter_mut().find(|part| part.0 == task) {
            part.1 = Some(PartOutcome { input, outcome });
        }
        if !submitted.parts.iter().all(|part| part.1.is_some()) {
            return None;
        }
        let SubmittedTask { parts, responder } = self.submitted.remove(&pending.origin)?;
        Some(EndedTask { parts: parts.into_iter().filter_map(|part| part.1).collect(), responder })
    }
}
