//! The name of a source.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::remote::RemoteUrl;

/// One input: a path, a URL, or standard input. It displays as what messages should call it.
///
/// ```
/// use ngramcount::input::Source;
/// assert_eq!(Source::from("a.gz").to_string(), "a.gz");
/// assert_eq!(Source::from("-"), Source::Stdin);
/// assert!(matches!(Source::from("https://example.org/a.gz"), Source::Url(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A file, a FIFO or a device that has a name.
    Path(#[serde(with = "path_on_the_wire")] PathBuf),
    /// A file on a server.
    Url(RemoteUrl),
    /// File descriptor 0.
    Stdin,
}

impl Source {
    /// A file: a URL if it begins like one that can be fetched, otherwise a path, `-` included. A local file whose path begins
    /// so is `./https://…`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        match path.to_str().and_then(RemoteUrl::parse) {
            Some(url) => Source::Url(url),
            None => Source::Path(path),
        }
    }

    /// The path of a local file that has a name.
    pub fn path(&self) -> Option<&Path> {
        if let Source::Path(path) = self { Some(path) } else { None }
    }
}

impl<P: Into<PathBuf>> From<P> for Source {
    /// `-` is standard input; a file of that name is `./-`.
    fn from(path: P) -> Self {
        let path = path.into();
        if path.as_os_str() == "-" { Source::Stdin } else { Source::file(path) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A name is shown on one line, whatever is in it.
            Source::Path(path) => {
                let name = path.to_string_lossy();
                if name.chars().any(char::is_control) { name.escape_debug().fmt(f) } else { name.fmt(f) }
            }
            Source::Url(url) => url.fmt(f),
            Source::Stdin => f.write_str("standard input"),
        }
    }
}

/// Paths as `OsString`: the wire takes a `PathBuf` only if it is UTF-8.
mod path_on_the_wire {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(to)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(from).map(PathBuf::from)
    }
}
