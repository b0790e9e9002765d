//! From what is named to the files that are read.

use std::path::PathBuf;

use super::folder::files_in;
use super::globs::Globs;
use super::name_list;
use crate::input::{Control, InputError, Source};

/// The files of an input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileList {
    /// The files, in the order in which they are read.
    pub files: Vec<Source>,
    /// The folders that stood for some of them.
    pub folders: Vec<PathBuf>,
}

/// The files that `sources` and then the names in `list` stand for. In the place of a folder are the files in it and in the
/// folders in it that fit the patterns, in the order of the bytes of their paths. All else stays as it is named.
///
/// Links are followed. Hidden files and folders, whose names begin with a dot, are left out, and so are indexes (`.ngx`), unless
/// they are named themselves.
///
/// ```
/// use ngramcount::input::{Control, Globs, Source, list_files};
/// let listed = list_files(vec![Source::from("data")], None, &Globs::new(["poem.txt"])?, &Control::new())?;
/// assert_eq!(listed.files, [Source::from("data/poem.txt")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A list without a name or that cannot be read; a folder without such a file, that cannot be read to its end, or that a link in it
/// leads back to.
pub fn list_files(
    sources: Vec<Source>,
    list: Option<&Source>,
    globs: &Globs,
    control: &Control,
) -> Result<FileList, InputError> {
    let named = list.map(|list| name_list::read(list, control)).transpose()?;
    let mut listed = FileList::default();
    for source in sources.into_iter().chain(named.into_iter().flatten()) {
        match source {
            Source::Path(folder) if folder.is_dir() => {
                let files = files_in(&folder, globs, &control.cancel)?;
                listed.files.extend(files.into_iter().map(Source::Path));
                listed.folders.push(folder);
            }
            file => listed.files.push(file),
        }
    }
    Ok(listed)
}
