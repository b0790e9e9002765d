//! Opening a source, and checking that it can be opened.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{Access, OFlags};

use super::name::Source;
use crate::input::InputError;

impl Source {
    /// Opens the source for reading; the flag says whether a read may block until data is written.
    pub(in crate::input) fn open(&self) -> Result<(File, bool), InputError> {
        // Without NONBLOCK the open of a FIFO would hang, where no cancellation reaches it, until another process opens it for writing.
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
    pub(in crate::input) fn check(&self) -> Result<Option<u64>, InputError> {
        if let Source::Path(path) = self {
            let metadata = fs::metadata(path).map_err(|cause| self.cannot_open(cause))?;
            if !metadata.is_file() {
                // Not opened: to open a FIFO and close it again would end the program that writes to it.
                self.refuse_directory(&metadata)?;
                rustix::fs::access(path, Access::READ_OK).map_err(|cause| self.cannot_open(cause.into()))?;
                return Ok(None);
            }
        }
        let (file, may_block) = self.open()?;
        let length = file.metadata().map_err(|cause| self.cannot_open(cause))?.len();
        Ok((!may_block).then_some(length))
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
