//! Pipe feed: the parent reads, unpacks and cuts, and sends chunks to the workers.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::thread;

use crossbeam_channel::{never, select};

use super::CANCEL_POLL_INTERVAL;
use super::map_chunk::{LineBatch, MapChunk};
use crate::count::{Partial, Plan};
use crate::exec::{EarliestFailure, ExecError, LineRange, Mapped, QuarantinedLines};
use crate::input::{CancelToken, Chunk, Chunks, Origin, read_ahead};
use crate::pool::{Failure, Pool, Salvage};

/// Has all chunks mapped, and records what fails.
pub(super) fn run(
    pool: &Pool,
    workers: usize,
    chunks: Chunks,
    mut outstanding: OutstandingChunks<'_>,
    cancel: &CancelToken,
    failures: &mut EarliestFailure<ExecError>,
    reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
) {
    let mut window = pool.window::<MapChunk>();
    let mut feeding = true;
    thread::scope(|scope| {
        let ahead = read_ahead(scope, chunks, workers);
        // An empty channel replaces the input while no chunk can be sent.
        let no_chunks = never();
        while feeding || !window.is_empty() {
            let wanted = feeding && window.is_room();
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
                recv(window.arrivals()) -> arrival => {
                    let Ok(arrival) = arrival else { break };
                    match outstanding.complete(window.open(arrival)) {
                        Ok(mapped) => feeding &= reduce(mapped).is_continue(),
                        Err(error) => fail(error),
                    }
                }
                default(CANCEL_POLL_INTERVAL) => if cancel.is_cancelled() {
                    fail(ExecError::Stopped);
                    break;
                },
            }
        }
        drop(window);
    });
}

/// Chunks that were handed out and have not come back.
pub(super) struct OutstandingChunks<'p> {
    plan: &'p Plan,
    /// Provenance and number of lines of each chunk.
    by_id: HashMap<u64, (Origin, u64)>,
    /// LineBatch that crash every worker may be left out.
    skip_poison: bool,
}

impl<'p> OutstandingChunks<'p> {
    pub fn new(plan: &'p Plan, skip_poison: bool) -> Self {
        OutstandingChunks { plan, by_id: HashMap::new(), skip_poison }
    }

    pub fn hand_out(&mut self, chunk: Chunk) -> LineBatch {
        let Chunk { id, origin, lines, bytes } = chunk;
        self.by_id.insert(id, (origin, lines));
        LineBatch::new(LineRange { chunk: id, origin, lines }, bytes)
    }

    /// Checks a result against what was handed out. Parts that crashed every worker are joined
    /// to the rest as quarantined lines; any other loss is an error.
    pub fn complete(&mut self, salvage: Salvage<MapChunk>) -> Result<Mapped, ExecError> {
        let Salvage { output, lost } = salvage;
        let mut quarantined = Vec::new();
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
                (lines, why) => return Err(to_exec_error(lines, why)),
            }
        }
        let (chunk, mut partial) = match (output, quarantined.first()) {
            (Some(counted), _) => (counted.range.chunk, counted.partial),
            (None, Some(first)) => (first.range.chunk, Partial::default()),
            (None, None) => return Err(ExecError::Stopped),
        };
        let quarantined_lines: u64 = quarantined.iter().map(|part| part.range.lines).sum();
        partial.lines.read += quarantined_lines;
        partial.lines.quarantined += quarantined_lines;
        let (origin, lines) = self.by_id.remove(&chunk).ok_or(ExecError::Unaccounted {
            chunk,
            handed_out: 0,
            accounted: partial.lines.read,
        })?;
        let mapped = Mapped::new(chunk, origin, lines, partial, self.plan)?;
        Ok(Mapped { quarantined, ..mapped })
    }
}

fn to_exec_error(lines: Option<LineBatch>, why: Failure) -> ExecError {
    let chunk = lines.as_ref().map_or(0, |lines| lines.range.chunk);
    match (why, lines) {
        (Failure::Task(error), _) => ExecError::Uncountable { chunk, error },
        (Failure::Crashed { attempts, last }, Some(lines)) => {
            let (range, lines) = (lines.range, lines.bytes().to_vec());
            ExecError::Poison(QuarantinedLines { range, lines, attempts, last })
        }
        (Failure::GaveUp(why), _) => ExecError::GaveUp(why),
        (Failure::Stopped, _) => ExecError::Stopped,
        (why, _) => ExecError::Lost { chunk, why },
    }
}
