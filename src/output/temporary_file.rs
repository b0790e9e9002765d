//! Temporary file: an output before it is complete.
//!
//! Where the file system can, it has no name until it is complete (`O_TMPFILE`), so that nothing of it stays, however the
//! program ends. Elsewhere it is a file `.ngramcount-XXXXXX` beside the target, which is removed when it is dropped, and
//! by [`remove_unfinished`].

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempPath;

use super::write_mode::directory;

/// The mode of a new file, from which the umask is taken off.
const MODE: u32 = 0o666;

/// The temporary files that have a name now.
static NAMES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes the outputs that are not complete, for a program that is about to end without dropping them.
pub fn remove_unfinished() {
    // One that cannot be removed is left: the program ends, and there is nothing else to try.
    names().iter().for_each(|name| drop(fs::remove_file(name)));
}

fn names() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that replaces its target when it is complete.
#[derive(Debug)]
pub(super) struct TemporaryFile {
    file: File,
    name: Option<TemporaryName>,
    target: PathBuf,
}

impl TemporaryFile {
    /// An empty file with the permissions of the target, or those of a new file.
    pub(super) fn create(target: PathBuf) -> io::Result<Self> {
        let folder = directory(&target);
        let (file, name) = match create_unnamed(folder) {
            Some(file) => (file, None),
            None => create_named(folder)?,
        };
        if let Ok(old) = fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        Ok(Self { file, name, target })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the complete file the name of its target.
    pub(super) fn publish(self) -> io::Result<()> {
        match self.name {
            Some(name) => name.rename(&self.target),
            None => publish_unnamed(&self.file, &self.target),
        }
    }
}

/// A file without a name; `None` where the file system has none, or no name could be given to it later.
#[cfg(target_os = "linux")]
fn create_unnamed(folder: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(openat(CWD, folder, flags, Mode::from_raw_mode(MODE)).ok()?);
    link_below_proc(&file).exists().then_some(file)
}

#[cfg(target_os = "linux")]
fn publish_unnamed(file: &File, target: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use rustix::io::Errno;

    let file = link_below_proc(file);
    let link = |name: &Path| linkat(CWD, &file, CWD, name, AtFlags::SYMLINK_FOLLOW);
    match link(target) {
        // A link replaces nothing, but a renamed file does: for the time of two system calls it has another name.
        Err(Errno::EXIST) => {
            let named = tempfile::Builder::new()
                .prefix(PREFIX)
                .make_in(directory(target), |name| Ok(link(name)?))?
                .into_temp_path();
            TemporaryName::new(named).rename(target)
        }
        linked => Ok(linked?),
    }
}

#[cfg(target_os = "linux")]
fn link_below_proc(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;

    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[cfg(not(target_os = "linux"))]
fn create_unnamed(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn publish_unnamed(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

const PREFIX: &str = ".ngramcount-";

fn create_named(folder: &Path) -> io::Result<(File, Option<TemporaryName>)> {
    let (file, name) = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(folder)?
        .into_parts();
    Ok((file, Some(TemporaryName::new(name))))
}

/// The name of a temporary file, which is removed when this is dropped, and known to [`remove_unfinished`] until then.
#[derive(Debug)]
struct TemporaryName {
    /// `None` when the name is given up.
    path: Option<TempPath>,
    known_as: PathBuf,
}

impl TemporaryName {
    fn new(path: TempPath) -> Self {
        let known_as = path.to_path_buf();
        names().insert(known_as.clone());
        Self { path: Some(path), known_as }
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        match self.path.take() {
            Some(path) => path.persist(target).map_err(|failed| failed.error),
            None => Ok(()),
        }
    }
}

impl Drop for TemporaryName {
    fn drop(&mut self) {
        drop(self.path.take());
        names().remove(&self.known_as);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// A temporary file as on a file system that has no unnamed ones.
    fn named(target: &Path) -> TemporaryFile {
        let (file, name) = create_named(directory(target)).unwrap();
        TemporaryFile { file, name, target: target.to_owned() }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_not_complete_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        for text in ["new", "replaced"] {
            let before = files(folder.path());
            let file = TemporaryFile::create(target.clone()).unwrap();
            file.file().write_all(text.as_bytes()).unwrap();
            assert_eq!(files(folder.path()), before);
            file.publish().unwrap();
            assert_eq!(files(folder.path()), [&*target]);
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
        }
    }

    #[test]
    fn without_unnamed_files_the_name_is_known_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        for text in ["new", "replaced"] {
            let file = named(&target);
            file.file().write_all(text.as_bytes()).unwrap();
            file.publish().unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
        }
        let unfinished = named(&target);
        let created = files(folder.path()).into_iter().find(|path| *path != target).unwrap();
        // Not by `remove_unfinished`, which would also remove the files of tests that run at the same time.
        assert!(names().contains(&created));
        drop(unfinished);
        assert!(!names().contains(&created));
        assert_eq!(files(folder.path()), [&*target]);
    }
}
