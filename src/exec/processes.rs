//! Chunks mapped by supervised copies of this program: the one file that knows both the counting
//! and the pool.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Effort, ExecError, Executor, Mapped, Place};
use crate::count::{Mapper, Partial, Plan};
use crate::input::{Buffer, Chunk, Chunks, Origin, Watch, read_ahead};
use crate::pool::{
    self, Bisect, Failure, FrameError, Payload, Pool, PoolError, Salvage, Task, TaskError, Waiting, Wire,
};

/// How often a request to stop is looked for while a worker is busy.
const ROUND: Duration = Duration::from_millis(100);
/// Most bytes of chunks in flight, so that chunks of many mebibytes do not add up.
const IN_FLIGHT_BYTES: usize = 256 << 20;

/// Becomes a worker, and never returns, if this process was started as one.
pub fn serve_if_worker() {
    pool::serve_if_worker(&[MapLines::ENTRY]);
}

/// The executor whose workers are processes.
#[derive(Debug)]
pub struct Processes {
    workers: NonZeroUsize,
}

impl Processes {
    /// An executor with that many worker processes.
    pub fn new(workers: NonZeroUsize) -> Self {
        Self { workers }
    }

    fn pool(&self, plan: &Plan) -> Result<Pool, PoolError> {
        let workers = self.workers.get();
        // Two chunks a worker: one is mapped while the next one is already in its pipe.
        Pool::builder()
            .workers(workers)
            .in_flight(2 * workers, IN_FLIGHT_BYTES)
            .echo_stderr(false)
            .share(plan)?
            .build()
    }
}

impl Executor for Processes {
    fn run(
        &mut self,
        chunks: Chunks,
        plan: &Plan,
        stop: &Watch,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<Effort, ExecError> {
        let pool = self.pool(plan)?;
        let out = RefCell::new(HandedOut::default());
        let closed = Cell::new(false);
        let mut failure: Option<ExecError> = None;
        let mut note = |error: ExecError| {
            closed.set(true);
            failure = Some(match failure.take() {
                Some(first) => first.earlier(error),
                None => error,
            });
        };

        thread::scope(|scope| {
            let mut ahead = read_ahead(scope, chunks, self.workers.get());
            let mut unreadable = None;
            let feed = std::iter::from_fn(|| {
                let chunk = if closed.get() { None } else { ahead.next() };
                match chunk? {
                    Ok(chunk) => Some(out.borrow_mut().lend(chunk)),
                    Err(error) => {
                        unreadable = Some(error);
                        None
                    }
                }
            });
            let mut answers = pool.salvage_unordered::<MapLines, _>(feed);
            loop {
                match answers.next_within(ROUND) {
                    Ok(Some(salvage)) => match out.borrow_mut().settle(salvage, plan) {
                        Ok(mapped) => closed.set(reduce(mapped).is_break() || closed.get()),
                        Err(error) => note(error),
                    },
                    Ok(None) => break,
                    Err(Waiting) if stop.stopped() => {
                        note(ExecError::Stopped);
                        break;
                    }
                    Err(Waiting) => {}
                }
            }
            drop(answers);
            if let Some(error) = unreadable {
                note(error.into());
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        let stats = pool.stats();
        Ok(Effort {
            workers: u32::try_from(stats.workers).unwrap_or(u32::MAX),
            restarts: stats.restarts,
            attempts: stats.attempts,
            retried: stats.retried,
            worker_peak_memory: stats.peak_memory.iter().sum(),
        })
    }
}

/// The chunks that workers have, by their numbers: what the parent knows of them by itself.
#[derive(Default)]
struct HandedOut(HashMap<u64, (Origin, u64)>);

impl HandedOut {
    fn lend(&mut self, chunk: Chunk) -> Lines {
        let Chunk { id, origin, lines, bytes } = chunk;
        self.0.insert(id, (origin, lines));
        Lines { place: Place { chunk: id, origin, lines }, buffer: bytes, start: 0 }
    }

    /// Holds what came back against what was handed out.
    fn settle(&mut self, salvage: Salvage<MapLines>, plan: &Plan) -> Result<Mapped, ExecError> {
        let Salvage { output, mut lost } = salvage;
        if !lost.is_empty() {
            let (lines, why) = lost.swap_remove(0);
            return Err(explain(lines, why));
        }
        let Some(Counted { place: Place { chunk, .. }, partial }) = output else {
            return Err(ExecError::Stopped);
        };
        let (origin, lines) = self.0.remove(&chunk).ok_or(ExecError::Unaccounted {
            chunk,
            handed_out: 0,
            accounted: partial.lines.read,
        })?;
        Mapped::new(chunk, origin, lines, partial, plan)
    }
}

fn explain(lines: Option<Lines>, why: Failure) -> ExecError {
    let place = lines.map(|lines| lines.place);
    match (why, place) {
        (Failure::Task(error), Some(Place { chunk, .. })) => ExecError::Uncountable { chunk, error },
        (Failure::Crashed { attempts, last }, Some(place)) => ExecError::Poison { place, attempts, last },
        (Failure::GaveUp(why), _) => ExecError::GaveUp(why),
        (Failure::Stopped, _) => ExecError::Stopped,
        (why, place) => ExecError::Lost { chunk: place.map_or(0, |place| place.chunk), why },
    }
}

/// The task: lines in, their counts out.
struct MapLines;

impl Task for MapLines {
    const NAME: &'static str = "map-lines";
    type Input = Lines;
    type Output = Counted;
    const BISECT: Option<Bisect<Self>> = Some(Bisect { split: Lines::split, join: Counted::join });

    fn run(lines: Lines) -> Result<Counted, TaskError> {
        let mapper = pool::worker_state(|plan: Plan| Mapper::new(&plan))?;
        let partial = mapper.map(lines.bytes()).map_err(TaskError::new)?;
        Ok(Counted { place: lines.place, partial })
    }

    fn items(lines: &Lines) -> u64 {
        lines.place.lines
    }
}

/// A chunk, or a part of one, on its way to a worker. The bytes are not copied on the way: they
/// leave from the reader's buffer, and are mapped in the buffer in which they arrive.
#[derive(Debug)]
struct Lines {
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
struct Counted {
    place: Place,
    partial: Partial,
}

impl Counted {
    fn join(left: Counted, right: Counted) -> Counted {
        let lines = right.place.origin.first_line - left.place.origin.first_line;
        Counted { place: left.place, partial: left.partial.append(right.partial, lines) }
    }
}
