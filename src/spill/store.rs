//! Files of runs and of sorted rows, and how workers reach them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::SpillError;

/// The files of one count: at first some in memory, and some on disk when these are full.
///
/// There are several of each kind, which tasks take in turn: a system call that appends to a file holds its lock, and two workers
/// with one file spent 7 % of their time waiting for each other.
///
/// The files have no name from the moment on when they are open, so nothing is left of them whatever ends this process. A worker
/// opens them by way of `/proc`, which works for processes of the same user.
pub struct SpillStore {
    folder: PathBuf,
    max_disk: Option<u64>,
    /// Bytes that may be in memory.
    memory_limit: u64,
    /// Files of one kind, at most.
    files_at_once: usize,
    /// The first file that is written to.
    first: usize,
    files: Vec<File>,
    /// By the number of the file.
    targets: Vec<SpillTarget>,
    /// Files that are in memory: the first ones.
    in_memory: usize,
    /// Targets that were given out.
    taken: usize,
    /// Of files that are kept: the first part of their names.
    kept_prefix: Option<String>,
}

/// File of runs or of rows, as another process opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpillTarget {
    number: u32,
    /// `OsString`, because the wire takes a `PathBuf` only if it is UTF-8.
    path: OsString,
    folder: OsString,
    /// Bytes that this file and others may have together.
    limit: Option<u64>,
    limited_with: Vec<OsString>,
}

impl SpillStore {
    /// A store for that many workers that makes files in `folder` when more than `memory_limit` bytes are to be kept, and no more
    /// than `max_disk` there.
    pub fn new(folder: PathBuf, max_disk: Option<u64>, memory_limit: u64, workers: usize) -> Self {
        let files_at_once = workers.clamp(1, MOST_FILES);
        let (files, targets) = Default::default();
        Self {
            folder,
            max_disk,
            memory_limit,
            files_at_once,
            first: 0,
            files,
            targets,
            in_memory: 0,
            taken: 0,
            kept_prefix: None,
        }
    }

    /// A store whose files are kept in a folder, beside those that an earlier process left there.
    pub(super) fn kept_in(
        folder: &Path,
        old: &[String],
        max_disk: Option<u64>,
        workers: usize,
    ) -> Result<Self, SpillError> {
        let mut store = Self::new(folder.to_path_buf(), max_disk, 0, workers);
        for name in old {
            let file = File::open(folder.join(name)).map_err(|error| store.cannot_create(error))?;
            store.add(file, folder.join(name), None)?;
        }
        store.kept_prefix = (0..)
            .map(|session| format!("runs-{session}-"))
            .find(|prefix| !old.iter().any(|name| name.starts_with(prefix.as_str())));
        let old = old.len();
        store.first = old;
        for number in 0..store.files_at_once {
            let path = folder.join(store.name((old + number) as u32));
            let open = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
            let file = open.map_err(|error| store.cannot_create(error))?;
            store.add(file, path, max_disk)?;
        }
        store.limit_together();
        Ok(store)
    }

    /// The name of a file that is kept.
    pub(super) fn name(&self, number: u32) -> String {
        match (self.targets.get(number as usize), &self.kept_prefix) {
            (Some(target), _) => {
                Path::new(&target.path).file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            (None, prefix) => format!("{}{number}", prefix.as_deref().unwrap_or("runs-")),
        }
    }

    /// Waits until what was written to kept files is on the disk.
    pub(super) fn synchronize(&self) -> Result<(), SpillError> {
        let newest = &self.files[self.first..];
        let synced = newest.iter().try_for_each(File::sync_all);
        synced.map_err(|error| SpillError::Write {
            folder: self.folder.clone(),
            written: self.disk_bytes(),
            error,
        })
    }

    /// The file that the next task writes to.
    ///
    /// # Errors
    /// [`SpillError::Create`], or [`SpillError::Full`].
    pub fn next_target(&mut self) -> Result<SpillTarget, SpillError> {
        if self.files.is_empty() && self.memory_limit > 0 {
            // Without memory files everything goes to the disk.
            let files = (0..self.files_at_once)
                .map(|_| memory_file())
                .collect::<io::Result<Vec<_>>>()
                .unwrap_or_default();
            self.in_memory = files.len();
            for file in files {
                let path = path_for_workers(&file);
                self.add(file, path, None)?;
            }
        }
        let on_disk = self.files.len() - self.in_memory;
        // Without memory files, which take descriptors as others do, there is no other place.
        if on_disk == 0 && (self.in_memory == 0 || bytes(&self.files) >= self.memory_limit) {
            self.first = self.files.len();
            for _ in 0..self.files_at_once {
                match tempfile::tempfile_in(&self.folder) {
                    Ok(file) => {
                        let path = path_for_workers(&file);
                        self.add(file, path, self.max_disk)?;
                    }
                    // A few are enough where descriptors are short.
                    Err(_) if self.files.len() > self.first => break,
                    Err(error) => return Err(self.cannot_create(error)),
                }
            }
            self.limit_together();
        }
        let (written, limit) = (self.disk_bytes(), self.max_disk.unwrap_or(u64::MAX));
        if written > limit {
            return Err(SpillError::Full { folder: self.folder.clone(), written, limit });
        }
        self.taken += 1;
        let number = self.first + self.taken % (self.files.len() - self.first);
        Ok(self.targets[number].clone())
    }

    /// Has the bytes of all files on disk counted for the limit of each.
    fn limit_together(&mut self) {
        let on_disk = &mut self.targets[self.in_memory..];
        let paths: Vec<_> = on_disk.iter().map(|target| target.path.clone()).collect();
        on_disk.iter_mut().for_each(|target| target.limited_with.clone_from(&paths));
    }

    /// Goes over to the disk if that many bytes more do not fit the memory.
    pub(super) fn make_room(&mut self, bytes_to_come: u64) {
        if bytes(&self.files[..self.in_memory]).saturating_add(bytes_to_come) > self.memory_limit {
            self.memory_limit = 0;
        }
    }

    fn add(&mut self, file: File, path: PathBuf, limit: Option<u64>) -> Result<(), SpillError> {
        // Where `/proc` is not to be had, that shows here and not in a worker.
        fs::metadata(&path).map_err(|error| self.cannot_create(error))?;
        let (number, path, folder) = (self.files.len() as u32, path.into(), self.folder.clone().into());
        self.targets.push(SpillTarget { number, path, folder, limit, limited_with: Vec::new() });
        self.files.push(file);
        Ok(())
    }

    fn cannot_create(&self, error: io::Error) -> SpillError {
        SpillError::Create { folder: self.folder.clone(), error }
    }

    /// How another process opens the files, by their numbers.
    pub fn targets(&self) -> &[SpillTarget] {
        &self.targets
    }

    /// The files, by their numbers.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// Bytes that may be on disk.
    pub(super) fn max_disk(&self) -> Option<u64> {
        self.max_disk
    }

    /// The files, by their numbers. They stay open as long as these.
    pub(super) fn into_files(self) -> Vec<File> {
        self.files
    }

    /// Bytes on disk.
    pub fn disk_bytes(&self) -> u64 {
        bytes(&self.files[self.in_memory..])
    }
}

/// Most files of one kind.
const MOST_FILES: usize = 8;

fn bytes(files: &[File]) -> u64 {
    files.iter().map(|file| file.metadata().map_or(0, |data| data.len())).sum()
}

impl SpillTarget {
    /// A file that an earlier process left in a folder.
    pub(super) fn of_kept_file(folder: &Path, name: &str, number: u32) -> Self {
        let (path, folder) = (folder.join(name).into(), folder.into());
        Self { number, path, folder, limit: None, limited_with: Vec::new() }
    }

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
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), SpillError> {
        let Some(limit) = self.limit else { return Ok(()) };
        let written = self.written();
        if written.saturating_add(bytes) <= limit {
            return Ok(());
        }
        Err(SpillError::Full { folder: self.folder(), written, limit })
    }

    pub(super) fn write_error(&self, error: io::Error) -> SpillError {
        SpillError::Write { folder: self.folder(), written: self.written(), error }
    }

    /// Bytes of all files on disk.
    fn written(&self) -> u64 {
        self.limited_with.iter().map(|path| fs::metadata(path).map_or(0, |data| data.len())).sum()
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
