//! Destination of an answer: standard output, or a file that is replaced atomically.
//!
//! A file is written by these rules:
//! 1. A path that exists and is not a regular file (a device, a FIFO, a terminal) is opened and written to. It is never
//!    replaced.
//! 2. Otherwise symbolic links are followed, and a temporary file is written in the directory of the target and renamed
//!    to it once it is complete. Its mode is that of the file it replaces, or 0666 less the umask.
//! 3. If any step fails, the temporary file is removed, and an old file stays unchanged.

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags, access, fcntl_getfl};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::OutputError;
use super::ngram_error::NgramError;
use super::writer::write_in_background;

/// Number of symbolic links that are followed before they count as a loop, as on Linux.
const MAX_LINKS: usize = 40;

/// The destination of an answer.
///
/// ```
/// use ngramcount::output::Destination;
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("words.tsv");
/// Destination::File(path.clone()).write(|out| out.write_all(b"the\t7\n"))?;
/// assert_eq!(std::fs::read(path)?, b"the\t7\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

impl Destination {
    /// Checks permissions without writing anything, so that a mistyped directory is an error before the count and not
    /// after it.
    ///
    /// # Errors
    /// The directory is missing or not writable, the destination is a directory itself, or standard output is not open
    /// for writing.
    pub fn check(&self) -> Result<(), OutputError> {
        let mode = match self {
            Self::Stdout => return check_stdout_mode().map_err(|error| self.error(error)),
            Self::File(path) => WriteMode::of(path),
        };
        let checked = match mode {
            Ok(WriteMode::InPlace(place)) => access(&place, Access::WRITE_OK).map_err(io::Error::from),
            Ok(WriteMode::Replace(target)) => {
                access(directory(&target), Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
            }
            Err(error) => Err(error),
        };
        checked.map_err(|error| self.error(error))
    }

    /// Writes what `fill` writes. A file becomes visible only if all of it succeeded.
    ///
    /// # Errors
    /// The error of `fill` or of the system; [`OutputError::BrokenPipe`] for a pipe without a reader.
    pub fn write(&self, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), OutputError> {
        self.stage(fill)?.publish()
    }

    /// Like [`write`](Self::write) in two steps, for a caller that writes several files and wants all of them or none.
    ///
    /// A staged file becomes visible by [`Staged::publish`], and is removed if it is dropped before. Standard output, a
    /// device or a FIFO is written at once.
    ///
    /// # Errors
    /// As for [`Destination::write`].
    pub fn stage(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Staged<'_>, OutputError> {
        let staged = match self {
            // `io::stdout()` itself searches all bytes for line ends.
            Self::Stdout => {
                io::stdout().as_fd().try_clone_to_owned().and_then(|fd| write_in_place(&File::from(fd), fill))
            }
            Self::File(path) => match WriteMode::of(path) {
                Ok(WriteMode::InPlace(place)) => {
                    OpenOptions::new().write(true).open(place).and_then(|file| write_in_place(&file, fill))
                }
                Ok(WriteMode::Replace(target)) => write_temporary(target, fill),
                Err(error) => Err(error),
            },
        };
        Ok(Staged { destination: self, unpublished: staged.map_err(|error| self.error(error))? })
    }

    fn error(&self, error: io::Error) -> OutputError {
        let error = match error.downcast::<NgramError>() {
            Ok(error) => return OutputError::Ngram { destination: self.to_string(), error },
            Err(error) => error,
        };
        match self {
            _ if error.kind() == io::ErrorKind::BrokenPipe => OutputError::BrokenPipe,
            Self::Stdout => OutputError::Stdout(error),
            Self::File(path) => OutputError::File { path: path.clone(), error },
        }
    }
}

/// Checks the access mode of standard output. Only writing shows whether there is space.
fn check_stdout_mode() -> io::Result<()> {
    match fcntl_getfl(io::stdout())? & OFlags::ACCMODE {
        OFlags::RDONLY => Err(Errno::BADF.into()),
        _ => Ok(()),
    }
}

/// The path, or "standard output".
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// The way in which a path is written.
enum WriteMode {
    /// Open the existing device or pipe and write to it.
    InPlace(PathBuf),
    /// Write a temporary file in the same directory and rename it to this path.
    Replace(PathBuf),
}

impl WriteMode {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if found.is_file() => Ok(Self::Replace(fs::canonicalize(path)?)),
            Ok(_) => Ok(Self::InPlace(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Replace(link_target(path)?)),
            Err(error) => Err(error),
        }
    }
}

/// Follows symbolic links to a file that does not exist yet, which `canonicalize` refuses.
fn link_target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            // `join` replaces the directory if the target is absolute.
            Ok(target) => path = directory(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::from(Errno::LOOP))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A complete file under its temporary name, and its final name.
type Unpublished = (NamedTempFile, PathBuf);

fn write_in_place(
    file: &File,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Unpublished>> {
    write_in_background(file, false, fill).map(|()| None)
}

fn write_temporary(
    target: PathBuf,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Unpublished>> {
    let file = tempfile::Builder::new()
        .prefix(".ngramcount-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory(&target))?;
    if let Ok(old) = fs::metadata(&target) {
        file.as_file().set_permissions(old.permissions())?;
    }
    // Some file systems report only at the sync that they are full.
    write_in_background(file.as_file(), true, fill)?;
    Ok(Some((file, target)))
}

/// A complete output that is not visible yet, if the destination is a regular file.
#[must_use = "a staged file is removed unless it is published"]
#[derive(Debug)]
pub struct Staged<'a> {
    destination: &'a Destination,
    unpublished: Option<Unpublished>,
}

impl Staged<'_> {
    /// Renames the file to its final name.
    ///
    /// # Errors
    /// The file cannot be renamed. It is removed then.
    pub fn publish(self) -> Result<(), OutputError> {
        let Some((file, target)) = self.unpublished else {
            return Ok(());
        };
        match file.persist(target) {
            Ok(_) => Ok(()),
            Err(failed) => Err(self.destination.error(failed.error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn write(path: &Path, text: &str) -> Result<(), OutputError> {
        Destination::File(path.to_owned()).write(|out| out.write_all(text.as_bytes()))
    }

    fn file_names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_has_the_default_mode() {
        let dir = tempfile::tempdir().unwrap();
        File::create(dir.path().join("usual")).unwrap();
        write(&dir.path().join("ours"), "1\n").unwrap();
        let mode = |name| fs::metadata(dir.path().join(name)).unwrap().mode();
        assert_eq!(mode("ours"), mode("usual"));
        assert_eq!(file_names(dir.path()), ["ours", "usual"]);
    }

    #[test]
    fn a_replaced_file_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o604);
    }

    #[test]
    fn symbolic_links_are_followed_to_an_existing_or_a_new_target() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink("elsewhere/real", dir.path().join("link")).unwrap();
        symlink("link", dir.path().join("link-to-link")).unwrap();
        for text in ["first", "second"] {
            write(&dir.path().join("link-to-link"), text).unwrap();
            assert_eq!(fs::read(elsewhere.join("real")).unwrap(), text.as_bytes());
        }
        assert_eq!(file_names(dir.path()), ["elsewhere", "link", "link-to-link"]);
        assert_eq!(file_names(&elsewhere), ["real"]);
    }

    #[test]
    fn a_loop_of_symbolic_links_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert!(write(&dir.path().join("a"), "").is_err());
    }

    #[test]
    fn a_failure_during_writing_leaves_the_old_file_and_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old").unwrap();
        let failed = Destination::File(path.clone()).write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(matches!(failed, Err(OutputError::File { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(file_names(dir.path()), ["a"]);
    }

    #[test]
    fn a_device_is_written_and_not_replaced() {
        let null = Path::new("/dev/null");
        write(null, "gone").unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
        let full = write(Path::new("/dev/full"), "no room").unwrap_err();
        assert!(full.to_string().starts_with("/dev/full: cannot write: "));
    }

    #[test]
    fn a_missing_directory_is_an_error_before_anything_is_written() {
        let dir = tempfile::tempdir().unwrap();
        for wrong in [dir.path().join("no/such/a"), dir.path().to_owned()] {
            assert!(Destination::File(wrong).check().is_err());
        }
        Destination::File(dir.path().join("a")).check().unwrap();
        assert!(file_names(dir.path()).is_empty());
    }
}
