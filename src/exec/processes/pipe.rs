//! Pipe feeding: the parent reads, unpacks and cuts, and hands chunks to the workers, processes or threads.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::thread;

use crossbeam_channel::{never, select, unbounded};
use serde::{Deserialize, Serialize};

use super::{First, ROUND};
use crate::count::{Mapper, Partial, Plan};
use crate::exec::executor::format_of;
use crate::exec::{ExecError, Mapped, Place, Quarantined};
use crate::input::{Buffer, Chunk, Chunks, Origin, Watch, read_ahead};
use crate::pool::{
    self, Backend, Bisect, Ending, Failure, FrameError, PartialResult, Payload, PoolOf, Task, TaskError, Wire,
};

/// Has all chunks mapped. What fails first in input order is noted in `first`.
pub(in crate::exec) fn run<B: Backend>(
    pool: &PoolOf<B>,
    workers: usize,
    chunks: Chunks,
    mut out: HandedOut<'_>,
    stop: &Watch,
    first: &mut First,
    reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
) {
    // One message for each answer that has arrived in the window.
    let (notify, answered) = unbounded();
    let mut window = pool.window_with::<MapLines>(move || {
        let _ = notify.send(());
    });
    let mut feeding = true;
    thread::scope(|scope| {
        let ahead = read_ahead(scope, chunks, workers);
        // A channel from which nothing comes stands in for the input while none is wanted.
        let no_chunks = never();
        while feeding || !window.is_empty() {
            let wanted = feeding && window.has_room();
            let mut fail = |error: ExecError| {
                feeding = false;
                first.note(error);
            };
            select! {
                recv(if wanted { ahead.receiver() } else { &no_chunks }) -> chunk => match chunk {
                    Ok(Ok(chunk)) => window.push(out.lend(chunk)),
                    Ok(Err(error)) => fail(error.into()),
                    Err(_) => feeding = false,
                },
                recv(answered) -> _ => {
                    let Some(result) = window.try_recv() else { continue };
                    match out.settle(result) {
                        Ok(mapped) => feeding &= reduce(mapped).is_continue(),
                        Err(error) => fail(error),
                    }
                }
                default(ROUND) => if stop.stopped() {
                    fail(ExecError::Stopped);
                    break;
                },
            }
        }
        drop(window);
    });
}

/// The chunks that workers have: what the parent knows of them by itself.
pub(in crate::exec) struct HandedOut<'p> {
    plan: &'p Plan,
    /// By the order of submission, the chunk's number, where it begins and how many lines it has.
    lent: HashMap<usize, (u64, Origin, u64)>,
    submitted: usize,
    /// Lines that crash every worker may be left out.
    skip_poison: bool,
}

impl<'p> HandedOut<'p> {
    pub fn new(plan: &'p Plan, skip_poison: bool) -> Self {
        HandedOut { plan, lent: HashMap::new(), submitted: 0, skip_poison }
    }

    pub fn lend(&mut self, chunk: Chunk) -> Lines {
        let Chunk { id, origin, lines, bytes } = chunk;
        self.lent.insert(self.submitted, (id, origin, lines));
        self.submitted += 1;
        Lines { place: Place { chunk: id, origin, lines }, buffer: bytes, start: 0 }
    }

    /// Holds what came back against what was handed out. Parts that crashed every worker are joined
    /// to the rest as quarantined lines; any other loss is a failure.
    pub fn settle(&mut self, result: PartialResult<MapLines>) -> Result<Mapped, ExecError> {
        let PartialResult { index, output, lost, .. } = result;
        let handed_out = self.lent.remove(&index);
        let mut quarantined = Vec::new();
        for (lines, why) in lost {
            match (lines, why) {
                (Some(lines), Failure::Crashed { attempts, last }) if self.skip_poison => {
                    quarantined.push(Quarantined {
                        lines: lines.bytes().to_vec(),
                        place: lines.place,
                        attempts,
                        last,
                    });
                }
                // Called off because another part of the chunk was given up; that one says why.
                (_, Failure::Cancelled) => {}
                (lines, why) => return Err(explain(handed_out.map_or(0, |(chunk, ..)| chunk), lines, why)),
            }
        }
        let (chunk, mut partial) = match (output, quarantined.first()) {
            (Some(counted), _) => (counted.place.chunk, counted.partial),
            (None, Some(first)) => (first.place.chunk, Partial::default()),
            (None, None) => return Err(ExecError::Stopped),
        };
        let given_up: u64 = quarantined.iter().map(|part| part.place.lines).sum();
        partial.lines.read += given_up;
        partial.lines.quarantined += given_up;
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

pub(in crate::exec) fn explain(chunk: u64, lines: Option<Lines>, why: Failure) -> ExecError {
    match (why, lines) {
        (Failure::Task(error), _) => ExecError::Uncountable { chunk, error },
        (Failure::Crashed { attempts, last }, Some(lines)) => {
            let (place, lines) = (lines.place, lines.bytes().to_vec());
            ExecError::Poison(Quarantined { place, lines, attempts, last })
        }
        // A thread hands no lines back: they are gone with the panic.
        (Failure::Crashed { attempts, last }, None) => match &last.ending {
            Ending::Panicked { message } => ExecError::Panicked { chunk, message: message.clone() },
            _ => ExecError::Lost { chunk, why: Failure::Crashed { attempts, last } },
        },
        (Failure::GaveUp(why), _) => ExecError::GaveUp(why),
        (Failure::Stopped, _) => ExecError::Stopped,
        (why, _) => ExecError::Lost { chunk, why },
    }
}

/// The task: lines in, their counts out.
pub(in crate::exec) struct MapLines;

impl Task for MapLines {
    const NAME: &'static str = "map-lines";
    type Input = Lines;
    type Output = Counted;
    const BISECT: Option<Bisect<Self>> = Some(Bisect { split: Lines::split, join: Counted::join });

    fn run(lines: Lines) -> Result<Counted, TaskError> {
        if let Some(rule) = pool::content_rule()
            && meets(lines.bytes(), rule.word())
        {
            rule.trigger();
        }
        let mapper = pool::worker_state(|plan: Plan| Mapper::new(&plan))?;
        let partial = mapper.map(format_of(lines.place.origin), lines.bytes()).map_err(TaskError::new)?;
        Ok(Counted { place: lines.place, partial })
    }

    fn items(lines: &Lines) -> u64 {
        lines.place.lines
    }
}

/// Whether an n-gram stands among the lines, for faults that are bound to one: as a field of its
/// own, or as a word between blanks.
pub(super) fn meets(lines: &[u8], ngram: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    memchr::memmem::find_iter(lines, ngram).any(|at| {
        blank(at.checked_sub(1).and_then(|before| lines.get(before))) && blank(lines.get(at + ngram.len()))
    })
}

/// A chunk, or a part of one, on its way to a worker. The bytes are not copied on the way: they
/// leave from the reader's buffer, and are mapped in the buffer in which they arrive.
#[derive(Debug)]
pub(in crate::exec) struct Lines {
    place: Place,
    buffer: Buffer,
    /// Where the lines begin in the buffer. In a worker the place precedes them.
    start: usize,
}

impl Wire for Lines {
    fn to_wire(self) -> Result<Payload, FrameError> {
        debug_assert_eq!(self.start, 0, "only a parent sends lines, and it has them apart");
        Payload::with_bulk(&self.place, self.buffer)
    }

    fn from_wire(bytes: Vec<u8>) -> Result<Self, FrameError> {
        let (place, start) = pool::decode_with_bulk(&bytes)?;
        Ok(Lines { place, buffer: Buffer::from(bytes), start })
    }
}

impl Lines {
    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Two halves at the line end next to the middle.
    fn split(self) -> Option<(Lines, Lines)> {
        let Place { chunk, origin, lines } = self.place;
        let bytes = self.bytes();
        let middle = bytes.len() / 2;
        let cut = memchr::memchr(b'\n', &bytes[middle..]).map(|at| middle + at + 1);
        let cut = cut.filter(|&cut| cut < bytes.len());
        let cut = cut.or_else(|| memchr::memrchr(b'\n', &bytes[..middle]).map(|at| at + 1))?;
        let (left, right) = bytes.split_at(cut);
        let before = memchr::memchr_iter(b'\n', left).count() as u64;
        let behind =
            Origin { first_line: origin.first_line + before, offset: origin.offset + cut as u64, ..origin };
        let part = |origin, lines, bytes: &[u8]| Lines {
            place: Place { chunk, origin, lines },
            buffer: Buffer::from(bytes.to_vec()),
            start: 0,
        };
        Some((part(origin, before, left), part(behind, lines - before, right)))
    }
}

/// What a worker found in some lines.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::exec) struct Counted {
    place: Place,
    partial: Partial,
}

impl Counted {
    fn join(left: Counted, right: Counted) -> Counted {
        let lines = right.place.origin.first_line - left.place.origin.first_line;
        Counted { place: left.place, partial: left.partial.append(right.partial, lines) }
    }
}
