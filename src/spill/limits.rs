//! Limits of memory, from the budget of a count.

/// What each part of a count may hold in memory.
///
/// The parts are shares of the budget, which is for all processes together. They are estimates that leave room: `benches/memory.rs`
/// measures the peak of all processes, which was 0.3 to 0.7 of budgets of 256 and 600 MB. The shares of parts that are never there
/// at the same time add up to more than one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpillLimits {
    /// Bytes of all processes together.
    pub budget: u64,
    /// Bytes of the sums in the parent.
    pub table: usize,
    /// Most bytes of a split that a worker maps in one piece, when it sends the count.
    pub sent_piece: usize,
    /// Most bytes of a split that a worker maps in one piece, when it writes the count as a run.
    pub spilled_piece: usize,
    /// Most bytes of a count that a worker collects from a split.
    pub largest_count: usize,
    /// Counts of fewer bytes are sent to the parent even if counts are written as runs: a run of a few n-grams costs more than it
    /// saves.
    pub smallest_run: usize,
    /// Largest chunk that the parent sends, once counts are written as runs.
    pub chunk: usize,
    /// Bytes of chunks in flight.
    pub in_flight: usize,
    /// Bytes of runs that are kept in memory.
    pub runs_in_memory: u64,
    /// Bytes of the n-grams that a reduce task has in memory.
    pub reduce_task: u64,
    /// Runs that are merged at once.
    pub merged_runs: usize,
}

impl SpillLimits {
    /// The limits of a count with a budget of that many bytes and that many workers.
    pub fn new(bytes: u64, workers: usize) -> Self {
        let budget = usize::try_from(bytes).unwrap_or(usize::MAX);
        let each = budget / workers.max(1);
        let (kib, mib) = (1 << 10, 1 << 20);
        Self {
            budget: bytes,
            table: budget / 5,
            sent_piece: (each / 48).clamp(64 * kib, 16 * mib),
            spilled_piece: (each / 16).clamp(64 * kib, 16 * mib),
            largest_count: (each / 6).clamp(256 * kib, 512 * mib),
            smallest_run: (each / 256).clamp(16 * kib, mib),
            chunk: (each / 48).clamp(64 * kib, 8 * mib),
            in_flight: (budget / 8).clamp(mib, 256 * mib),
            // What tasks are writing comes on top, so that a small budget has no room for runs at all.
            runs_in_memory: if budget < 256_000_000 { 0 } else { (budget / 4) as u64 },
            reduce_task: (each / 5).clamp(256 * kib, 32 * mib) as u64,
            merged_runs: 128,
        }
    }

    /// Limits under which the sums in the parent are at most `bytes`, and every larger count of a worker becomes a run: for tests.
    #[must_use]
    pub fn spilling_beyond(self, bytes: usize) -> Self {
        Self {
            table: bytes,
            smallest_run: bytes,
            largest_count: self.largest_count.min(bytes.max(1)),
            runs_in_memory: 0,
            reduce_task: (bytes as u64).max(1),
            merged_runs: 4,
            ..self
        }
    }
}
