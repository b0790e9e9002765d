//! One count, from a [`Config`] to a [`Report`]: opens the input, has the chunks mapped, merges
//! what comes back, and closes the books. It reads no arguments, prints nothing and writes no file.

mod books;
mod error;
mod formats;
mod map;
mod memory;
mod stats;

use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

pub use books::{NamedBadLine, PoisonLines};
pub use error::JobError;
pub use map::{MapError, Mapping, map};
pub use stats::{InputStats, LineStats, SecondStats, Stats, TaskStats, WorkerStats};

use crate::count::{Answer, Format, Order, Plan, Reducer};
use crate::exec::Mapped;
pub use crate::exec::{Kind, Supervision};
pub use crate::input::Watch;
use crate::input::{Chunks, Limits, Source};

use books::Books;

/// All that a count depends on.
#[derive(Debug, Clone)]
pub struct Config {
    /// What to read, in this order.
    pub sources: Vec<Source>,
    /// What their lines mean; `None` finds it out for each file by its first lines.
    pub format: Option<Format>,
    /// What is counted, and what happens to lines that cannot be.
    pub plan: Plan,
    /// How the answer is sorted and cut.
    pub order: Order,
    /// How large a chunk is.
    pub chunk: ChunkSize,
    /// Where the chunks are mapped.
    pub executor: Kind,
    /// How many workers map them.
    pub workers: NonZeroUsize,
    /// How worker processes are watched.
    pub supervision: Supervision,
}

/// How large a chunk is. In any case one ends at 64 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkSize {
    /// As suits the input and the workers.
    Auto,
    /// Exactly so many lines; the last one of a file may have fewer.
    Lines(NonZeroU64),
}

impl fmt::Display for ChunkSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Lines(lines) => lines.fmt(f),
        }
    }
}

/// What a count came to.
#[derive(Debug)]
pub struct Report {
    /// The n-grams with their matches.
    pub answer: Answer,
    /// What was read, counted, left out and spent.
    pub stats: Stats,
    /// The first five lines that were left out because they are bad, in input order.
    pub bad_lines: Vec<NamedBadLine>,
    /// The lines that were left out because no worker survived them, in input order.
    pub quarantined: Vec<PoisonLines>,
}

/// Counts, to the end or to the first failure.
///
/// `watch` lets another thread follow the reading and stop it.
///
/// # Errors
/// See [`JobError`]; where several things are wrong it is the one that comes first in the input,
/// whichever executor does the work.
pub fn run(config: &Config, watch: &Arc<Watch>) -> Result<Report, JobError> {
    let started = Instant::now();
    let open = |limits| Chunks::open(config.sources.clone(), limits, Arc::clone(watch));
    let chunks = match config.chunk {
        ChunkSize::Lines(lines) => open(Limits::lines(lines))?,
        ChunkSize::Auto => open(Limits::lines(NonZeroU64::MAX))?.sized_for(config.workers.get()),
    };
    let chunks = chunks.labelled_by(formats::labeller(config.format, &config.plan));
    let mut books = Books::new(&config.plan, &config.sources);
    let mut reducer = Reducer::new(&config.plan);
    let mut failure = Earliest::default();

    let mut reduce = |mut mapped: Mapped| -> ControlFlow<()> {
        let chunk = mapped.chunk;
        let done =
            books.enter(&mut mapped).and_then(|()| reducer.merge(&mapped.partial).map_err(JobError::from));
        match done {
            Err(error) => failure.note(chunk, error),
            Ok(()) if failure.0.is_none() => return ControlFlow::Continue(()),
            Ok(()) => {}
        }
        ControlFlow::Break(())
    };
    let ran = config.executor.executor(config.workers, &config.supervision).run(
        chunks,
        &config.plan,
        watch,
        &mut reduce,
    );

    let effort = match (failure.0, ran) {
        (Some((chunk, ours)), Err(theirs)) => {
            let theirs_first = theirs.chunk().is_some_and(|failed| failed < chunk);
            return Err(if theirs_first { books.explain(theirs) } else { ours });
        }
        (Some((_, ours)), Ok(_)) => return Err(ours),
        (None, Err(theirs)) => return Err(books.explain(theirs)),
        (None, Ok(effort)) => effort,
    };
    books.close(watch.lines())?;
    let answer = reducer.finish(&config.order)?;
    Ok(Report {
        stats: Stats::new(config, watch, &books, &effort, &answer, started.elapsed()),
        answer,
        bad_lines: books.bad_lines(),
        quarantined: books.into_quarantined(),
    })
}

/// The failure in the earliest chunk so far, with that chunk's number.
#[derive(Default)]
struct Earliest(Option<(u64, JobError)>);

impl Earliest {
    fn note(&mut self, chunk: u64, error: JobError) {
        if self.0.as_ref().is_none_or(|(first, _)| chunk < *first) {
            self.0 = Some((chunk, error));
        }
    }
}
