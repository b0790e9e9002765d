//! The name of a source.

use std::fmt;
use std::path::PathBuf;

/// One input: a path, or standard input. It displays as what messages should call it.
///
/// ```
/// use ngramcount::input::Source;
/// assert_eq!(Source::from("a.gz").to_string(), "a.gz");
/// assert_eq!(Source::from("-"), Source::Stdin);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, a FIFO or a device that has a name.
    Path(PathBuf),
    /// File descriptor 0.
    Stdin,
}

impl<P: Into<PathBuf>> From<P> for Source {
    /// `-` is standard input; a file of that name is `./-`.
    fn from(path: P) -> Self {
        let path = path.into();
        if path.as_os_str() == "-" { Source::Stdin } else { Source::Path(path) }
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
            Source::Stdin => f.write_str("standard input"),
        }
    }
}
