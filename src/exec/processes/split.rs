//! Split feed: workers open and read their own splits of the input, so that unpacking runs in all of them. The parent
//! hands out splits and merges.
//!
//! The parent reads a split that kills its workers, and all splits that are not begun by then, and pipes them chunk by
//! chunk, so that the line can be found.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::CANCEL_POLL_INTERVAL;
use super::input_order::ReorderBuffer;
use super::map_chunk::MapChunk;
use super::map_split::{MapSplit, MappedSplit, SplitOutcome, SplitProgress};
use super::pipe::{FailedChunk, OutstandingChunks};
use crate::count::{BadLines, Partial, Plan};
use crate::exec::{EarliestFailure, ExecError, Mapped};
use crate::input::{CancelToken, Chunk, Control, Progress, ReadCounts, Split};
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
    pub plan: &'a Plan,
    pub skip_poison: bool,
    pub tracker: &'a SplitTracker,
    pub cancel: &'a CancelToken,
    pub failures: &'a mut EarliestFailure<ExecError>,
    pub reduce: &'a mut dyn FnMut(Mapped) -> ControlFlow<()>,
}

impl SplitFeed<'_> {
    /// Has all splits mapped, and records what fails.
    pub fn run(&mut self, splits: Vec<Split>) {
        let mut order = ReorderBuffer::new(self.plan, &splits);
        let Some(mut uncounted) = self.run_in_workers(splits, &mut order) else { return };
        uncounted.sort_by_key(|split| split.id);
        for split in uncounted {
            if self.cancel.is_cancelled() {
                return self.fail(ExecError::Stopped);
            }
            if self.failures.is_before(split.id) {
                return;
            }
            self.tracker.update(SplitProgress { split: split.id, counts: ReadCounts::default() });
            self.feed_in_chunks(&split, &mut order);
            if order.release(self.failures, self.reduce).is_break() {
                return;
            }
        }
    }

    /// Hands splits out to the workers. Gives those that are left for the parent to feed; `None` after cancellation.
    fn run_in_workers(&mut self, splits: Vec<Split>, order: &mut ReorderBuffer<'_>) -> Option<Vec<Split>> {
        let mut window = self.pool.window::<MapSplit>();
        let mut pending = splits.into_iter();
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
                    self.fail(ExecError::Stopped);
                    return None;
                }
                None => continue,
            };
            match (answer.output, answer.lost.into_iter().next()) {
                (Some(MappedSplit { outcome: SplitOutcome::TooLarge, split, .. }), _) => {
                    uncounted.push(split)
                }
                (Some(mapped), _) => {
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
                (None, Some((split, why))) => {
                    feeding = false;
                    self.fail(to_exec_error(split.map_or(0, |split| split.id), why));
                }
                (None, None) => {}
            }
        }
        Some(uncounted)
    }

    /// Reads a split in the parent and has it mapped chunk by chunk.
    fn feed_in_chunks(&mut self, split: &Split, order: &mut ReorderBuffer<'_>) {
        let control = Control::new();
        let chunks = match split.chunks(FALLBACK_CHUNK, &control) {
            Ok(chunks) => chunks,
            Err(error) => return self.fail(error.into()),
        };
        let lines_before = order.lines_before(split);
        let outstanding = RefCell::new(OutstandingChunks::new(self.plan, self.skip_poison));
        let mut unreadable = None;
        let feed = chunks.map_while(|chunk| match chunk {
            Ok(Chunk { mut origin, lines, bytes, .. }) => {
                origin.first_line += lines_before;
                let id = order.new_chunk_id();
                Some(outstanding.borrow_mut().hand_out(Chunk { id, origin, lines, bytes }))
            }
            Err(error) => {
                unreadable = Some(error);
                None
            }
        });
        for result in self.pool.imap_partial_unordered::<MapChunk>(feed) {
            let completed = outstanding.borrow_mut().complete(result);
            match completed {
                Ok(mapped) => {
                    if (self.reduce)(mapped).is_break() {
                        return;
                    }
                    if self.cancel.is_cancelled() {
                        return self.fail(ExecError::Stopped);
                    }
                }
                Err(FailedChunk { error, found }) => {
                    // The failure ends the feeding, whatever the answer is.
                    let _ = found.map(|found| (self.reduce)(*found));
                    return self.fail(error);
                }
            }
        }
        if let Some(error) = unreadable {
            return self.fail(error.into());
        }
        // The number of the split itself counts as a chunk without lines, so that no number is missing.
        let empty = Mapped::new(split.id, split.origin(), 0, Partial::default(), self.plan);
        if let Ok(empty) = empty
            && (self.reduce)(empty).is_break()
        {
            return;
        }
        self.tracker.update(SplitProgress { split: split.id, counts: control.progress.counts() });
        order.insert(split.id, control.progress.lines(), None);
    }

    fn fail(&mut self, error: ExecError) {
        self.failures.record(error.chunk(), error);
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
