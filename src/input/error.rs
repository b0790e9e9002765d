//! What can go wrong between a name and its bytes.

use std::fmt;
use std::io;

use rustix::io::Errno;

use super::Source;

/// Why the input could not be read to its end. The text names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Nothing has this name.
    #[error("{file}: no such file")]
    NotFound {
        /// The input as it was named.
        file: Source,
    },
    /// The name belongs to a directory.
    #[error("{file}: is a directory")]
    Directory {
        /// The input as it was named.
        file: Source,
    },
    /// The file is there and cannot be opened.
    #[error("{file}: cannot be opened: {cause}")]
    Open {
        /// The input as it was named.
        file: Source,
        /// What the system said.
        cause: io::Error,
    },
    /// A read failed.
    #[error("{file}: cannot be read{}: {cause}", After(*.line))]
    Read {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines before the failure.
        line: u64,
        /// What the system said.
        cause: io::Error,
    },
    /// The file begins as gzip and is not a whole, sound gzip file.
    #[error("{file}: {fault}{}", After(*.line))]
    Gzip {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines that were unpacked before the fault showed.
        line: u64,
        /// What is wrong with it.
        fault: GzipFault,
    },
    /// The file begins as a zip archive and cannot be read as one.
    #[error("{file}: {fault}{}", After(*.line))]
    Zip {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines that were unpacked before the fault showed.
        line: u64,
        /// What is wrong with it.
        fault: ZipFault,
    },
    /// A [`Labeller`](super::Labeller) does not want it.
    #[error("{file}: {why}")]
    Refused {
        /// The input as it was named.
        file: Source,
        /// Why not.
        why: String,
    },
    /// A line is longer than [`Limits::line_bytes`](super::Limits::line_bytes).
    #[error("{file}: line {line}: longer than {limit} bytes")]
    LineTooLong {
        /// The input as it was named.
        file: Source,
        /// The line, the first is 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// [`Watch::stop`](super::Watch::stop) was called.
    #[error("reading was stopped")]
    Stopped,
}

/// What is wrong with a gzip file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GzipFault {
    /// The file ends before its gzip stream does.
    #[error("truncated: the gzip stream ends in the middle")]
    Truncated,
    /// The two magic bytes are there, the rest of the header makes no sense.
    #[error("damaged: the gzip header is not valid")]
    Header,
    /// The packed data cannot be unpacked.
    #[error("damaged: the gzip data cannot be unpacked")]
    Data,
    /// The data can be unpacked, and are not those that were packed.
    #[error("damaged: the gzip checksum does not match")]
    Checksum,
    /// Behind a whole gzip member there are bytes that do not begin another.
    #[error("there is data after the end of the gzip stream that is not gzip")]
    TrailingData,
}

/// What is wrong with a zip archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// The list of files at its end is missing or makes no sense, as when the archive was cut short.
    #[error("damaged: the zip archive is cut short or its directory is not valid")]
    Directory,
    /// A file in it ends too early.
    #[error("truncated: the zip data end in the middle")]
    Truncated,
    /// The packed data cannot be unpacked.
    #[error("damaged: the zip data cannot be unpacked")]
    Data,
    /// The data can be unpacked, and are not those that were packed.
    #[error("damaged: the zip checksum does not match")]
    Checksum,
    /// A file in it is packed in a way that is not supported.
    #[error("a file in the zip archive is neither stored nor deflated")]
    Method,
    /// A file in it has a password.
    #[error("a file in the zip archive is encrypted")]
    Encrypted,
    /// The directory of an archive is at its end, and a pipe has to be read from its beginning.
    #[error("a zip archive cannot be read from a pipe; name the file, or unpack it with `unzip -p`")]
    Pipe,
}

/// The place of a fault, for people: nothing at all when it lies before the end of the first line.
struct After(u64);

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            line => write!(f, " (after line {line})"),
        }
    }
}

/// A failure below the level where the file's name and the line are known.
#[derive(Debug)]
pub(super) enum Failure {
    Stopped,
    Io(io::Error),
    Gzip(GzipFault),
    Zip(ZipFault),
}

impl Failure {
    /// Adds the place: the file and the number of whole lines read from it.
    pub(super) fn at(self, file: &Source, line: u64) -> InputError {
        let file = file.clone();
        match self {
            Failure::Stopped => InputError::Stopped,
            Failure::Io(cause) => InputError::Read { file, line, cause },
            Failure::Gzip(fault) => InputError::Gzip { file, line, fault },
            Failure::Zip(fault) => InputError::Zip { file, line, fault },
        }
    }

    /// The `io::Error` that stands for `Stopped` while it passes through code that knows only `io::Error`.
    pub(super) fn stopped_as_io() -> io::Error {
        Errno::CANCELED.into()
    }
}

impl From<io::Error> for Failure {
    fn from(cause: io::Error) -> Self {
        match Errno::from_io_error(&cause) {
            Some(Errno::CANCELED) => Failure::Stopped,
            _ => Failure::Io(cause),
        }
    }
}

impl From<ZipFault> for Failure {
    fn from(fault: ZipFault) -> Self {
        Failure::Zip(fault)
    }
}

impl From<GzipFault> for Failure {
    fn from(fault: GzipFault) -> Self {
        Failure::Gzip(fault)
    }
}
