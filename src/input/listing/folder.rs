//! Files of a folder and of the folders in it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::globs::Globs;
use crate::input::index::is_index;
use crate::input::{CancelToken, InputError, Source};

/// The files that fit, in the order of the bytes of their paths. Links are followed. Hidden files and folders, whose names begin
/// with a dot, and indexes are left out.
///
/// # Errors
/// The first in that order of what cannot be read, is no regular file, or is a link that leads back or nowhere.
pub(super) fn files_in(
    folder: &Path,
    globs: &Globs,
    cancel: &CancelToken,
) -> Result<Vec<PathBuf>, InputError> {
    let mut found = Vec::new();
    let mut first_failure: Option<(PathBuf, InputError)> = None;
    let mut left_out = false;
    let mut walk = WalkDir::new(folder).follow_links(true).into_iter();
    while let Some(entry) = walk.next() {
        if cancel.is_cancelled() {
            return Err(InputError::Stopped);
        }
        let path = match &entry {
            Ok(entry) => entry.path(),
            Err(error) => error.path().unwrap_or(folder),
        };
        let below = path.strip_prefix(folder).unwrap_or(path);
        if below.iter().any(is_hidden) {
            left_out = true;
            if entry.is_ok_and(|entry| entry.file_type().is_dir()) {
                walk.skip_current_dir();
            }
            continue;
        }
        let failure = match entry {
            Ok(entry) if entry.file_type().is_dir() => continue,
            Ok(entry) if is_index(path) => {
                left_out |= entry.file_type().is_file();
                continue;
            }
            Ok(_) if !globs.fit(below) => continue,
            Ok(entry) => match regular_file(entry) {
                Ok(path) => {
                    found.push(path);
                    continue;
                }
                Err(failure) => failure,
            },
            // A link to nothing is no folder, so that its name tells whether it matters.
            Err(_) if is_broken_link(path) && !globs.fit(below) => continue,
            Err(error) => failure(error, folder),
        };
        let path = failure.file().and_then(Source::path).unwrap_or(folder).to_path_buf();
        if first_failure.as_ref().is_none_or(|(first, _)| bytes(&path) < bytes(first)) {
            first_failure = Some((path, failure));
        }
    }
    if let Some((_, failure)) = first_failure {
        return Err(failure);
    }
    if found.is_empty() {
        let file = Source::Path(folder.to_path_buf());
        return Err(InputError::EmptyFolder { file, globs: globs.to_string(), left_out });
    }
    // Not the order of `Path`, in which `a/b` comes before `a.b`.
    found.sort_unstable_by(|one, other| bytes(one).cmp(bytes(other)));
    Ok(found)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

fn is_broken_link(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

/// The path of a regular file. To read a pipe or a device that was only found might wait for ever.
fn regular_file(entry: DirEntry) -> Result<PathBuf, InputError> {
    match entry.file_type().is_file() {
        true => Ok(entry.into_path()),
        false => Err(InputError::NotRegular { file: Source::Path(entry.into_path()) }),
    }
}

fn failure(error: walkdir::Error, folder: &Path) -> InputError {
    let path = error.path().unwrap_or(folder).to_path_buf();
    let (is_broken, file) = (is_broken_link(&path), Source::Path(path));
    if let Some(ancestor) = error.loop_ancestor() {
        return InputError::LinkLoop { file, folder: Source::Path(ancestor.to_path_buf()) };
    }
    let cause = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
    match cause.kind() {
        io::ErrorKind::NotFound if is_broken => InputError::BrokenLink { file },
        io::ErrorKind::NotFound => InputError::NotFound { file },
        _ => InputError::Open { file, cause },
    }
}
