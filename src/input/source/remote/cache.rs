//! Cache: copies of remote files on disk, each whole or not there.
//!
//! A copy has no name before it is whole, so that not even a killed process leaves a part of one. Its name holds a hash of the URL,
//! one of the state of the file (its ETag and size), and the time when the copy was written last: a file that changed on the
//! server does not find the copy of its former state, and a copy that was written to since is not used. Both are removed when a
//! new one is kept.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, linkat};
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::xxh3_128;

use super::fault::RemoteFault;
use super::file::RemoteFile;

/// The copy of a file in this state, if there is one.
pub(in crate::input::source) fn find(file: &RemoteFile) -> Option<PathBuf> {
    Copies::of(file)?.find()
}

/// The copies of one state of a file.
struct Copies {
    folder: PathBuf,
    /// The beginnings of their names: that of all states, and that of this one.
    of_url: String,
    of_state: String,
    size: u64,
}

impl Copies {
    /// `None` if none is wanted, or nothing tells the states of the file apart.
    fn of(file: &RemoteFile) -> Option<Self> {
        let (folder, state, size) = (file.rules.cache()?, file.state()?, file.size?);
        let of_url = format!("{:032x}-", xxh3_128(file.url.as_str().as_bytes()));
        let of_state = format!("{of_url}{:032x}-", xxh3_128(state.as_bytes()));
        Some(Copies { folder: folder.to_owned(), of_url, of_state, size })
    }

    /// The path of one that was written last as its metadata say.
    fn path(&self, copy: &Metadata) -> PathBuf {
        self.folder.join(format!("{}{}.{:09}", self.of_state, copy.mtime(), copy.mtime_nsec()))
    }

    fn is_intact(&self, path: &Path) -> bool {
        let intact = |copy: Metadata| copy.is_file() && copy.len() == self.size && self.path(&copy) == path;
        fs::symlink_metadata(path).is_ok_and(intact)
    }

    /// All files of this URL, whatever their state.
    fn all(&self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let of_url = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(&self.of_url);
        entries.filter(of_url).map(|entry| entry.path())
    }

    fn find(&self) -> Option<PathBuf> {
        self.all().find(|path| self.is_intact(path))
    }

    /// Removes what cannot be used any more. What cannot be removed only takes space.
    fn remove_others(&self) {
        for path in self.all().filter(|path| !self.is_intact(path)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// A copy in the making.
pub(super) struct CacheWriter {
    file: File,
    copies: Copies,
    written: u64,
}

impl CacheWriter {
    /// Begins a copy; `None` if none is wanted or nothing tells the states of the file apart.
    pub fn create(file: &RemoteFile) -> io::Result<Option<Self>> {
        let Some(copies) = Copies::of(file) else { return Ok(None) };
        let folder = &copies.folder;
        let file = fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
        let file = file.map_err(|error| blame(folder, &error))?;
        Ok(Some(CacheWriter { file, copies, written: 0 }))
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| blame(&self.copies.folder, &error))
    }

    /// Gives the copy its name, if it is whole. Another process may have been faster.
    pub fn keep(mut self) -> io::Result<()> {
        if self.written != self.copies.size || self.copies.find().is_some() {
            return Ok(());
        }
        self.name().map_err(|error| blame(&self.copies.folder, &error))?;
        self.copies.remove_others();
        Ok(())
    }

    fn name(&mut self) -> io::Result<()> {
        // Otherwise a name may outlive a crash of the system that its bytes do not.
        self.file.sync_all()?;
        let path = self.copies.path(&self.file.metadata()?);
        let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        match linkat(CWD, unnamed, CWD, &path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => self.name_a_copy(),
            _ => Ok(()),
        }
    }

    /// Names a copy of the copy where the file system or the kernel cannot give a file without a name one.
    fn name_a_copy(&mut self) -> io::Result<()> {
        let mut named = NamedTempFile::new_in(&self.copies.folder)?;
        self.file.rewind()?;
        io::copy(&mut self.file, &mut named)?;
        named.as_file().sync_all()?;
        let path = self.copies.path(&named.as_file().metadata()?);
        match named.persist_noclobber(path) {
            Err(failed) if failed.error.kind() != io::ErrorKind::AlreadyExists => Err(failed.error),
            _ => Ok(()),
        }
    }
}

fn blame(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(RemoteFault::Cache(format!("{}: {error}", path.display())))
}
