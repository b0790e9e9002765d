//! What every executor promises, and the values that pass through it.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::count::{BadLines, CountError, Format, Mapper, Partial, Plan};
use crate::input::{Chunk, Chunks, InputError, Origin, Watch};
use crate::pool::{Crash, Ending, Failure, GaveUp, PoolError, TaskError};

/// Turns chunks into partial counts, somewhere.
///
/// 1. Every chunk that is fed is mapped, and its result handed to `reduce` exactly once, in any
///    order, always on the calling thread.
/// 2. Chunks are fed in input order. After the first failure (a break from `reduce`, a chunk that
///    cannot be mapped, an input error) none is fed any more, but those in flight are drained. So
///    whatever comes *before* a failure in the input has been seen when `run` returns, and the
///    caller can report the earliest one, whichever executor it chose.
/// 3. What is in flight is bounded: at most two chunks a worker.
pub trait Executor {
    /// Maps all of `chunks` by `plan` and hands each result to `reduce`.
    ///
    /// # Errors
    /// The failure that comes first in input order. A break from `reduce` is not an error: its
    /// reason stays with the caller.
    fn run(
        &mut self,
        chunks: Chunks,
        plan: &Plan,
        stop: &Watch,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<Effort, ExecError>;
}

/// The format of a chunk's file, which is what its label says.
pub(super) fn format_of(origin: Origin) -> Format {
    Format::of_label(origin.label).unwrap_or(Format::V2)
}

/// Where lines come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The number of the chunk that they belong to.
    pub chunk: u64,
    /// The file and the line with which they begin.
    pub origin: Origin,
    /// How many they are.
    pub lines: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.origin.first_line, self.lines) {
            (first, 1) => write!(f, "line {first}"),
            (first, lines) => write!(f, "lines {first} to {}", first + lines - 1),
        }
    }
}

/// Lines that crashed every worker that counted them.
#[derive(Debug)]
pub struct Quarantined {
    /// Which lines.
    pub place: Place,
    /// The lines themselves, as they are in the file.
    pub lines: Vec<u8>,
    /// How many workers there were.
    pub attempts: u32,
    /// The end of the last one.
    pub last: Box<Crash>,
}

impl fmt::Display for Quarantined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, attempts, last, .. } = self;
        let these = if place.lines == 1 { "this line" } else { "these lines" };
        write!(f, "{place}: {these} ")?;
        match &last.ending {
            Ending::Panicked { message } => write!(f, "made {attempts} attempts panic ({message})"),
            _ => {
                let workers = if *attempts == 1 { "worker" } else { "workers" };
                write!(f, "crashed {attempts} {workers} ({last})")
            }
        }
    }
}

/// The partial counts of one chunk.
#[derive(Debug)]
pub struct Mapped {
    /// The chunk's number, from 0, in input order.
    pub chunk: u64,
    /// Where the chunk began.
    pub origin: Origin,
    /// Lines in the chunk, as the reader counted them.
    pub lines: u64,
    /// What the worker found in them.
    pub partial: Partial,
    /// Lines that had to be left out because no worker survived them.
    pub quarantined: Vec<Quarantined>,
}

impl Mapped {
    /// Joins a chunk's provenance to what a worker made of it, and holds the worker to its books:
    /// every line that was handed out must be accounted for.
    ///
    /// # Errors
    /// [`ExecError::Unaccounted`] when the worker's sums are not the reader's.
    pub fn new(
        chunk: u64,
        origin: Origin,
        lines: u64,
        partial: Partial,
        plan: &Plan,
    ) -> Result<Self, ExecError> {
        // Under `fail` a mapper stops at the first bad line, so the rest of the chunk is unread.
        let stopped_early = plan.bad_lines == BadLines::Fail && partial.lines.bad > 0;
        let all_read = partial.lines.read == lines || stopped_early;
        if !(all_read && partial.lines.is_conserved()) {
            return Err(ExecError::Unaccounted { chunk, handed_out: lines, accounted: partial.lines.read });
        }
        Ok(Self { chunk, origin, lines, partial, quarantined: Vec::new() })
    }

    /// Maps one chunk in this thread.
    ///
    /// # Errors
    /// When a sum overflows, or a line of the chunk is not accounted for.
    pub fn map(chunk: &Chunk, mapper: &Mapper, plan: &Plan) -> Result<Self, ExecError> {
        let partial = mapper
            .map(format_of(chunk.origin), &chunk.bytes)
            .map_err(|error| ExecError::Count { chunk: chunk.id, error })?;
        Self::new(chunk.id, chunk.origin, chunk.lines, partial, plan)
    }
}

/// What the work took, beside time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// Workers at work at the same time.
    pub workers: u32,
    /// Workers that were started in place of one that ended.
    pub restarts: u64,
    /// Times that a chunk was given to a worker.
    pub attempts: u64,
    /// Attempts that were lost and made again.
    pub retried: u64,
    /// Peak resident memory of the worker processes, in bytes, added up; 0 when they are threads. A page that several
    /// processes hold is divided among them.
    pub worker_peak_memory: u64,
    /// Of the memory of this process, how many bytes are then counted to its workers and others.
    pub shared_memory: u64,
}

/// Why the chunks could not all be mapped.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The input could not be read to its end.
    #[error(transparent)]
    Input(InputError),
    /// A chunk could not be counted.
    #[error("{error}")]
    Count {
        /// The chunk's number.
        chunk: u64,
        /// What was wrong with it.
        error: CountError,
    },
    /// A worker did not account for every line that it was given, or accounted for some twice.
    #[error(
        "chunk {chunk}: {handed_out} lines were handed out but {accounted} are accounted for; \
         this is a bug in ngramcount"
    )]
    Unaccounted {
        /// The chunk's number.
        chunk: u64,
        /// Lines that the reader cut.
        handed_out: u64,
        /// Lines that the worker says it read.
        accounted: u64,
    },
    /// The code that maps a chunk panicked.
    #[error("chunk {chunk}: a worker thread panicked: {message}")]
    Panicked {
        /// The chunk's number.
        chunk: u64,
        /// The panic's message.
        message: String,
    },
    /// The system has no room for another thread.
    #[error("cannot start a worker thread: {0}")]
    NoThread(std::io::Error),
    /// A worker process says that it cannot count its chunk.
    #[error("{error}")]
    Uncountable {
        /// The chunk's number.
        chunk: u64,
        /// What it says.
        error: TaskError,
    },
    /// Lines that crash every worker that counts them.
    #[error("{0}")]
    Poison(Quarantined),
    /// The ledger cannot be written.
    #[error("{}: {error}", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A chunk was lost on the way.
    #[error("chunk {chunk}: {why}")]
    Lost {
        /// The chunk's number.
        chunk: u64,
        /// How.
        why: Failure,
    },
    /// The worker processes kept dying.
    #[error("{0}")]
    GaveUp(Arc<GaveUp>),
    /// The input cannot be shared out.
    #[error("pipes, standard input and zip archives cannot be split; use --feed pipe")]
    CannotSplit,
    /// There can be no worker processes.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The job was asked to stop.
    #[error("stopped")]
    Stopped,
}

impl ExecError {
    /// The chunk that failed, or `None` where the failure comes after every chunk that was fed.
    pub fn chunk(&self) -> Option<u64> {
        match self {
            Self::Count { chunk, .. }
            | Self::Unaccounted { chunk, .. }
            | Self::Panicked { chunk, .. }
            | Self::Uncountable { chunk, .. }
            | Self::Lost { chunk, .. } => Some(*chunk),
            Self::Poison(lines) => Some(lines.place.chunk),
            Self::Ledger { .. }
            | Self::CannotSplit
            | Self::Input(_)
            | Self::NoThread(_)
            | Self::GaveUp(_)
            | Self::Pool(_)
            | Self::Stopped => None,
        }
    }

    /// Whichever of two failures comes first in input order.
    pub fn earlier(self, other: Self) -> Self {
        let place = |error: &Self| error.chunk().unwrap_or(u64::MAX);
        if place(&other) < place(&self) { other } else { self }
    }
}

impl From<InputError> for ExecError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Stopped => Self::Stopped,
            error => Self::Input(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::LineTally;

    fn mapped(lines: u64, tally: LineTally, bad_lines: BadLines) -> Result<Mapped, ExecError> {
        let origin = Origin { file: 0, first_line: 1, offset: 0, label: 0 };
        let partial = Partial::of_lines(tally);
        let plan = Plan { bad_lines, ..Plan::default() };
        Mapped::new(3, origin, lines, partial, &plan)
    }

    #[test]
    fn a_worker_accounts_for_every_line_that_it_was_given() {
        let tally = |read, counted, bad| LineTally { read, counted, bad, ..LineTally::default() };
        // (lines handed out, what the worker reports, what happens to bad lines, whether that is right)
        let cases = [
            (9, tally(9, 9, 0), BadLines::Fail, true),
            (9, tally(9, 8, 1), BadLines::Skip, true),
            (9, tally(4, 3, 1), BadLines::Fail, true),
            (9, tally(4, 3, 1), BadLines::Skip, false),
            (9, tally(8, 8, 0), BadLines::Fail, false),
            (9, tally(18, 18, 0), BadLines::Fail, false),
            (9, tally(9, 8, 0), BadLines::Skip, false),
        ];
        for (lines, tally, bad_lines, right) in cases {
            assert_eq!(mapped(lines, tally, bad_lines).is_ok(), right, "{tally:?}");
        }
    }

    #[test]
    fn a_failure_in_a_chunk_comes_before_one_of_the_input_behind_it() {
        let panicked = |chunk| ExecError::Panicked { chunk, message: String::new() };
        assert_eq!(panicked(3).earlier(panicked(2)).chunk(), Some(2));
        assert_eq!(panicked(2).earlier(panicked(3)).chunk(), Some(2));
        assert_eq!(ExecError::Stopped.earlier(panicked(3)).chunk(), Some(3));
        assert_eq!(panicked(3).earlier(ExecError::Stopped).chunk(), Some(3));
    }
}
