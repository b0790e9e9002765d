//! Why an answer could not be written.

use std::io;
use std::path::PathBuf;

use super::format::NotText;

/// Why an answer could not be written. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The output file cannot be made or written.
    #[error("{}: cannot write: {error}", path.display())]
    File {
        /// The file, as it was given.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Standard output cannot be written.
    #[error("standard output: cannot write: {0}")]
    Stdout(io::Error),
    /// The format cannot hold an n-gram.
    #[error("{place}: {error}")]
    NotText {
        /// Where it was to be written.
        place: String,
        /// Which n-gram.
        error: NotText,
    },
    /// Whoever read the pipe has gone. That is their right: not a failure.
    #[error("the reader of the output has gone")]
    ReaderGone,
}
