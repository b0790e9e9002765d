//! Where an answer goes: standard output, or a file that appears whole or not at all.
//!
//! What happens to `FILE`, in this order:
//! 1. If something is there that is not a regular file (a device, a FIFO, a terminal), it is
//!    written to as it is, never replaced.
//! 2. Otherwise symbolic links are followed to their end, and a new file is written beside that
//!    and renamed to it once it is complete. Its mode is that of the file it replaces, or what the
//!    umask leaves of 0666.
//! 3. Where any step fails, the new file is removed and an old one stays as it was.

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
use super::format::NotText;
use super::writer::write_behind;

/// Links followed before a chain is taken for a ring, as on Linux.
const MAX_LINKS: usize = 40;

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

impl Destination {
    /// Finds out whether there is hope of writing here, without touching anything, so that a
    /// mistyped folder fails before the counting and not after it.
    ///
    /// # Errors
    /// When the folder is missing or not writable, or the destination is a folder itself; when standard output is not
    /// open for writing.
    pub fn check(&self) -> Result<(), OutputError> {
        let place = match self {
            Self::Stdout => return open_for_writing().map_err(|error| self.name(error)),
            Self::File(path) => Place::of(path),
        };
        let checked = match place {
            Ok(Place::AsItIs(place)) => access(&place, Access::WRITE_OK).map_err(io::Error::from),
            Ok(Place::Beside(target)) => {
                access(folder(&target), Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
            }
            Err(error) => Err(error),
        };
        checked.map_err(|error| self.name(error))
    }

    /// Lets `fill` write here, and makes what it wrote visible if all of it succeeded.
    ///
    /// # Errors
    /// What `fill` or the system says; [`OutputError::ReaderGone`] for a pipe that nobody reads.
    pub fn write(&self, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), OutputError> {
        self.stage(fill)?.publish()
    }

    /// The same in two steps, for a caller who has two things to write and wants both or none:
    /// what is staged becomes visible by [`Staged::publish`] and is gone when dropped before. Only
    /// a file can wait so; standard output, a device or a FIFO is written at once.
    ///
    /// # Errors
    /// As for [`Destination::write`].
    pub fn stage(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Staged<'_>, OutputError> {
        let staged = match self {
            // Not `io::stdout()` itself: it searches all that it is given for line ends.
            Self::Stdout => {
                io::stdout().as_fd().try_clone_to_owned().and_then(|fd| fill_as_it_is(&File::from(fd), fill))
            }
            Self::File(path) => match Place::of(path) {
                Ok(Place::AsItIs(place)) => {
                    OpenOptions::new().write(true).open(place).and_then(|file| fill_as_it_is(&file, fill))
                }
                Ok(Place::Beside(target)) => fill_beside(target, fill),
                Err(error) => Err(error),
            },
        };
        Ok(Staged { destination: self, waiting: staged.map_err(|error| self.name(error))? })
    }

    fn name(&self, error: io::Error) -> OutputError {
        let error = match error.downcast::<NotText>() {
            Ok(error) => return OutputError::NotText { place: self.to_string(), error },
            Err(error) => error,
        };
        match self {
            _ if error.kind() == io::ErrorKind::BrokenPipe => OutputError::ReaderGone,
            Self::Stdout => OutputError::Stdout(error),
            Self::File(path) => OutputError::File { path: path.clone(), error },
        }
    }
}

/// Standard output itself will say whether there is room; here it is asked only what it was opened for.
fn open_for_writing() -> io::Result<()> {
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

/// How a path is to be written.
enum Place {
    /// Open what is there and write into it.
    AsItIs(PathBuf),
    /// Write a new file in the same folder and rename it to this.
    Beside(PathBuf),
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if found.is_file() => Ok(Self::Beside(fs::canonicalize(path)?)),
            Ok(_) => Ok(Self::AsItIs(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Beside(end_of_links(path)?)),
            Err(error) => Err(error),
        }
    }
}

/// Follows links that end at a file which is not there yet; `canonicalize` refuses those.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            // An absolute target replaces the folder, a relative one starts from it.
            Ok(target) => path = folder(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::from(Errno::LOOP))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A complete file that still has its temporary name, and the name that it is to have.
type Waiting = (NamedTempFile, PathBuf);

fn fill_as_it_is(
    file: &File,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Waiting>> {
    write_behind(file, false, fill).map(|()| None)
}

fn fill_beside(
    target: PathBuf,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Waiting>> {
    let fresh = tempfile::Builder::new()
        .prefix(".ngramcount-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder(&target))?;
    if let Ok(old) = fs::metadata(&target) {
        fresh.as_file().set_permissions(old.permissions())?;
    }
    // Durable, since some file systems say only then that they are full.
    write_behind(fresh.as_file(), true, fill)?;
    Ok(Some((fresh, target)))
}

/// Something written that nobody sees yet, where the destination allows that.
#[must_use = "what is staged is removed unless it is published"]
#[derive(Debug)]
pub struct Staged<'a> {
    destination: &'a Destination,
    waiting: Option<Waiting>,
}

impl Staged<'_> {
    /// Makes it visible, under its name.
    ///
    /// # Errors
    /// When the file cannot be renamed; it is removed then.
    pub fn publish(self) -> Result<(), OutputError> {
        let Some((fresh, target)) = self.waiting else {
            return Ok(());
        };
        match fresh.persist(target) {
            Ok(_) => Ok(()),
            Err(failed) => Err(self.destination.name(failed.error)),
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

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_has_the_mode_that_any_new_file_has() {
        let dir = tempfile::tempdir().unwrap();
        File::create(dir.path().join("usual")).unwrap();
        write(&dir.path().join("ours"), "1\n").unwrap();
        let mode = |name| fs::metadata(dir.path().join(name)).unwrap().mode();
        assert_eq!(mode("ours"), mode("usual"));
        assert_eq!(names(dir.path()), ["ours", "usual"]);
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
    fn links_stay_and_their_target_is_written_whether_it_is_there_or_not() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink("elsewhere/real", dir.path().join("link")).unwrap();
        symlink("link", dir.path().join("link-to-link")).unwrap();
        for text in ["first", "second"] {
            write(&dir.path().join("link-to-link"), text).unwrap();
            assert_eq!(fs::read(elsewhere.join("real")).unwrap(), text.as_bytes());
        }
        assert_eq!(names(dir.path()), ["elsewhere", "link", "link-to-link"]);
        assert_eq!(names(&elsewhere), ["real"]);
    }

    #[test]
    fn a_ring_of_links_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert!(write(&dir.path().join("a"), "").is_err());
    }

    #[test]
    fn a_failure_half_way_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old").unwrap();
        let failed = Destination::File(path.clone()).write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(matches!(failed, Err(OutputError::File { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["a"]);
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let null = Path::new("/dev/null");
        write(null, "gone").unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
        let full = write(Path::new("/dev/full"), "no room").unwrap_err();
        assert!(full.to_string().starts_with("/dev/full: cannot write: "));
    }

    #[test]
    fn a_missing_folder_is_found_before_anything_is_written() {
        let dir = tempfile::tempdir().unwrap();
        for wrong in [dir.path().join("no/such/a"), dir.path().to_owned()] {
            assert!(Destination::File(wrong).check().is_err());
        }
        Destination::File(dir.path().join("a")).check().unwrap();
        assert!(names(dir.path()).is_empty());
    }
}
