//! Name of the index of a file.

use std::path::{Path, PathBuf};

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
    name.push(".ngx");
    name.into()
}
