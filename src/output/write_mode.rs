//! Write mode: whether a path is written through what is there, or replaced.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags, access, fcntl_getfl, fstat};
use rustix::io::Errno;
use rustix::stdio::{stderr, stdout};

/// Number of symbolic links that are followed before they count as a loop, as on Linux.
const MAX_LINKS: usize = 40;

/// The way in which an output is written.
#[derive(Debug)]
pub(super) enum WriteMode {
    /// Through standard output or standard error, at its position. A reopened file would be written from its start.
    Stream(BorrowedFd<'static>),
    /// Through another descriptor, with this link below `/proc` or `/dev/fd`.
    Descriptor(PathBuf),
    /// Open the existing device or pipe and write to it.
    InPlace(PathBuf),
    /// Create this file, or replace it. Its folder exists, and it is no symbolic link.
    Replace(PathBuf),
}

impl WriteMode {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let found = match fs::metadata(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if path.as_os_str().as_bytes().ends_with(b"/") || found.as_ref().is_some_and(Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if let Some(stream) = found.as_ref().and_then(stream_to) {
            return Ok(Self::Stream(stream));
        }
        match (follow_links(path)?, found) {
            (Self::Replace(place), Some(found)) if !found.is_file() => Ok(Self::InPlace(place)),
            (mode, _) => Ok(mode),
        }
    }

    /// Checks permissions without opening or creating anything.
    pub(super) fn check(&self) -> io::Result<()> {
        match self {
            Self::Stream(_) | Self::Descriptor(_) if is_writable(self.open()?.as_fd()) => Ok(()),
            Self::Stream(_) | Self::Descriptor(_) => Err(Errno::BADF.into()),
            Self::InPlace(place) => Ok(access(place, Access::WRITE_OK)?),
            Self::Replace(target) => Ok(access(directory(target), Access::WRITE_OK | Access::EXEC_OK)?),
        }
    }

    /// Opens it to be written without a temporary file. A file of its own is emptied.
    pub(super) fn open(&self) -> io::Result<File> {
        match self {
            Self::Stream(stream) => Ok(stream.try_clone_to_owned()?.into()),
            // Where the descriptor cannot be shared, the end of its file is the place at which nothing is lost.
            Self::Descriptor(link) => {
                share_descriptor(link).or_else(|_| OpenOptions::new().append(true).open(link))
            }
            Self::InPlace(place) => OpenOptions::new().write(true).open(place),
            Self::Replace(target) => File::create(target),
        }
    }
}

/// The standard stream that writes to this file or pipe, if one does.
fn stream_to(file: &Metadata) -> Option<BorrowedFd<'static>> {
    let is_same = |stream: &BorrowedFd<'static>| {
        fstat(stream).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (file.dev(), file.ino()))
    };
    [stdout(), stderr()].into_iter().find(|stream| is_same(stream) && is_writable(*stream))
}

/// Whether the access mode allows writing. Only writing shows whether there is space.
fn is_writable(stream: BorrowedFd<'_>) -> bool {
    fcntl_getfl(stream).is_ok_and(|flags| flags & OFlags::ACCMODE != OFlags::RDONLY)
}

/// Follows symbolic links to a descriptor or to a file, which need not exist yet: `canonicalize` would refuse that.
fn follow_links(path: &Path) -> io::Result<WriteMode> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
        let folder = fs::canonicalize(directory(&path))?;
        let place = folder.join(name);
        if is_descriptor_folder(&folder) {
            return Ok(WriteMode::Descriptor(place));
        }
        match fs::read_link(&place) {
            // `join` replaces the folder if the target is absolute.
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok(WriteMode::Replace(place)),
        }
    }
    Err(Errno::LOOP.into())
}

/// Whether the files in a folder are descriptors: `/proc/PID/fd`, to which `/dev/fd` is a link on Linux.
fn is_descriptor_folder(folder: &Path) -> bool {
    folder == Path::new("/dev/fd") || folder.starts_with("/proc") && folder.ends_with("fd")
}

/// The open file of `/proc/PID/fd/NUMBER` itself, with its position and its mode, which opening the link would not give.
#[cfg(target_os = "linux")]
fn share_descriptor(link: &Path) -> io::Result<File> {
    use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

    let number = |part: Option<&std::ffi::OsStr>| part?.to_str()?.parse().ok();
    let process = number(link.iter().nth(2)).and_then(Pid::from_raw).ok_or(Errno::INVAL)?;
    let descriptor = number(link.file_name()).ok_or(Errno::INVAL)?;
    let process = pidfd_open(process, PidfdFlags::empty())?;
    Ok(pidfd_getfd(process, descriptor, PidfdGetfdFlags::empty())?.into())
}

#[cfg(not(target_os = "linux"))]
fn share_descriptor(_: &Path) -> io::Result<File> {
    Err(Errno::NOSYS.into())
}

/// The folder of a path.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
