//! Errors of an executor.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::quarantine::{LineRange, QuarantinedLines};
use crate::count::CountError;
use crate::input::{InputError, Place};
use crate::pool::{Failure, GaveUp, PoolError, TaskError};
use crate::spill::SpillError;

/// Failure of an execution: the error that comes first in the input, and its place there.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct ExecFailure {
    /// The place of the chunk or of the lines that failed; [`Place::END`] for a failure that has no place.
    pub place: Place,
    /// The error.
    pub error: ExecError,
}

impl<E: Into<ExecError>> From<E> for ExecFailure {
    fn from(error: E) -> Self {
        Self { place: Place::END, error: error.into() }
    }
}

/// Reason why the chunks could not all be mapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecError {
    /// The input could not be read to its end.
    #[error(transparent)]
    Input(InputError),
    /// A chunk could not be counted.
    #[error("{error}")]
    Count {
        /// The chunk's number.
        chunk: u64,
        /// The error.
        error: CountError,
    },
    /// Partial counts could not be written to a file or read back.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// A reduce task could not be run to its end.
    #[error("reduce task {task}: {error}")]
    Reduce {
        /// The task's number.
        task: usize,
        /// The pool's reason.
        error: Failure,
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
        /// Lines that the worker reports as read.
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
    /// The system cannot start another thread.
    #[error("cannot start a thread: {0}")]
    NoThread(std::io::Error),
    /// A worker process reported that it cannot count its chunk.
    #[error("{error}")]
    Uncountable {
        /// The chunk's number.
        chunk: u64,
        /// The worker's error.
        error: TaskError,
    },
    /// Lines that crash every worker that counts them.
    #[error("{0}")]
    Poison(QuarantinedLines),
    /// A worker process cannot send the count of these lines.
    #[error("{range}: their count takes {bytes} bytes, more than the parent can receive")]
    ResultTooLarge {
        /// The lines.
        range: LineRange,
        /// Size of the count.
        bytes: u64,
    },
    /// The attempt log cannot be written.
    #[error("{}: {error}", path.display())]
    AttemptLog {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A chunk was lost on the way.
    #[error("chunk {chunk}: {why}")]
    Lost {
        /// The chunk's number.
        chunk: u64,
        /// The pool's reason.
        why: Failure,
    },
    /// The worker processes kept dying.
    #[error("{0}")]
    GaveUp(Arc<GaveUp>),
    /// The input cannot be split among workers that read it themselves.
    #[error("pipes, standard input and zip archives cannot be split")]
    CannotSplit,
    /// The pool could not be built.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The job was cancelled.
    #[error("stopped")]
    Stopped,
}

impl From<InputError> for ExecError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Stopped => Self::Stopped,
            error => Self::Input(error),
        }
    }
}
