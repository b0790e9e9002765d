//! What a person names as input.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use rustix::fs::{Access, OFlags};

use super::InputError;

/// One input: a path, or standard input. It displays as what messages should call it.
///
/// ```
/// use ngramcount::input::Source;
/// assert_eq!(Source::from("a.gz").to_string(), "a.gz");
/// assert_eq!(Source::from("-"), Source::Stdin);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, a FIFO or a device that has a name.
    Path(PathBuf),
    /// File descriptor 0.
    Stdin,
}

impl<P: Into<PathBuf>> From<P> for Source {
    /// `-` is standard input; a file of that name is `./-`.
    fn from(path: P) -> Self {
        let path = path.into();
        if path.as_os_str() == "-" { Source::Stdin } else { Source::Path(path) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A name is shown on one line, whatever is in it.
            Source::Path(path) => {
                let name = path.to_string_lossy();
                if name.chars().any(char::is_control) { name.escape_debug().fmt(f) } else { name.fmt(f) }
            }
            Source::Stdin => f.write_str("standard input"),
        }
    }
}

impl Source {
    /// Opens the source for reading; the flag says whether a read may have to wait for somebody who writes.
    pub(super) fn open(&self) -> Result<(File, bool), InputError> {
        // Without NONBLOCK the open of a FIFO would hang, deaf to `Watch::stop`, until somebody writes to it.
        // A regular file ignores the flag.
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        let opened = match self {
            Source::Path(path) => File::options().read(true).custom_flags(nonblocking).open(path),
            Source::Stdin => io::stdin().as_fd().try_clone_to_owned().map(File::from),
        };
        let file = opened.map_err(|cause| self.cannot_open(cause))?;
        let metadata = file.metadata().map_err(|cause| self.cannot_open(cause))?;
        self.refuse_directory(&metadata)?;
        Ok((file, !metadata.is_file()))
    }

    /// Fails as [`open`](Self::open) would. Gives the size in bytes when the source has one.
    pub(super) fn check(&self) -> Result<Option<u64>, InputError> {
        if let Source::Path(path) = self {
            let metadata = fs::metadata(path).map_err(|cause| self.cannot_open(cause))?;
            if !metadata.is_file() {
                // Not opened: to open a FIFO and close it again would end the program that writes to it.
                self.refuse_directory(&metadata)?;
                rustix::fs::access(path, Access::READ_OK).map_err(|cause| self.cannot_open(cause.into()))?;
                return Ok(None);
            }
        }
        let (file, waits) = self.open()?;
        let length = file.metadata().map_err(|cause| self.cannot_open(cause))?.len();
        Ok((!waits).then_some(length))
    }

    fn refuse_directory(&self, metadata: &Metadata) -> Result<(), InputError> {
        if metadata.is_dir() { Err(InputError::Directory { file: self.clone() }) } else { Ok(()) }
    }

    fn cannot_open(&self, cause: io::Error) -> InputError {
        match cause.kind() {
            io::ErrorKind::NotFound => InputError::NotFound { file: self.clone() },
            _ => InputError::Open { file: self.clone(), cause },
        }
    }
}
