//! Paths on the command line: inputs, outputs, and the check that no output overwrites an input or another output.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::UsageError;
use crate::input::Source;
use crate::output::Destination;

/// The input: these files, or standard input if there are none.
pub(in crate::cli) fn sources(files: Vec<PathBuf>) -> Vec<Source> {
    if files.is_empty() {
        return vec![Source::Stdin];
    }
    files.into_iter().map(Source::from).collect()
}

/// The output at this path; `-` is standard output.
pub(super) fn destination(path: PathBuf) -> Destination {
    if path == Path::new("-") { Destination::Stdout } else { Destination::File(path) }
}

/// What identifies a file, whatever path leads to it: device and inode if it exists, otherwise its folder and name.
#[derive(PartialEq, Eq, Hash)]
enum FileIdentity {
    Existing(u64, u64),
    New(PathBuf),
}

/// Refuses an output that is an input or another output. Each output comes with the option that names it. Devices and
/// pipes may be named several times.
pub(super) fn check_overwrites<'a>(
    inputs: &'a [PathBuf],
    outputs: impl IntoIterator<Item = (&'static str, Option<&'a Path>)>,
) -> Result<(), UsageError> {
    let mut taken: HashMap<FileIdentity, &str> = HashMap::new();
    for input in inputs {
        taken.extend(identify(input).map(|identity| (identity, "the input")));
    }
    for (option, path) in outputs {
        let Some(path) = path else { continue };
        if let Some(other) = identify(path).and_then(|identity| taken.insert(identity, option)) {
            return Err(UsageError::SameFile { option, path: path.to_owned(), other });
        }
    }
    Ok(())
}

fn identify(path: &Path) -> Option<FileIdentity> {
    match fs::metadata(path) {
        Ok(file) if file.is_file() => Some(FileIdentity::Existing(file.dev(), file.ino())),
        Ok(_) => None,
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
            Some(FileIdentity::New(folder.join(path.file_name()?)))
        }
    }
}
