//! Errors of opening, reading and unpacking.

use std::fmt;
use std::io;

use rustix::io::Errno;

use super::index::IndexFault;
use super::packing::PackedFault;
use super::source::{RemoteFault, Source};

/// Why the input could not be read to its end. The text names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// No file has this name.
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
    /// A folder has no file that is to be read.
    #[error("{file}: {}", empty_folder(.globs, *.left_out))]
    EmptyFolder {
        /// The folder as it was named.
        file: Source,
        /// The patterns that files had to fit; empty if there were none.
        globs: String,
        /// Whether hidden files or indexes were left out.
        left_out: bool,
    },
    /// A link in a folder leads to a folder that it lies in.
    #[error("{file}: a symbolic link that leads back to {folder}, in which it lies")]
    LinkLoop {
        /// The link.
        file: Source,
        /// Where it leads.
        folder: Source,
    },
    /// A link in a folder leads nowhere.
    #[error("{file}: a symbolic link to a file that is not there")]
    BrokenLink {
        /// The link.
        file: Source,
    },
    /// A pipe, a socket or a device was found in a folder.
    #[error("{file}: is no regular file; in a folder only these are read")]
    NotRegular {
        /// What was found.
        file: Source,
    },
    /// A list of files names none.
    #[error("{file}: the list names no file")]
    EmptyList {
        /// The list as it was named.
        file: Source,
    },
    /// A line in a list of files is too long to be a name.
    #[error("{file}: line {line}: too long for the name of a file; a list has one path or URL a line")]
    NoName {
        /// The list as it was named.
        file: Source,
        /// The line, the first is 1.
        line: u64,
    },
    /// The file is there and cannot be opened.
    #[error("{file}: cannot be opened: {cause}")]
    Open {
        /// The input as it was named.
        file: Source,
        /// The system's error.
        cause: io::Error,
    },
    /// A read failed.
    #[error("{file}: cannot be read{}: {cause}", AfterLine(*.line))]
    Read {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines before the failure.
        line: u64,
        /// The system's error.
        cause: io::Error,
    },
    /// The file begins as one in a compression format and is not a whole, sound file in it.
    #[error("{file}: {fault}{}", AfterLine(*.line))]
    Packed {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines that were unpacked before the fault showed.
        line: u64,
        /// What is wrong with it.
        fault: PackedFault,
    },
    /// The file begins as a zip archive and cannot be read as one.
    #[error("{file}: {fault}{}", AfterLine(*.line))]
    Zip {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines that were unpacked before the fault showed.
        line: u64,
        /// What is wrong with it.
        fault: ZipFault,
    },
    /// The file begins as a WET file and is not a whole, sound one.
    #[error("{file}: {fault}")]
    Wet {
        /// The input as it was named.
        file: Source,
        /// What is wrong with it.
        fault: WetFault,
    },
    /// The file cannot be read as Parquet.
    #[error("{file}: {fault}")]
    Parquet {
        /// The input as it was named.
        file: Source,
        /// What is wrong with it.
        fault: ParquetFault,
    },
    /// The file is no longer what was opened first.
    #[error("{file}: {change}{}", AfterLine(*.line))]
    Changed {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines that were read before the change showed; 0 if that is not known.
        line: u64,
        /// What happened to it.
        change: FileChange,
    },
    /// A remote file cannot be fetched.
    #[error("{file}: {fault}{}", AfterLine(*.line))]
    Remote {
        /// The input as it was named.
        file: Source,
        /// Number of whole lines that were read before the fault.
        line: u64,
        /// What is wrong.
        fault: RemoteFault,
    },
    /// What an index says of the file is not so.
    #[error("{file}: its index cannot be used: {fault}")]
    Index {
        /// The input as it was named.
        file: Source,
        /// What is wrong.
        fault: IndexFault,
    },
    /// The file has no index that can be used, and must have one.
    #[error("{file}: has no index: {reason}")]
    NoIndex {
        /// The input as it was named.
        file: Source,
        /// Why not.
        reason: String,
    },
    /// An index can be made only of gzip files and plain files that are not converted.
    #[error("{file}: cannot have an index: that is for gzip files and plain files, in UTF-8 or bytes")]
    NotIndexable {
        /// The input as it was named.
        file: Source,
    },
    /// Bytes are not in the encoding that the file was to be read in.
    #[error("{file}: line {line}: not in the encoding {encoding}")]
    Malformed {
        /// The input as it was named.
        file: Source,
        /// The line, the first is 1.
        line: u64,
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// A [`Sniffer`](super::Sniffer) refused the file.
    #[error("{file}: {why}")]
    Refused {
        /// The input as it was named.
        file: Source,
        /// The sniffer's reason.
        why: Box<dyn std::error::Error + Send + Sync>,
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
    /// A document of several lines is longer than what a worker can be sent.
    #[error("{file}: document {document}: longer than {limit} bytes")]
    DocumentTooLong {
        /// The input as it was named.
        file: Source,
        /// The document, the first is 1.
        document: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// The [`CancelToken`](super::CancelToken) was cancelled.
    #[error("reading was stopped")]
    Stopped,
}

impl InputError {
    /// The input that it is about.
    pub fn file(&self) -> Option<&Source> {
        match self {
            Self::NotFound { file }
            | Self::Directory { file }
            | Self::EmptyFolder { file, .. }
            | Self::LinkLoop { file, .. }
            | Self::BrokenLink { file }
            | Self::NotRegular { file }
            | Self::EmptyList { file }
            | Self::NoName { file, .. }
            | Self::Open { file, .. }
            | Self::Read { file, .. }
            | Self::Packed { file, .. }
            | Self::Zip { file, .. }
            | Self::Wet { file, .. }
            | Self::Parquet { file, .. }
            | Self::Changed { file, .. }
            | Self::Remote { file, .. }
            | Self::Index { file, .. }
            | Self::NoIndex { file, .. }
            | Self::NotIndexable { file }
            | Self::Malformed { file, .. }
            | Self::Refused { file, .. }
            | Self::LineTooLong { file, .. }
            | Self::DocumentTooLong { file, .. } => Some(file),
            Self::Stopped => None,
        }
    }

    /// The line that it is about, from 1, where it is about one.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Malformed { line, .. } | Self::LineTooLong { line, .. } | Self::NoName { line, .. } => {
                Some(*line)
            }
            _ => None,
        }
    }
}

/// Why no file of a folder is read.
fn empty_folder(globs: &str, left_out: bool) -> String {
    let left_out = if left_out { "; hidden files and indexes do not count" } else { "" };
    match globs {
        "" => format!("there is no file in the folder{left_out}"),
        globs => format!("no file in the folder fits {globs}{left_out}"),
    }
}

/// What happened to a file between its first opening and the end of the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileChange {
    /// Another file has its name.
    #[error("was replaced by another file while it was read")]
    Replaced,
    /// No file has its name.
    #[error("was removed while it was read")]
    Removed,
    /// It has become shorter.
    #[error("was cut while it was read, from {from} to {to} bytes")]
    Cut {
        /// Size in bytes at the first opening.
        from: u64,
        /// Size when that was noticed.
        to: u64,
    },
    /// It was written to and has the same size.
    #[error("was altered while it was read")]
    Altered,
    /// It has become longer.
    #[error("grew while it was read")]
    Grown {
        /// Size in bytes at the first opening.
        from: u64,
    },
}

/// What is wrong with a zip archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// The directory at its end is missing or not valid, as when the archive was cut short.
    #[error("damaged: the zip archive is cut short or its directory is not valid")]
    Directory,
    /// Its directory lists too few files, or describes the second of two archives in the file.
    #[error("damaged: the zip archive holds more than its directory lists")]
    Unlisted,
    /// Two files in it have one name. Which of them is meant, or whether both are, cannot be known.
    #[error("two files in the zip archive have one name; `unzip -p` unpacks both")]
    DuplicateName,
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

/// What is wrong with a WET file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WetFault {
    /// The file ends before the record does.
    #[error("truncated: record {record} ends in the middle")]
    CutOff {
        /// The record, the first is 1.
        record: u64,
    },
    /// There is something else where a record should begin.
    #[error("damaged: record {record} does not begin with WARC/1.0 or WARC/1.1")]
    Version {
        /// The record, the first is 1.
        record: u64,
    },
    /// The length of a record is missing or not a number.
    #[error("damaged: record {record} has no Content-Length")]
    NoLength {
        /// The record, the first is 1.
        record: u64,
    },
    /// There is more where a record should end.
    #[error("damaged: record {record} is longer than its Content-Length says")]
    Length {
        /// The record, the first is 1.
        record: u64,
    },
    /// There is no text in the file.
    #[error("none of its {records} records is of the type conversion, which holds the text of a page")]
    NoText {
        /// The number of records.
        records: u64,
    },
}

/// Why a file cannot be read as Parquet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParquetFault {
    /// The program cannot read it.
    #[error("this program was built without Parquet; build it with `--features parquet`")]
    NotBuilt,
    /// What a file holds is said at its end, and a pipe has to be read from its beginning.
    #[error("Parquet cannot be read from a pipe; name the file")]
    Pipe,
    /// There is no such column.
    #[error("no column `{field}`; the columns are {names}")]
    NoColumn {
        /// The column that was asked for.
        field: String,
        /// The columns of the file.
        names: String,
    },
    /// A column has other values than texts.
    #[error("the column `{field}` does not hold texts")]
    NotText {
        /// The column.
        field: String,
    },
    /// It is not Parquet, or damaged.
    #[error("not Parquet, or damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
}

/// Displays the place of a fault: nothing if it is before the end of the first line.
struct AfterLine(u64);

impl fmt::Display for AfterLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            line => write!(f, " (after line {line})"),
        }
    }
}

/// Error below the level where the file's name and the line number are known.
#[derive(Debug)]
pub(super) enum ReadError {
    Stopped,
    Changed(FileChange),
    Io(io::Error),
    Packed(PackedFault),
    Zip(ZipFault),
    Wet(WetFault),
    Parquet(ParquetFault),
    Index(IndexFault),
    Remote(RemoteFault),
    Malformed { encoding: &'static str },
}

impl ReadError {
    /// Adds the place: the file and the number of whole lines read from it.
    pub(super) fn at(self, file: &Source, line: u64) -> InputError {
        let file = file.clone();
        match self {
            ReadError::Stopped => InputError::Stopped,
            ReadError::Changed(change) => InputError::Changed { file, line, change },
            ReadError::Io(cause) => InputError::Read { file, line, cause },
            ReadError::Packed(fault) => InputError::Packed { file, line, fault },
            ReadError::Zip(fault) => InputError::Zip { file, line, fault },
            ReadError::Wet(fault) => InputError::Wet { file, fault },
            ReadError::Parquet(fault) => InputError::Parquet { file, fault },
            ReadError::Remote(fault) => InputError::Remote { file, line, fault },
            ReadError::Index(fault) => InputError::Index { file, fault },
            ReadError::Malformed { encoding } => InputError::Malformed { file, line: line + 1, encoding },
        }
    }

    /// An error of the source of bytes that passed through a decoder. `None` for one of what is in them.
    pub(super) fn of_source(error: io::Error) -> Option<Self> {
        (error.raw_os_error().is_some() || remote_fault(&error).is_some()).then(|| error.into())
    }

    /// The `io::Error` that stands for `Stopped` while it passes through code that knows only `io::Error`.
    pub(super) fn stopped_as_io() -> io::Error {
        Errno::CANCELED.into()
    }
}

impl From<io::Error> for ReadError {
    fn from(cause: io::Error) -> Self {
        if Errno::from_io_error(&cause) == Some(Errno::CANCELED) {
            return ReadError::Stopped;
        }
        if let Some(fault) = remote_fault(&cause) {
            return ReadError::Remote(fault.clone());
        }
        match cause.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(change) => ReadError::Changed(*change),
            None => ReadError::Io(cause),
        }
    }
}

/// The fault of a remote file that passes through code that knows only `io::Error`.
fn remote_fault(error: &io::Error) -> Option<&RemoteFault> {
    error.get_ref()?.downcast_ref()
}

impl From<ZipFault> for ReadError {
    fn from(fault: ZipFault) -> Self {
        ReadError::Zip(fault)
    }
}

impl From<ParquetFault> for ReadError {
    fn from(fault: ParquetFault) -> Self {
        ReadError::Parquet(fault)
    }
}

impl From<WetFault> for ReadError {
    fn from(fault: WetFault) -> Self {
        ReadError::Wet(fault)
    }
}

impl From<PackedFault> for ReadError {
    fn from(fault: PackedFault) -> Self {
        ReadError::Packed(fault)
    }
}
