//! Files that would be written over: an input by an output, or one output by another.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::plan::UsageError;

/// A file on the command line: by which option, and its path.
pub(super) type Named<'a> = (&'static str, &'a Path);

/// What a path leads to, whatever it is called: an existing file by its device and number, a new one
/// by its folder and name.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    File(u64, u64),
    New(PathBuf),
}

/// Refuses outputs that are an input or another output. Devices and pipes are nobody's to keep.
pub(super) fn check<'a>(
    inputs: impl Iterator<Item = &'a Path>,
    outputs: impl Iterator<Item = Named<'a>>,
) -> Result<(), UsageError> {
    let mut taken: HashMap<Identity, &str> = HashMap::new();
    for input in inputs {
        taken.extend(identity(input).map(|identity| (identity, "the input")));
    }
    for (option, path) in outputs {
        if let Some(other) = identity(path).and_then(|identity| taken.insert(identity, option)) {
            return Err(UsageError::Collision { option, path: path.to_owned(), other });
        }
    }
    Ok(())
}

fn identity(path: &Path) -> Option<Identity> {
    match fs::metadata(path) {
        Ok(file) if file.is_file() => Some(Identity::File(file.dev(), file.ino())),
        Ok(_) => None,
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
            Some(Identity::New(folder.join(path.file_name()?)))
        }
    }
}
