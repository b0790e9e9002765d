//! Name of the index of a file.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::input::Source;

const ENDING: &str = ".ngx";

/// Whether a file has the name of an index.
pub(in crate::input) fn is_index(file: &Path) -> bool {
    file.as_os_str().as_bytes().ends_with(ENDING.as_bytes())
}

/// The name of the index of a file: with `.ngx` behind its own, beside it or in `folder`.
///
/// ```
/// use std::path::Path;
/// use ngramcount::input::index_path;
/// assert_eq!(index_path("data/a.gz".as_ref(), None), Path::new("data/a.gz.ngx"));
/// assert_eq!(index_path("data/a.gz".as_ref(), Some("/tmp".as_ref())), Path::new("/tmp/a.gz.ngx"));
/// ```
pub fn index_path(file: &Path, folder: Option<&Path>) -> PathBuf {
    let beside = match (folder, file.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => file.to_path_buf(),
    };
    let mut name = beside.into_os_string();
    name.push(ENDING);
    name.into()
}

/// The index of a source: that of a remote file lies beside it on the server, or in `folder`. Standard input has none.
///
/// ```
/// use ngramcount::input::{Source, index_of};
/// let file = Source::from("https://example.org/a.gz");
/// assert_eq!(index_of(&file, None), Some(Source::from("https://example.org/a.gz.ngx")));
/// assert_eq!(index_of(&file, Some("/tmp".as_ref())), Some(Source::from("/tmp/a.gz.ngx")));
/// ```
pub fn index_of(file: &Source, folder: Option<&Path>) -> Option<Source> {
    match (file, folder) {
        (Source::Path(path), _) => Some(Source::Path(index_path(path, folder))),
        (Source::Url(url), None) => Some(Source::Url(url.with_ending(ENDING))),
        (Source::Url(url), Some(_)) => Some(Source::Path(index_path(Path::new(url.file_name()), folder))),
        (Source::Stdin, _) => None,
    }
}
