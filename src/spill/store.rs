//! Files of runs and of sorted rows, and how workers reach them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::SpillError;

/// The files of one count: at first one in memory, and one on disk when that is full.
///
/// The files have no name from the moment on when they are open, so nothing is left of them whatever ends this process. A worker
/// opens them by way of `/proc`, which works for processes of the same user.
pub struct SpillStore {
    folder: PathBuf,
    max_disk: Option<u64>,
    /// Bytes that may be in memory.
    memory_limit: u64,
    memory: Option<SpillFile>,
    disk: Option<SpillFile>,
    /// Number of the file that is written to.
    targets: Vec<SpillTarget>,
}

struct SpillFile {
    number: u32,
    file: File,
}

/// File of a [`SpillStore`], as another process opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpillTarget {
    number: u32,
    /// `OsString`, because the wire takes a `PathBuf` only if it is UTF-8.
    path: OsString,
    folder: OsString,
    /// Bytes that the file may have.
    limit: Option<u64>,
}

impl SpillStore {
    /// A store that makes files in `folder` when more than `memory_limit` bytes are to be kept, and no more than `max_disk` there.
    pub fn new(folder: PathBuf, max_disk: Option<u64>, memory_limit: u64) -> Self {
        Self { folder, max_disk, memory_limit, memory: None, disk: None, targets: Vec::new() }
    }

    /// The file that the next task writes to.
    ///
    /// # Errors
    /// [`SpillError::Create`].
    pub fn target(&mut self) -> Result<SpillTarget, SpillError> {
        let in_memory = self.memory.as_ref().map_or(0, SpillFile::bytes);
        if self.disk.is_none() && in_memory < self.memory_limit {
            if let Some(memory) = &self.memory {
                return Ok(self.targets[memory.number as usize].clone());
            }
            // Without memory files everything goes to the disk.
            if let Ok(file) = memory_file() {
                let memory = self.add(file, None)?;
                return Ok(self.targets[self.memory.insert(memory).number as usize].clone());
            }
        }
        if self.disk.is_none() {
            let file = tempfile::tempfile_in(&self.folder).map_err(|error| self.cannot_create(error))?;
            self.disk = Some(self.add(file, self.max_disk)?);
        }
        let number = self.disk.as_ref().map_or(0, |disk| disk.number);
        Ok(self.targets[number as usize].clone())
    }

    fn add(&mut self, file: File, limit: Option<u64>) -> Result<SpillFile, SpillError> {
        let number = self.targets.len() as u32;
        let path = path_for_workers(&file);
        // Where `/proc` is not to be had, that shows here and not in a worker.
        fs::metadata(&path).map_err(|error| self.cannot_create(error))?;
        let (path, folder) = (path.into(), self.folder.clone().into());
        self.targets.push(SpillTarget { number, path, folder, limit });
        Ok(SpillFile { number, file })
    }

    fn cannot_create(&self, error: io::Error) -> SpillError {
        SpillError::Create { folder: self.folder.clone(), error }
    }

    /// All files, by their numbers.
    pub fn files(&self) -> &[SpillTarget] {
        &self.targets
    }

    /// The open file of a number.
    pub(crate) fn file(&self, number: u32) -> Option<&File> {
        [&self.memory, &self.disk]
            .into_iter()
            .flatten()
            .find(|file| file.number == number)
            .map(|file| &file.file)
    }

    /// The folder of the file on disk.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.disk.as_ref().map_or(0, SpillFile::bytes)
    }
}

impl SpillFile {
    fn bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |data| data.len())
    }
}

impl SpillTarget {
    /// The number of the file.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.folder.clone().into()
    }

    pub(super) fn open_to_append(&self) -> Result<File, SpillError> {
        let opened = OpenOptions::new().append(true).open(&self.path);
        opened.map_err(|error| SpillError::Create { folder: self.folder(), error })
    }

    pub(super) fn open_to_read(&self) -> Result<File, SpillError> {
        File::open(&self.path).map_err(|error| SpillError::Read { folder: self.folder(), error })
    }

    /// Checks that `bytes` more may be appended.
    pub(super) fn check_room(&self, file: &File, bytes: u64) -> Result<(), SpillError> {
        let Some(limit) = self.limit else { return Ok(()) };
        let written = file.metadata().map_or(0, |data| data.len());
        if written.saturating_add(bytes) <= limit {
            return Ok(());
        }
        Err(SpillError::Full { folder: self.folder(), written, limit })
    }

    pub(super) fn write_error(&self, file: &File, error: io::Error) -> SpillError {
        let written = file.metadata().map_or(0, |data| data.len());
        SpillError::Write { folder: self.folder(), written, error }
    }
}

/// A file that is never on disk.
fn memory_file() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(File::from(memfd_create("ngramcount", MemfdFlags::CLOEXEC)?))
}

/// The path by which other processes open a file without a name.
fn path_for_workers(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()).into()
}
