//! Opening a source: first to check it, then to read it, and each time the same file.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{Access, OFlags};

use super::name::Source;
use super::snapshot::Snapshot;
use crate::input::{Control, FileChange, InputError, Note};

/// Source that can be opened. If it is a regular file, what was there at the first opening is what is read later.
#[derive(Debug, Clone)]
pub(in crate::input) struct CheckedSource {
    pub(in crate::input) source: Source,
    /// None for a pipe or a device.
    pub(in crate::input) snapshot: Option<Snapshot>,
}

impl Source {
    /// Checks that the source can be opened.
    pub(in crate::input) fn check(self) -> Result<CheckedSource, InputError> {
        if let Source::Path(path) = &self {
            let metadata = fs::metadata(path).map_err(|cause| self.cannot_open(cause))?;
            if !metadata.is_file() {
                // Not opened: to open a FIFO and close it again would end the program that writes to it.
                self.refuse_directory(&metadata)?;
                rustix::fs::access(path, Access::READ_OK).map_err(|cause| self.cannot_open(cause.into()))?;
                return Ok(CheckedSource { source: self, snapshot: None });
            }
        }
        let (file, metadata) = self.open()?;
        let snapshot = metadata.is_file().then(|| Snapshot::new(&file, &metadata));
        Ok(CheckedSource { source: self, snapshot })
    }

    fn open(&self) -> Result<(File, Metadata), InputError> {
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
        Ok((file, metadata))
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

impl CheckedSource {
    /// The size in bytes, if the source has one.
    pub(in crate::input) fn size(&self) -> Option<u64> {
        self.snapshot?.size
    }

    /// Opens the source for reading; the flag says whether a read may block until data is written.
    pub(in crate::input) fn open(&self) -> Result<(File, bool), InputError> {
        let (file, metadata) = self.source.open()?;
        self.check_unchanged(&file)?;
        Ok((file, !metadata.is_file()))
    }

    /// Checks that `file` still has what was there at the first opening.
    pub(in crate::input) fn check_unchanged(&self, file: &File) -> Result<(), InputError> {
        let metadata = file.metadata().map_err(|cause| self.source.cannot_open(cause))?;
        match self.change(&metadata, || file.try_clone().ok()) {
            None | Some(FileChange::Grown { .. }) => Ok(()),
            Some(change) => Err(self.changed(change)),
        }
    }

    /// Checks, when all of the source was read, what happened to the file of this name meanwhile. A change that leaves what
    /// was read as it was is a note.
    pub(in crate::input) fn check_at_end(&self, control: &Control) -> Result<(), InputError> {
        if self.snapshot.is_none() {
            return Ok(());
        }
        let metadata = match &self.source {
            Source::Path(path) => fs::metadata(path).ok(),
            Source::Stdin => Some(self.source.open()?.1),
        };
        let open = || self.source.open().ok().map(|(file, _)| file);
        let change = metadata.map_or(Some(FileChange::Removed), |metadata| self.change(&metadata, open));
        match change {
            None => Ok(()),
            Some(change @ (FileChange::Cut { .. } | FileChange::Altered)) => Err(self.changed(change)),
            Some(change) => {
                control.notes.add(Note::Changed { file: self.source.clone(), change });
                Ok(())
            }
        }
    }

    /// Whether this metadata are those of the first opening. Never for what is no regular file.
    pub(in crate::input) fn is_unchanged(&self, now: &Metadata) -> bool {
        self.snapshot.is_some_and(|snapshot| snapshot.size.is_some()) && self.change(now, || None).is_none()
    }

    fn change(&self, now: &Metadata, file: impl FnOnce() -> Option<File>) -> Option<FileChange> {
        self.snapshot.and_then(|snapshot| snapshot.change(now, file))
    }

    fn changed(&self, change: FileChange) -> InputError {
        InputError::Changed { file: self.source.clone(), line: 0, change }
    }
}
