//! Chunks mapped by supervised copies of this program: the one file that knows both the counting
//! and the pool.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{never, select};
use serde::{Deserialize, Serialize};

use super::executor::format_of;
use super::ledger::Ledger;
use super::{Effort, ExecError, Executor, Mapped, Place, Quarantined, Supervision};
use crate::count::{Mapper, Partial, Plan};
use crate::input::{Buffer, Chunk, Chunks, Origin, Watch, read_ahead};
use crate::pool::{
    self, Bisect, Failure, FrameError, OnPoison, Payload, Pool, PoolError, Salvage, Task, TaskError, Wire,
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
    rules: Supervision,
}

impl Processes {
    /// An executor with that many worker processes under these rules.
    pub fn new(workers: NonZeroUsize, rules: Supervision) -> Self {
        Self { workers, rules }
    }

    fn pool(&self, plan: &Plan, ledger: Option<Ledger>) -> Result<Pool, PoolError> {
        let workers = self.workers.get();
        // Two chunks a worker: one is mapped while the next one is already in its pipe.
        let builder = self.rules.builder().workers(workers).in_flight(2 * workers, IN_FLIGHT_BYTES);
        let builder = builder.share(plan)?;
        match ledger {
            Some(ledger) => builder.on_attempt(move |attempt| ledger.enter(attempt)),
            None => builder,
        }
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
        let open = |path: &PathBuf| {
            Ledger::create(path).map_err(|error| ExecError::Ledger { path: path.clone(), error })
        };
        let ledger = self.rules.ledger.as_ref().map(open).transpose()?;
        let pool = self.pool(plan, ledger.clone())?;
        let mut window = pool.window::<MapLines>();
        let skip_poison = self.rules.on_poison == OnPoison::Skip;
        let mut out = HandedOut { lent: HashMap::new(), skip_poison };
        let mut failure: Option<ExecError> = None;
        let mut feeding = true;

        thread::scope(|scope| {
            let ahead = read_ahead(scope, chunks, self.workers.get());
            // A channel from which nothing comes stands in for the input while none is wanted.
            let no_chunks = never();
            while feeding || !window.is_empty() {
                let wanted = feeding && window.is_room();
                let mut fail = |error: ExecError| {
                    feeding = false;
                    failure = Some(match failure.take() {
                        Some(first) => first.earlier(error),
                        None => error,
                    });
                };
                select! {
                    recv(if wanted { ahead.receiver() } else { &no_chunks }) -> chunk => match chunk {
                        Ok(Ok(chunk)) => window.push(out.lend(chunk)),
                        Ok(Err(error)) => fail(error.into()),
                        Err(_) => feeding = false,
                    },
                    recv(window.arrivals()) -> arrival => {
                        let Ok(arrival) = arrival else { break };
                        match out.settle(window.open(arrival), plan) {
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
        let stats = pool.stats();
        drop(pool);
        if let (Some(ledger), Some(path)) = (ledger, &self.rules.ledger)
            && let Err(error) = ledger.close()
        {
            failure.get_or_insert(ExecError::Ledger { path: path.clone(), error });
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(Effort {
                workers: u32::try_from(stats.workers).unwrap_or(u32::MAX),
                restarts: stats.restarts,
                attempts: stats.attempts,
                retried: stats.retried,
                worker_peak_memory: stats.peak_memory.iter().sum(),
            }),
        }
    }
}

/// The chunks that workers have: what the parent knows of them by itself.
struct HandedOut {
    /// By the chunk's number, where it begins and how many lines it has.
    lent: HashMap<u64, (Origin, u64)>,
    /// Lines that crash every worker may be left out.
    skip_poison: bool,
}

impl HandedOut {
    fn lend(&mut self, chunk: Chunk) -> Lines {
        let Chunk { id, origin, lines, bytes } = chunk;
        self.lent.insert(id, (origin, lines));
        Lines { place: Place { chunk: id, origin, lines }, buffer: bytes, start: 0 }
    }

    /// Holds what came back against what was handed out. Parts that crashed every worker are joined
    /// to the rest as quarantined lines; any other loss is a failure.
    fn settle(&mut self, salvage: Salvage<MapLines>, plan: &Plan) -> Result<Mapped, ExecError> {
        let Salvage { output, lost } = salvage;
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
                (lines, why) => return Err(explain(lines, why)),
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
        let (origin, lines) = self.lent.remove(&chunk).ok_or(ExecError::Unaccounted {
            chunk,
            handed_out: 0,
            accounted: partial.lines.read,
        })?;
        let mapped = Mapped::new(chunk, origin, lines, partial, plan)?;
        Ok(Mapped { quarantined, ..mapped })
    }
}

fn explain(lines: Option<Lines>, why: Failure) -> ExecError {
    let chunk = lines.as_ref().map_or(0, |lines| lines.place.chunk);
    match (why, lines) {
        (Failure::Task(error), _) => ExecError::Uncountable { chunk, error },
        (Failure::Crashed { attempts, last }, Some(lines)) => {
            let (place, lines) = (lines.place, lines.bytes().to_vec());
            ExecError::Poison(Quarantined { place, lines, attempts, last })
        }
        (Failure::GaveUp(why), _) => ExecError::GaveUp(why),
        (Failure::Stopped, _) => ExecError::Stopped,
        (why, _) => ExecError::Lost { chunk, why },
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
        if let Some(rule) = pool::content_rule()
            && meets(lines.bytes(), rule.word())
        {
            rule.strike();
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
fn meets(lines: &[u8], ngram: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    memchr::memmem::find_iter(lines, ngram).any(|at| {
        blank(at.checked_sub(1).and_then(|before| lines.get(before))) && blank(lines.get(at + ngram.len()))
    })
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
