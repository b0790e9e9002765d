//! Destination of an answer: standard output, or a file that is replaced atomically.
//!
//! A file is written by these rules:
//! 1. A path that leads to a file that standard output or standard error writes to (`/dev/stdout`, or the name of the log
//!    behind `>>log`), or to another open descriptor (`/dev/fd/3`), is written through that descriptor, at its position.
//!    An append stays an append.
//! 2. A path that exists and is not a regular file (a device, a FIFO, a terminal) is opened and written to. It is never
//!    replaced.
//! 3. Otherwise symbolic links are followed, and a temporary file on the file system of the target takes its name once it
//!    is complete. Its mode is that of the file it replaces, or 0666 less the umask.
//! 4. If any step fails, nothing of the temporary file is left, and an old file stays unchanged.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::stdio::stdout;

use super::OutputError;
use super::ngram_error::NgramError;
use super::temporary_file::TemporaryFile;
use super::write_mode::WriteMode;
use super::writer::write_in_background;

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
        self.write_mode().and_then(|mode| mode.check()).map_err(|error| self.error(error))
    }

    /// The file that is created or replaced; `None` where something that exists is written to.
    pub fn replaced_file(&self) -> Option<PathBuf> {
        match self.write_mode() {
            Ok(WriteMode::Replace(target)) => Some(target),
            _ => None,
        }
    }

    /// Writes what `fill` writes. A file becomes visible only if all of it succeeded.
    ///
    /// # Errors
    /// The error of `fill` or of the system; [`OutputError::BrokenPipe`] for a standard output without a reader.
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
        let unpublished = self.write_mode().and_then(|mode| match mode {
            WriteMode::Replace(target) => {
                let temporary = TemporaryFile::create(target)?;
                // Some file systems report only at the sync that they are full.
                write_in_background(temporary.file(), true, fill)?;
                Ok(Some(temporary))
            }
            in_place => write_in_background(&in_place.open()?, false, fill).map(|()| None),
        });
        Ok(Staged { destination: self, unpublished: unpublished.map_err(|error| self.error(error))? })
    }

    fn write_mode(&self) -> io::Result<WriteMode> {
        match self {
            Self::Stdout => Ok(WriteMode::Stream(stdout())),
            Self::File(path) => WriteMode::of(path),
        }
    }

    fn error(&self, error: io::Error) -> OutputError {
        let error = match error.downcast::<NgramError>() {
            Ok(error) => return OutputError::Ngram { destination: self.to_string(), error },
            Err(error) => error,
        };
        match self {
            Self::Stdout if error.kind() == io::ErrorKind::BrokenPipe => OutputError::BrokenPipe,
            Self::Stdout => OutputError::Stdout(error),
            Self::File(path) => OutputError::File { path: path.clone(), error },
        }
    }
}

/// Opens a file that is written while the work goes on, as a log is. A file of its own is emptied; a descriptor or a device
/// is written to, as an answer is.
///
/// # Errors
/// Those of the system.
pub fn open_log(path: &Path) -> io::Result<File> {
    WriteMode::of(path)?.open()
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

/// A complete output that is not visible yet, if the destination is a regular file.
#[must_use = "a staged file is removed unless it is published"]
#[derive(Debug)]
pub struct Staged<'a> {
    destination: &'a Destination,
    unpublished: Option<TemporaryFile>,
}

impl Staged<'_> {
    /// Gives the file its final name.
    ///
    /// # Errors
    /// The file cannot be renamed. It is removed then.
    pub fn publish(self) -> Result<(), OutputError> {
        self.unpublished.map_or(Ok(()), TemporaryFile::publish).map_err(|error| self.destination.error(error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

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
