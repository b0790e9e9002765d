//! Split feed: workers open and read their own splits of the input, so that unpacking runs in all of them. The parent
//! hands out splits and merges.
//!
//! The parent reads a split that kills its workers, and all splits that are not begun by then, and pipes them chunk by
//! chunk, so that the line can be found.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::CANCEL_POLL_INTERVAL;
use super::input_order::ReorderBuffer;
use super::map_split::{MapSplit, MappedSplit, SplitOutcome, SplitProgress};
use super::pipe::{self, OutstandingChunks};
use crate::count::{BadLines, Partial, Plan};
use crate::exec::{EarliestFailure, ExecError, Mapped};
use crate::input::{BuiltIndexes, CancelToken, Control, Place, Progress, ReadCounts, Split, read_ahead};
use crate::pool::{Failure, Pool};

/// Bytes of the chunks in which the parent feeds a split that no worker could count.
const FALLBACK_CHUNK: usize = 512 << 10;

/// Totals the progress of all splits in the counters of the run. A split that is begun again starts at zero.
#[derive(Clone)]
pub(super) struct SplitTracker {
    progress: Arc<Progress>,
    by_split: Arc<Mutex<BTreeMap<u64, ReadCounts>>>,
}

impl SplitTracker {
    pub fn new(progress: Arc<Progress>) -> Self {
        SplitTracker { progress, by_split: Arc::default() }
    }

    pub fn update(&self, SplitProgress { split, counts }: SplitProgress) {
        let mut by_split = self.by_split.lock().unwrap_or_else(PoisonError::into_inner);
        let before = by_split.insert(split, counts).unwrap_or_default();
        self.progress.replace(before, counts);
    }
}

/// All that a run of splits needs.
pub(super) struct SplitFeed<'a> {
    pub pool: &'a Pool,
    pub workers: usize,
    pub plan: &'a Plan,
    pub skip_poison: bool,
    pub tracker: &'a SplitTracker,
    pub indexes: &'a BuiltIndexes,
    pub cancel: &'a CancelToken,
    pub failures: &'a mut EarliestFailure<ExecError>,
    pub reduce: &'a mut dyn FnMut(Mapped) -> ControlFlow<()>,
}

impl SplitFeed<'_> {
    /// Has all splits mapped, and records what fails.
    pub fn run(&mut self, splits: &[Split]) {
        let mut order = ReorderBuffer::new(self.plan, splits);
        let Some(mut uncounted) = self.run_in_workers(splits, &mut order) else { return };
        uncounted.sort_by_key(|split| split.id);
        for split in uncounted {
            if self.cancel.is_cancelled() {
                return self.failures.record(Place::END, ExecError::Stopped);
            }
            if self.failures.is_before(split.place()) {
                return;
            }
            self.tracker.update(SplitProgress { split: split.id, counts: ReadCounts::default() });
            if self.feed_in_chunks(&split, &mut order).is_break()
                || order.release(self.failures, self.reduce).is_break()
            {
                return;
            }
        }
    }

    /// Hands splits out to the workers. Gives those that are left for the parent to feed; `None` after cancellation.
    fn run_in_workers(&mut self, splits: &[Split], order: &mut ReorderBuffer<'_>) -> Option<Vec<Split>> {
        let mut window = self.pool.window::<MapSplit>();
        let mut pending = splits.iter().cloned();
        let mut feeding = true;
        let mut uncounted = Vec::new();
        while feeding || !window.is_empty() {
            while feeding && window.has_room() {
                match pending.next() {
                    Some(split) => window.push(split),
                    None => feeding = false,
                }
            }
            let answer = match window.recv_timeout(CANCEL_POLL_INTERVAL) {
                Some(answer) => answer,
                None if self.cancel.is_cancelled() => {
                    self.failures.record(Place::END, ExecError::Stopped);
                    return None;
                }
                None => continue,
            };
            match (answer.output, answer.lost.into_iter().next()) {
                (Some(MappedSplit { outcome: SplitOutcome::TooLarge, split, .. }), _) => {
                    uncounted.push(split)
                }
                (Some(mut mapped), _) => {
                    if let Some(bytes) = mapped.index.take() {
                        self.indexes.add(mapped.split.built_index(bytes.into_vec()));
                    }
                    let (split, counts) = (mapped.split.id, mapped.counts);
                    self.tracker.update(SplitProgress { split, counts });
                    let bad = self.plan.bad_lines == BadLines::Fail && !mapped.partial.bad.is_empty();
                    feeding &= !bad && mapped.outcome == SplitOutcome::Counted;
                    order.insert(split, counts.lines, Some(mapped));
                    feeding &= order.release(self.failures, self.reduce).is_continue();
                }
                // Where one split kills, others may: the parent feeds all that are not under way,
                // because it can tell lines apart and spends no restart on a whole split.
                (None, Some((Some(split), Failure::Crashed { .. } | Failure::ResultTooLarge { .. }))) => {
                    feeding = false;
                    uncounted.push(split);
                    uncounted.extend(pending.by_ref());
                }
                // Splits are submitted in order, so the index of one is its number.
                (None, Some((_, why))) => {
                    feeding = false;
                    let error = to_exec_error(answer.index as u64, why);
                    self.failures.record(order.place(answer.index), error);
                }
                (None, None) => {}
            }
        }
        Some(uncounted)
    }

    /// Reads a split in the parent and has it mapped chunk by chunk. Breaks if nothing behind it is needed.
    fn feed_in_chunks(&mut self, split: &Split, order: &mut ReorderBuffer<'_>) -> ControlFlow<()> {
        let (cancel, indexes) = (self.cancel.child(), self.indexes.clone());
        let control = Control { cancel, indexes, ..Control::new() };
        let chunks = split.chunks(FALLBACK_CHUNK, order.lines_before(split), &control);
        let mut outstanding = OutstandingChunks::new(self.plan, self.skip_poison)
            .beginning_at(split.place(), order.next_chunk());
        let (pool, workers, cancel) = (self.pool, self.workers, self.cancel);
        thread::scope(|scope| match read_ahead(scope, chunks, workers) {
            Ok(ahead) => pipe::run(pool, ahead, &mut outstanding, cancel, self.failures, self.reduce),
            Err(error) => {
                self.failures.record(split.place(), ExecError::NoThread(error));
                ControlFlow::Break(())
            }
        })?;
        order.chunks_were_added(outstanding.submitted());
        // The number of the split itself counts as a chunk without lines, so that no number is missing.
        if let Ok(empty) = Mapped::new(split.id, split.origin(), 0, Partial::default(), self.plan) {
            (self.reduce)(empty)?;
        }
        self.tracker.update(SplitProgress { split: split.id, counts: control.progress.counts() });
        order.insert(split.id, control.progress.lines(), None);
        ControlFlow::Continue(())
    }
}

fn to_exec_error(split: u64, why: Failure) -> ExecError {
    match why {
        Failure::Task(error) => ExecError::Uncountable { chunk: split, error },
        Failure::GaveUp(why) => ExecError::GaveUp(why),
        Failure::Stopped => ExecError::Stopped,
        why => ExecError::Lost { chunk: split, why },
    }
}
