//! What a pool has done so far, and the record of each attempt.

use serde::Serialize;

/// What a pool has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Worker slots.
    pub workers: usize,
    /// Workers started in all.
    pub started: u64,
    /// Workers started in the place of one that had crashed.
    pub restarts: u64,
    /// Attempts begun.
    pub attempts: u64,
    /// Attempts that were not a task's first.
    pub retried: u64,
    /// Tasks, or parts of them, that were divided in the search for what kills their workers.
    pub divided: u64,
    /// Tasks that ended with an output.
    pub finished: u64,
    /// Tasks that ended without one, or with a part missing.
    pub failed: u64,
    /// Largest resident size seen of each slot's workers, in bytes, without what is counted to others: a page that
    /// several processes hold is divided among them (Linux; zeros elsewhere).
    pub peak_memory: Vec<u64>,
}

impl Stats {
    pub(super) fn saw_memory(&mut self, slot: usize, bytes: u64) {
        if self.peak_memory.len() <= slot {
            self.peak_memory.resize(slot + 1, 0);
        }
        self.peak_memory[slot] = self.peak_memory[slot].max(bytes);
    }
}

/// One attempt at a task, from its queue to its end. Times are seconds since the pool was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// The task.
    pub task: u64,
    /// The task of which this one is a part, if it was divided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<u64>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The worker's slot, from 0.
    pub worker: usize,
    /// Which life of that slot, from 1.
    pub incarnation: u64,
    /// The worker's process id.
    pub pid: u32,
    /// When the task was submitted.
    pub queued: f64,
    /// When the worker began this attempt.
    pub started: f64,
    /// When the attempt ended.
    pub ended: f64,
    /// Bytes of the input on the wire.
    pub bytes: u64,
    /// Items in the input: of a batch their number, 1 otherwise, unless the task says so itself.
    pub items: u64,
    /// `done`, `failed`, `panicked`, the worker's ending, or `stopped` if the pool ended before it.
    pub outcome: &'static str,
    /// The worker's peak memory so far, in bytes; 0 where it is not known.
    pub peak_memory: u64,
}
