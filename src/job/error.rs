//! Errors of a count.

use std::fs::File;
use std::io::Read;

use super::located_lines::{LocatedBadLine, PoisonLines};
use crate::count::{CountError, LineError};
use crate::exec::ExecError;
use crate::input::{IndexFault, InputError, Source, is_packed};

/// Error of a count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The input cannot be read.
    #[error(transparent)]
    Input(InputError),
    /// A line is not in the format, and the plan was to fail then.
    #[error("{file}: {} {line}: {error}{}", .unit, if *.misnamed { MISNAMED } else { "" })]
    BadLine {
        /// The file, as it was given.
        file: Source,
        /// The line's number in it, from 1.
        line: u64,
        /// Its error.
        error: LineError,
        /// What it is: `line`, or `document` if documents were brought to one line each.
        unit: &'static str,
        /// The file's name is that of a packed one, as `a.gz` is, but it is plain.
        misnamed: bool,
    },
    /// The counts cannot be added up.
    #[error(transparent)]
    Count(#[from] CountError),
    /// The chunks could not be mapped.
    #[error(transparent)]
    Exec(ExecError),
    /// Lines that crash every worker that counts them.
    #[error("{0}")]
    Poison(Box<PoisonLines>),
    /// A worker process cannot send the count of a chunk.
    #[error("{file}: {error}")]
    ResultTooLarge {
        /// The file, as it was given.
        file: Source,
        /// The error, with the lines of the chunk.
        error: ExecError,
    },
    /// The count failed for another reason after some lines had been found that crash every worker.
    #[error("{error}")]
    BesidesPoison {
        /// The failure.
        error: Box<JobError>,
        /// The lines, in input order.
        found: Vec<PoisonLines>,
    },
    /// A chunk's result came in a second time.
    #[error("chunk {chunk} was counted twice; this is a bug in ngramcount")]
    CountedTwice {
        /// The chunk's number, from 0.
        chunk: u64,
    },
    /// The line totals do not agree.
    #[error(
        "{read} lines were read and {handed_out} handed out, but {accounted} are accounted for; \
         this is a bug in ngramcount"
    )]
    Unbalanced {
        /// Lines that the reader cut.
        read: u64,
        /// Lines in the chunks that came back.
        handed_out: u64,
        /// Lines that the workers account for.
        accounted: u64,
    },
    /// The job was cancelled.
    #[error("interrupted after {lines} lines; nothing was written")]
    Stopped {
        /// Lines that were counted or left out before.
        lines: u64,
    },
}

impl From<InputError> for JobError {
    fn from(error: InputError) -> Self {
        match error {
            // Before a line was counted.
            InputError::Stopped => JobError::Stopped { lines: 0 },
            error => JobError::Input(error),
        }
    }
}

const MISNAMED: &str = " (its name is that of a packed file, and it is none, so it was read as plain text)";

/// Endings of the names of packed files.
const PACKED_ENDINGS: [&str; 6] = ["gz", "zst", "bz2", "xz", "lz4", "zip"];

impl JobError {
    /// Whether the supervisor gave up: a restart or a retry budget was spent.
    pub fn gave_up(&self) -> bool {
        match self {
            Self::BesidesPoison { error, .. } => error.gave_up(),
            _ => {
                matches!(self, Self::Poison(_) | Self::Exec(ExecError::GaveUp(_) | ExecError::Reduce { .. }))
            }
        }
    }

    /// The file that is not what its index says, and what is wrong.
    pub(super) fn index_fault(&self) -> Option<(&Source, IndexFault)> {
        match self {
            Self::BesidesPoison { error, .. } => error.index_fault(),
            Self::Input(InputError::Index { file, fault }) => Some((file, *fault)),
            _ => None,
        }
    }

    /// The failure itself, and the lines that crash every worker that were found before it.
    pub fn split_off_poison(self) -> (Self, Vec<PoisonLines>) {
        match self {
            Self::BesidesPoison { error, found } => (*error, found),
            error => (error, Vec::new()),
        }
    }

    pub(super) fn bad_line(bad: LocatedBadLine) -> Self {
        let LocatedBadLine { source: file, line, error, unit } = bad;
        let misnamed = is_misnamed(&file);
        Self::BadLine { file, line, error, unit, misnamed }
    }
}

/// Whether a file is named like a packed one and is none. Reads its start again: chunks do not carry the codec, and this runs
/// once, after the count has failed.
fn is_misnamed(source: &Source) -> bool {
    let Source::Path(path) = source else {
        return false;
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    if !ending.is_some_and(|ending| PACKED_ENDINGS.contains(&ending)) || !path.is_file() {
        return false;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    read.is_ok() && !is_packed(&start)
}
