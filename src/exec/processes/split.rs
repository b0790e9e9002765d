//! Split feed: workers open and read their own splits of the input, so that unpacking runs in all of them. The parent
//! hands out splits and merges.
//!
//! The parent reads a split that kills its workers, and all splits that are not begun by then, and pipes them chunk by
//! chunk, so that the line can be found.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::CANCEL_POLL_INTERVAL;
use super::input_order::ReorderBuffer;
use super::map_split::{MapSplit, MappedSplit, SplitOutcome, SplitProgress};
use super::pipe::{self, OutstandingChunks};
use crate::count::{BadLines, Partial, Plan};
use crate::exec::{EarliestFailure, ExecError, Mapped, Reduction};
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
    pub reduction: &'a mut dyn Reduction,
}

impl SplitFeed<'_> {
    /// Has all splits mapped, and records what fails. Breaks if that was not possible.
    pub fn run(&mut self, splits: &[Split]) -> ControlFlow<()> {
        let mut order = ReorderBuffer::new(self.plan, splits);
        let counted = match self.reduction.begin_splits(splits) {
            Ok(counted) => counted,
            Err(error) => {
                self.failures.record(Place::END, error.into());
                return ControlFlow::Break(());
            }
        };
        for (&split, &lines) in &counted {
            order.insert(split, lines, None);
        }
        let pending = splits.iter().filter(|split| !counted.contains_key(&split.id)).cloned().collect();
        order.release(self.failures, self.reduction)?;
        let mut uncounted = self.run_in_workers(pending, &mut order)?;
        uncounted.sort_by_key(|split| split.id);
        for split in uncounted {
            if self.cancel.is_cancelled() {
                self.failures.record(Place::END, ExecError::Stopped);
            }
            if self.failures.is_before(split.place()) {
                return ControlFlow::Break(());
            }
            self.tracker.update(SplitProgress { split: split.id, counts: ReadCounts::default() });
            self.feed_in_chunks(&split, &mut order)?;
            order.release(self.failures, self.reduction)?;
        }
        ControlFlow::Continue(())
    }

    /// Hands splits out to the workers. Gives those that are left for the parent to feed; breaks after cancellation.
    fn run_in_workers(
        &mut self,
        mut pending: VecDeque<Split>,
        order: &mut ReorderBuffer<'_>,
    ) -> ControlFlow<(), Vec<Split>> {
        let mut window = self.pool.window::<MapSplit>();
        // The number of each split that was submitted.
        let mut submitted = Vec::with_capacity(pending.len());
        let mut feeding = true;
        // Whether a result said that nothing behind it is needed.
        let mut ended = false;
        let mut uncounted = Vec::new();
        while feeding || !window.is_empty() {
            if self.cancel.is_cancelled() {
                self.failures.record(Place::END, ExecError::Stopped);
                return ControlFlow::Break(());
            }
            while feeding && window.has_room() {
                let Some(split) = pending.pop_front() else {
                    feeding = false;
                    break;
                };
                match self.reduction.map_rules() {
                    Ok(rules) => {
                        submitted.push(split.id);
                        window.push((split, rules));
                    }
                    Err(error) => {
                        feeding = false;
                        self.failures.record(split.place(), error.into());
                    }
                }
            }
            let answer = match window.recv_timeout(CANCEL_POLL_INTERVAL) {
                Some(answer) => answer,
                None => continue,
            };
            match (answer.output, answer.lost.into_iter().next()) {
                (Some(MappedSplit { outcome: SplitOutcome::TooLarge, split, was_spilling, .. }), _) => {
                    // A count that is too large to be sent is not too large for a file.
                    if !was_spilling && self.reduction.start_spilling() {
                        pending.push_front(split);
                        feeding = !ended && !self.failures.has_failed();
                    } else {
                        uncounted.push(split);
                    }
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
                    ended |= order.release(self.failures, self.reduction).is_break();
                    feeding &= !ended;
                }
                // Where one split kills, others may: the parent feeds all that are not under way,
                // because it can tell lines apart and spends no restart on a whole split.
                (
                    None,
                    Some((Some((split, _)), Failure::Crashed { .. } | Failure::ResultTooLarge { .. })),
                ) => {
                    feeding = false;
                    uncounted.push(split);
                    uncounted.extend(pending.drain(..));
                }
                (None, Some((_, why))) => {
                    feeding = false;
                    let split = submitted.get(answer.index).copied().unwrap_or(u64::MAX);
                    let error = to_exec_error(split, why);
                    self.failures.record(order.place(split as usize), error);
                }
                (None, None) => {}
            }
        }
        match (ended || self.failures.has_failed()) && uncounted.is_empty() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(uncounted),
        }
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
            Ok(ahead) => pipe::run(pool, ahead, &mut outstanding, cancel, self.failures, self.reduction),
            Err(error) => {
                self.failures.record(split.place(), ExecError::NoThread(error));
                ControlFlow::Break(())
            }
        })?;
        order.chunks_were_added(outstanding.submitted());
        // The number of the split itself counts as a chunk without lines, so that no number is missing.
        let empty = Mapped::new(split.id, split.origin(), 0, Partial::default(), Vec::new(), self.plan);
        if let Ok(empty) = empty {
            self.reduction.merge(empty)?;
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
