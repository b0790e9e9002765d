//! Errors of writing an answer.

use std::io;
use std::path::PathBuf;

use super::ngram_error::NgramError;

/// The reason why an answer could not be written. No partial file is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The output file cannot be created or written.
    #[error("{}: cannot write: {error}", path.display())]
    File {
        /// The file, as it was given.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// Standard output cannot be written.
    #[error("standard output: cannot write: {0}")]
    Stdout(io::Error),
    /// The format cannot represent an n-gram.
    #[error("{destination}: {error}")]
    Ngram {
        /// The destination.
        destination: String,
        /// The n-gram, the format, and what it cannot hold.
        error: NgramError,
    },
    /// The reader of standard output has closed it. A program need not treat this as a failure. For a file that was named
    /// it is one: the file is not complete.
    #[error("the reader of the output has closed the pipe")]
    BrokenPipe,
}
