//! Opening a source: first to check it, then to read it, and each time the same file.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Access, OFlags};
use serde::{Deserialize, Serialize};

use super::name::Source;
use super::remote::{FetchStop, HttpRules, RemoteFile, RemoteReader, RemoteUrl, find_copy};
use super::snapshot::FileSnapshot;
use super::source_file::SourceFile;
use crate::input::error::ReadError;
use crate::input::{Control, FileChange, InputError, Note};

/// Source that can be opened. If it is a regular file, what was there at the first opening is what is read later.
#[derive(Debug, Clone)]
pub(in crate::input) struct CheckedSource {
    pub(in crate::input) source: Source,
    /// None for a pipe or a device.
    pub(in crate::input) snapshot: Option<Snapshot>,
}

/// What was there at the first opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) enum Snapshot {
    /// A local file.
    File(FileSnapshot),
    /// A copy in the cache of a remote file.
    Copy { path: OsString, file: FileSnapshot },
    /// A remote file.
    Remote(RemoteFile),
}

impl Snapshot {
    /// Size in bytes, if it is known.
    pub(in crate::input) fn size(&self) -> Option<u64> {
        match self {
            Snapshot::File(file) | Snapshot::Copy { file, .. } => file.size,
            Snapshot::Remote(file) => file.size,
        }
    }

    /// Whether reading can begin anywhere.
    pub(in crate::input) fn is_seekable(&self) -> bool {
        match self {
            Snapshot::Remote(file) => file.has_ranges,
            _ => true,
        }
    }

    /// Whether it is read over the network.
    pub(in crate::input) fn is_remote(&self) -> bool {
        matches!(self, Snapshot::Remote(_))
    }

    fn local(&self) -> Option<&FileSnapshot> {
        match self {
            Snapshot::File(file) | Snapshot::Copy { file, .. } => Some(file),
            Snapshot::Remote(_) => None,
        }
    }
}

impl Source {
    /// Checks that the source can be opened. The first `head` bytes of a remote file are fetched and kept.
    pub(in crate::input) fn check(
        self,
        rules: &HttpRules,
        head: u64,
        control: &Control,
    ) -> Result<CheckedSource, InputError> {
        let snapshot = match &self {
            Source::Url(url) => Some(self.check_remote(url, rules, head, control)?),
            Source::Path(path) => self.check_local(path)?.map(Snapshot::File),
            Source::Stdin => {
                let (file, metadata) = self.open_local(Path::new(""))?;
                metadata.is_file().then(|| Snapshot::File(FileSnapshot::new(&file, &metadata)))
            }
        };
        Ok(CheckedSource { source: self, snapshot })
    }

    fn check_local(&self, path: &Path) -> Result<Option<FileSnapshot>, InputError> {
        let metadata = fs::metadata(path).map_err(|cause| self.cannot_open(cause))?;
        if !metadata.is_file() {
            // Not opened: to open a FIFO and close it again would end the program that writes to it.
            self.refuse_directory(&metadata)?;
            rustix::fs::access(path, Access::READ_OK).map_err(|cause| self.cannot_open(cause.into()))?;
            return Ok(None);
        }
        let (file, metadata) = self.open_local(path)?;
        Ok(metadata.is_file().then(|| FileSnapshot::new(&file, &metadata)))
    }

    fn check_remote(
        &self,
        url: &RemoteUrl,
        rules: &HttpRules,
        head: u64,
        control: &Control,
    ) -> Result<Snapshot, InputError> {
        let file = RemoteFile::check(url, rules, head, control).map_err(|stop| self.not_fetched(stop))?;
        if let Some(copy) = find_copy(&file)
            && let Some(file) = self.check_local(&copy)?
        {
            return Ok(Snapshot::Copy { path: copy.into(), file });
        }
        Ok(Snapshot::Remote(file))
    }

    /// Opens a local file, or standard input.
    fn open_local(&self, path: &Path) -> Result<(File, Metadata), InputError> {
        // Without NONBLOCK the open of a FIFO would hang, where no cancellation reaches it, until another process opens it for writing.
        // A regular file ignores the flag.
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        let opened = match self {
            Source::Stdin => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            _ => File::options().read(true).custom_flags(nonblocking).open(path),
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

    fn not_fetched(&self, stop: FetchStop) -> InputError {
        match stop {
            FetchStop::Cancelled => InputError::Stopped,
            FetchStop::Fault(fault) => InputError::Remote { file: self.clone(), line: 0, fault },
        }
    }
}

impl CheckedSource {
    /// The size in bytes, if the source has one.
    pub(in crate::input) fn size(&self) -> Option<u64> {
        self.snapshot.as_ref()?.size()
    }

    /// The file on its server.
    pub(in crate::input) fn remote(&self) -> Option<&RemoteFile> {
        match &self.snapshot {
            Some(Snapshot::Remote(file)) => Some(file),
            _ => None,
        }
    }

    /// The same for someone who will probably read a little of it.
    pub(in crate::input) fn for_a_look(self) -> Self {
        let snapshot = self.snapshot.map(|snapshot| match snapshot {
            Snapshot::Remote(file) => Snapshot::Remote(file.for_a_look()),
            local => local,
        });
        CheckedSource { snapshot, ..self }
    }

    /// Opens the source for reading; the flag says whether a read may block until data is written.
    pub(in crate::input) fn open(&self, control: &Control) -> Result<(SourceFile, bool), InputError> {
        if let Some(file) = self.remote() {
            let reader = RemoteReader::open(file.clone(), control);
            return Ok((
                SourceFile::Remote(Box::new(reader.map_err(|error| self.unreadable(error))?)),
                false,
            ));
        }
        let (file, metadata) = self.open_local()?;
        Ok((file.into(), !metadata.is_file()))
    }

    /// Opens a file at `start`. Up to `needed` all of it will be read.
    pub(in crate::input) fn open_range(
        &self,
        start: u64,
        needed: u64,
        control: &Control,
    ) -> Result<SourceFile, InputError> {
        if let Some(file) = self.remote() {
            let reader = RemoteReader::open_range(file.clone(), start, needed, control);
            return Ok(SourceFile::Remote(Box::new(reader.map_err(|error| self.unreadable(error))?)));
        }
        let (mut file, _) = self.open_local()?;
        file.seek(SeekFrom::Start(start)).map_err(|error| self.unreadable(error))?;
        Ok(file.into())
    }

    /// Opens a source that is no remote file, and checks that it is still the same.
    pub(in crate::input) fn open_local(&self) -> Result<(File, Metadata), InputError> {
        let (file, metadata) = self.source.open_local(self.path())?;
        self.check_unchanged(&file)?;
        Ok((file, metadata))
    }

    /// Checks that the file can still be opened as it was. Of a remote file each answer was checked.
    pub(in crate::input) fn reopen(&self) -> Result<(), InputError> {
        if self.remote().is_some() { Ok(()) } else { self.open_local().map(drop) }
    }

    /// Where it is on this machine; of no meaning for standard input and remote files.
    fn path(&self) -> &Path {
        match (&self.snapshot, &self.source) {
            (Some(Snapshot::Copy { path, .. }), _) => Path::new(path),
            (_, source) => source.path().unwrap_or(Path::new("")),
        }
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
    /// was read as it was is a note. Of a remote file each answer was checked.
    pub(in crate::input) fn check_at_end(&self, control: &Control) -> Result<(), InputError> {
        if self.snapshot.as_ref().is_none_or(|snapshot| snapshot.local().is_none()) {
            return Ok(());
        }
        let metadata = match &self.source {
            Source::Stdin => Some(self.source.open_local(self.path())?.1),
            _ => fs::metadata(self.path()).ok(),
        };
        let open = || self.source.open_local(self.path()).ok().map(|(file, _)| file);
        let change = metadata.map_or(Some(FileChange::Removed), |metadata| self.change(&metadata, open));
        match change {
            None => Ok(()),
            Some(change @ (FileChange::Cut { .. } | FileChange::Altered)) => Err(self.changed(change)),
            // A copy makes room for that of a newer state.
            Some(FileChange::Removed) if matches!(self.snapshot, Some(Snapshot::Copy { .. })) => Ok(()),
            Some(change) => {
                control.notes.add(Note::Changed { file: self.source.clone(), change });
                Ok(())
            }
        }
    }

    /// Whether the file still is as it was at the first opening. Never for what is no regular file.
    pub(in crate::input) fn is_as_before(&self) -> bool {
        match &self.snapshot {
            None => false,
            Some(Snapshot::Remote(_)) => self.size().is_some(),
            Some(_) => {
                let metadata = self.open_local().ok().and_then(|(file, _)| file.metadata().ok());
                self.size().is_some() && metadata.is_some_and(|now| self.change(&now, || None).is_none())
            }
        }
    }

    fn change(&self, now: &Metadata, file: impl FnOnce() -> Option<File>) -> Option<FileChange> {
        self.snapshot.as_ref()?.local()?.change(now, file)
    }

    fn changed(&self, change: FileChange) -> InputError {
        InputError::Changed { file: self.source.clone(), line: 0, change }
    }

    fn unreadable(&self, error: io::Error) -> InputError {
        ReadError::from(error).at(&self.source, 0)
    }
}

#[cfg(test)]
impl Source {
    /// Checks a local file.
    pub(in crate::input) fn check_file(self) -> Result<CheckedSource, InputError> {
        self.check(&HttpRules::default(), 0, &Control::new())
    }
}
