//! Pipe feed: the parent reads, unpacks and cuts, and sends chunks to the workers, processes or threads.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crossbeam_channel::{never, select, unbounded};

use super::CANCEL_POLL_INTERVAL;
use super::map_chunk::{LineBatch, MapChunk, MappedBatch};
use crate::count::{BadLines, Partial, Plan};
use crate::exec::{EarliestFailure, ExecError, ExecFailure, LineRange, Mapped, QuarantinedLines, Reduction};
use crate::input::{CancelToken, Chunk, Origin, Place, ReadAhead};
use crate::pool::{Backend, Ending, Failure, PartialResult, PoolOf};
use crate::spill::MapRules;

/// Has all chunks mapped, and records what fails. Breaks if that was not possible, and nothing behind these chunks is needed.
pub(in crate::exec) fn run<B: Backend>(
    pool: &PoolOf<B>,
    ahead: ReadAhead,
    outstanding: &mut OutstandingChunks<'_>,
    cancel: &CancelToken,
    failures: &mut EarliestFailure<ExecError>,
    reduction: &mut dyn Reduction,
) -> ControlFlow<()> {
    // One message for each answer that has arrived in the window.
    let (notify, answered) = unbounded();
    let mut window = pool.window_with::<MapChunk>(move || {
        let _ = notify.send(());
    });
    let mut feeding = true;
    let mut flow = ControlFlow::Continue(());
    // An empty channel replaces the input while no chunk can be sent.
    let no_chunks = never();
    while feeding || !window.is_empty() {
        let pauses = feeding && reduction.wants_pause();
        if pauses
            && window.is_empty()
            && let Some(next) = outstanding.next
            && reduction.paused(next).is_break()
        {
            flow = ControlFlow::Break(());
            break;
        }
        let wanted = feeding && window.has_room() && (window.is_empty() || !pauses);
        let mut fail = |ExecFailure { place, error }| {
            failures.record(place, error);
            ControlFlow::Break(())
        };
        let mut next = ControlFlow::Continue(());
        select! {
            recv(if wanted { ahead.receiver() } else { &no_chunks }) -> chunk => match chunk {
                Ok(Ok(chunk)) => match reduction.map_rules() {
                    Ok(rules) => window.push(outstanding.hand_out(chunk, rules)),
                    Err(error) => next = fail(ExecFailure { place: outstanding.end, error: error.into() }),
                },
                Ok(Err(error)) => {
                    next = fail(ExecFailure { place: outstanding.end, error: error.into() });
                }
                Err(_) => feeding = false,
            },
            recv(answered) -> _ => {
                let Some(result) = window.try_recv() else { continue };
                next = match outstanding.complete(result) {
                    Ok(mapped) => reduction.merge(mapped),
                    Err(FailedChunk { failure, found }) => {
                        // The failure ends the feeding, whatever the answer is.
                        let _ = found.map(|found| reduction.merge(*found));
                        fail(failure)
                    }
                };
            }
            default(CANCEL_POLL_INTERVAL) => if cancel.is_cancelled() {
                flow = fail(ExecError::Stopped.into());
                break;
            },
        }
        if next.is_break() {
            flow = next;
            feeding = false;
        }
    }
    flow
}

/// A chunk that could not be counted, and the lines in it that crash every worker, if any were found before.
pub(in crate::exec) struct FailedChunk {
    pub failure: ExecFailure,
    pub found: Option<Box<Mapped>>,
}

impl From<ExecFailure> for FailedChunk {
    fn from(failure: ExecFailure) -> Self {
        FailedChunk { failure, found: None }
    }
}

/// Chunks that were handed out and have not come back.
pub(in crate::exec) struct OutstandingChunks<'p> {
    plan: &'p Plan,
    /// By the order of submission: the number of each chunk, its origin and its number of lines.
    by_submission: HashMap<usize, (u64, Origin, u64)>,
    submitted: usize,
    /// The number of the first chunk.
    first_chunk: u64,
    /// The place behind the last chunk, and where the next one begins.
    end: Place,
    next: Option<Origin>,
    /// Lines that crash every worker may be left out.
    skip_poison: bool,
}

impl<'p> OutstandingChunks<'p> {
    pub fn new(plan: &'p Plan, skip_poison: bool) -> Self {
        let end = Place { file: 0, offset: 0 };
        OutstandingChunks {
            plan,
            by_submission: HashMap::new(),
            submitted: 0,
            first_chunk: 0,
            end,
            next: None,
            skip_poison,
        }
    }

    /// Chunks that begin at this place and with this number.
    pub fn beginning_at(self, place: Place, first_chunk: u64) -> Self {
        OutstandingChunks { end: place, first_chunk, ..self }
    }

    /// The number of chunks that were handed out so far.
    pub fn submitted(&self) -> usize {
        self.submitted
    }

    pub fn hand_out(&mut self, chunk: Chunk, rules: MapRules) -> LineBatch {
        self.next = Some(chunk.end());
        let Chunk { id, origin, lines, bytes } = chunk;
        let id = self.first_chunk + id;
        self.by_submission.insert(self.submitted, (id, origin, lines));
        self.submitted += 1;
        self.end = Place { file: origin.file, offset: origin.offset + bytes.len() as u64 };
        LineBatch::new(LineRange { chunk: id, origin, lines }, rules, bytes)
    }

    /// Checks a result against what was handed out. Parts that crashed every worker are joined
    /// to the rest as quarantined lines; any other loss is an error, the first of them, unless a bad line before it is one.
    pub fn complete(&mut self, result: PartialResult<MapChunk>) -> Result<Mapped, FailedChunk> {
        let PartialResult { index, output, lost, .. } = result;
        let Some((chunk, origin, lines)) = self.by_submission.remove(&index) else {
            let accounted = output.map_or(0, |counted| counted.partial.lines.read);
            let error = ExecError::Unaccounted { chunk: index as u64, handed_out: 0, accounted };
            return Err(ExecFailure::from(error).into());
        };
        let failed = |error| ExecFailure { place: origin.place(), error };
        let (mut partial, runs) = match output {
            Some(MappedBatch { range, mut partial, runs }) => {
                if range.chunk != chunk {
                    let accounted = partial.lines.read;
                    return Err(failed(ExecError::Unaccounted { chunk, handed_out: 0, accounted }).into());
                }
                // The lines before those that were counted may be lost.
                let before = range.origin.first_line - origin.first_line;
                partial.bad.iter_mut().for_each(|bad| bad.line += before);
                (partial, runs)
            }
            None => (Partial::default(), Vec::new()),
        };
        let first_bad = partial.bad.first().filter(|_| self.plan.bad_lines == BadLines::Fail);
        let first_bad = first_bad.map(|bad| origin.first_line + bad.line);
        let (mut quarantined, mut failure) = (Vec::new(), None);
        for (part, why) in lost {
            match (part, why) {
                // Cancelled because a part before it was given up. That part has the reason.
                (_, Failure::Cancelled) => {}
                (Some(part), Failure::Crashed { attempts, last }) if self.skip_poison => {
                    let lines = part.bytes().to_vec();
                    quarantined.push(QuarantinedLines { lines, range: part.range, attempts, last });
                }
                (Some(part), _) if first_bad.is_some_and(|line| line < part.range.origin.first_line) => {}
                (part, why) => {
                    failure.get_or_insert_with(|| to_exec_error(chunk, part, why));
                }
            }
        }
        if let Some(error) = failure {
            let found = (!quarantined.is_empty()).then(|| {
                let (partial, runs) = (Partial::default(), Vec::new());
                Box::new(Mapped { chunk, origin, lines: 0, partial, runs, quarantined })
            });
            return Err(FailedChunk { failure: failed(error), found });
        }
        let quarantined_lines: u64 = quarantined.iter().map(|part| part.range.lines).sum();
        partial.lines.read += quarantined_lines;
        partial.lines.quarantined += quarantined_lines;
        let mapped = Mapped::new(chunk, origin, lines, partial, runs, self.plan).map_err(failed)?;
        Ok(Mapped { quarantined, ..mapped })
    }
}

pub(in crate::exec) fn to_exec_error(chunk: u64, lines: Option<LineBatch>, why: Failure) -> ExecError {
    match (why, lines) {
        (Failure::Task(error), _) => ExecError::Uncountable { chunk, error },
        (Failure::Crashed { attempts, last }, Some(lines)) => {
            let (range, lines) = (lines.range, lines.bytes().to_vec());
            ExecError::Poison(QuarantinedLines { range, lines, attempts, last })
        }
        (Failure::ResultTooLarge { bytes }, Some(lines)) => {
            ExecError::ResultTooLarge { range: lines.range, bytes }
        }
        // A thread gives no lines back: they are lost with the panic.
        (Failure::Crashed { attempts, last }, None) => match &last.ending {
            Ending::Panicked { message } => ExecError::Panicked { chunk, message: message.clone() },
            _ => ExecError::Lost { chunk, why: Failure::Crashed { attempts, last } },
        },
        (Failure::GaveUp(why), _) => ExecError::GaveUp(why),
        (Failure::Stopped, _) => ExecError::Stopped,
        (why, _) => ExecError::Lost { chunk, why },
    }
}
