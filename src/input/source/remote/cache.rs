//! Cache: copies of remote files on disk, each whole or not there.
//!
//! A copy has no name before it is whole, so that not even a killed process leaves a part of one. Its name holds a hash of the URL
//! and one of the state of the file (its ETag and size): a file that changed on the server does not find the copy of its former
//! state, which is removed when the new one is kept.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, linkat};
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::xxh3_128;

use super::fault::RemoteFault;
use super::file::RemoteFile;

/// The copy of a file in this state, if there is one.
pub(in crate::input::source) fn find(file: &RemoteFile) -> Option<PathBuf> {
    let path = path(file)?;
    is_whole(&path, file.size?).then_some(path)
}

/// A copy in the making.
pub(super) struct CacheWriter {
    file: File,
    path: PathBuf,
    /// Bytes that it will have.
    size: u64,
    written: u64,
}

impl CacheWriter {
    /// Begins a copy; `None` if none is wanted or nothing tells the states of the file apart.
    pub fn create(file: &RemoteFile) -> io::Result<Option<Self>> {
        let (Some(path), Some(size)) = (path(file), file.size) else { return Ok(None) };
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
        let file = file.map_err(|error| blame(folder, &error))?;
        Ok(Some(CacheWriter { file, path, size, written: 0 }))
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| blame(&self.path, &error))
    }

    /// Gives the copy its name, if it is whole. Another process may have been faster.
    pub fn keep(mut self) -> io::Result<()> {
        if self.written != self.size || is_whole(&self.path, self.size) {
            return Ok(());
        }
        // Otherwise a name may outlive a crash of the system that its bytes do not.
        self.file.sync_all().map_err(|error| blame(&self.path, &error))?;
        let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let named =
            match linkat(CWD, unnamed, CWD, &self.path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => self.copy(),
                _ => Ok(()),
            };
        named.map_err(|error| blame(&self.path, &error))?;
        self.remove_former();
        Ok(())
    }

    /// Names the copy where the file system or the kernel cannot give a file without a name one.
    fn copy(&mut self) -> io::Result<()> {
        let mut named = NamedTempFile::new_in(self.path.parent().unwrap_or(Path::new(".")))?;
        self.file.rewind()?;
        io::copy(&mut self.file, &mut named)?;
        match named.persist_noclobber(&self.path) {
            Err(failed) if failed.error.kind() != io::ErrorKind::AlreadyExists => Err(failed.error),
            _ => Ok(()),
        }
    }

    /// Removes copies of former states. One that cannot be removed only takes space.
    fn remove_former(&self) {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let (Some(folder), Some(own)) = (self.path.parent(), name(&self.path)) else { return };
        let Some((url, _)) = own.split_once('-') else { return };
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let other = entry.file_name().to_string_lossy().into_owned();
            if other != own && other.split_once('-').is_some_and(|(hash, _)| hash == url) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn is_whole(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|copy| copy.is_file() && copy.len() == size)
}

fn path(file: &RemoteFile) -> Option<PathBuf> {
    let (folder, state) = (file.rules.cache()?, file.state()?);
    let url = xxh3_128(file.url.as_str().as_bytes());
    let state = xxh3_128(state.as_bytes());
    Some(folder.join(format!("{url:032x}-{state:032x}")))
}

fn blame(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(RemoteFault::Cache(format!("{}: {error}", path.display())))
}
