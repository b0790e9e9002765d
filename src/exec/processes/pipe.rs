//! Pipe feed: the parent reads, unpacks and cuts, and sends chunks to the workers, processes or threads.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crossbeam_channel::{never, select, unbounded};

use super::CANCEL_POLL_INTERVAL;
use super::map_chunk::{LineBatch, MapChunk};
use crate::count::{Partial, Plan};
use crate::exec::{EarliestFailure, ExecError, LineRange, Mapped, QuarantinedLines};
use crate::input::{CancelToken, Chunk, Origin, ReadAhead};
use crate::pool::{Backend, Ending, Failure, PartialResult, PoolOf};

/// Has all chunks mapped, and records what fails.
pub(in crate::exec) fn run<B: Backend>(
    pool: &PoolOf<B>,
    ahead: ReadAhead,
    mut outstanding: OutstandingChunks<'_>,
    cancel: &CancelToken,
    failures: &mut EarliestFailure<ExecError>,
    reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
) {
    // One message for each answer that has arrived in the window.
    let (notify, answered) = unbounded();
    let mut window = pool.window_with::<MapChunk>(move || {
        let _ = notify.send(());
    });
    let mut feeding = true;
    // An empty channel replaces the input while no chunk can be sent.
    let no_chunks = never();
    while feeding || !window.is_empty() {
        let wanted = feeding && window.has_room();
        let mut fail = |error: ExecError| {
            feeding = false;
            failures.record(error.chunk(), error);
        };
        select! {
            recv(if wanted { ahead.receiver() } else { &no_chunks }) -> chunk => match chunk {
                Ok(Ok(chunk)) => window.push(outstanding.hand_out(chunk)),
                Ok(Err(error)) => fail(error.into()),
                Err(_) => feeding = false,
            },
            recv(answered) -> _ => {
                let Some(result) = window.try_recv() else { continue };
                match outstanding.complete(result) {
                    Ok(mapped) => feeding &= reduce(mapped).is_continue(),
                    Err(FailedChunk { error, found }) => {
                        // The failure ends the feeding, whatever the answer is.
                        let _ = found.map(|found| reduce(*found));
                        fail(error);
                    }
                }
            }
            default(CANCEL_POLL_INTERVAL) => if cancel.is_cancelled() {
                fail(ExecError::Stopped);
                break;
            },
        }
    }
}

/// A chunk that could not be counted, and the lines in it that crash every worker, if any were found before.
pub(in crate::exec) struct FailedChunk {
    pub error: ExecError,
    pub found: Option<Box<Mapped>>,
}

impl From<ExecError> for FailedChunk {
    fn from(error: ExecError) -> Self {
        FailedChunk { error, found: None }
    }
}

/// Chunks that were handed out and have not come back.
pub(in crate::exec) struct OutstandingChunks<'p> {
    plan: &'p Plan,
    /// By the order of submission: the number of each chunk, its origin and its number of lines.
    by_submission: HashMap<usize, (u64, Origin, u64)>,
    submitted: usize,
    /// Lines that crash every worker may be left out.
    skip_poison: bool,
}

impl<'p> OutstandingChunks<'p> {
    pub fn new(plan: &'p Plan, skip_poison: bool) -> Self {
        OutstandingChunks { plan, by_submission: HashMap::new(), submitted: 0, skip_poison }
    }

    pub fn hand_out(&mut self, chunk: Chunk) -> LineBatch {
        let Chunk { id, origin, lines, bytes } = chunk;
        self.by_submission.insert(self.submitted, (id, origin, lines));
        self.submitted += 1;
        LineBatch::new(LineRange { chunk: id, origin, lines }, bytes)
    }

    /// Checks a result against what was handed out. Parts that crashed every worker are joined
    /// to the rest as quarantined lines; any other loss is an error.
    pub fn complete(&mut self, result: PartialResult<MapChunk>) -> Result<Mapped, FailedChunk> {
        let PartialResult { index, output, lost, .. } = result;
        let handed_out = self.by_submission.remove(&index);
        let (mut quarantined, mut failure) = (Vec::new(), None);
        for (lines, why) in lost {
            match (lines, why) {
                (Some(lines), Failure::Crashed { attempts, last }) if self.skip_poison => {
                    quarantined.push(QuarantinedLines {
                        lines: lines.bytes().to_vec(),
                        range: lines.range,
                        attempts,
                        last,
                    });
                }
                // Cancelled because another part of the chunk was given up. That part has the reason.
                (_, Failure::Cancelled) => {}
                (lines, why) => {
                    let chunk = handed_out.map_or(0, |(chunk, ..)| chunk);
                    failure.get_or_insert_with(|| to_exec_error(chunk, lines, why));
                }
            }
        }
        if let Some(error) = failure {
            let found = handed_out.filter(|_| !quarantined.is_empty()).map(|(chunk, origin, _)| {
                Box::new(Mapped { chunk, origin, lines: 0, partial: Partial::default(), quarantined })
            });
            return Err(FailedChunk { error, found });
        }
        let (chunk, mut partial) = match (output, quarantined.first()) {
            (Some(counted), _) => (counted.range.chunk, counted.partial),
            (None, Some(first)) => (first.range.chunk, Partial::default()),
            (None, None) => return Err(ExecError::Stopped.into()),
        };
        let quarantined_lines: u64 = quarantined.iter().map(|part| part.range.lines).sum();
        partial.lines.read += quarantined_lines;
        partial.lines.quarantined += quarantined_lines;
        let handed_out = handed_out.filter(|&(id, ..)| id == chunk);
        let (_, origin, lines) = handed_out.ok_or(ExecError::Unaccounted {
            chunk,
            handed_out: 0,
            accounted: partial.lines.read,
        })?;
        let mapped = Mapped::new(chunk, origin, lines, partial, self.plan)?;
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
