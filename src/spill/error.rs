//! Errors of runs.

use std::io;
use std::path::PathBuf;

use crate::count::CountError;

/// Reason why partial counts could not be written to a file, or read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpillError {
    /// No file can be made there.
    #[error("{}: cannot make a file for partial counts: {error}", folder.display())]
    Create {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The file cannot be extended.
    #[error("{}: cannot write partial counts behind the first {written} bytes: {error}", folder.display())]
    Write {
        /// The folder.
        folder: PathBuf,
        /// Bytes that the file has.
        written: u64,
        /// The system's error.
        error: io::Error,
    },
    /// The partial counts take more room than they may.
    #[error("{}: partial counts take more than the {limit} bytes that they may have there; {written} are written", folder.display())]
    Full {
        /// The folder.
        folder: PathBuf,
        /// Bytes that the file has.
        written: u64,
        /// Bytes that it may have.
        limit: u64,
    },
    /// The file cannot be read.
    #[error("{}: cannot read partial counts: {error}", folder.display())]
    Read {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// What was read is not what was written.
    #[error("{}: partial counts are damaged at byte {offset}: their checksum is another one", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// Where the damaged block begins.
        offset: u64,
    },
    /// The folder of a checkpoint cannot be used.
    #[error("{}: checkpoint: {reason}", folder.display())]
    Checkpoint {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The folder of a checkpoint is of another count.
    #[error("{}: this checkpoint is of another count: {difference}", folder.display())]
    OtherQuestion {
        /// The folder.
        folder: PathBuf,
        /// The first thing that differs.
        difference: String,
    },
    /// The counts cannot be added up.
    #[error(transparent)]
    Count(#[from] CountError),
}
