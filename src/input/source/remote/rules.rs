//! Rules for fetching remote files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Rules for fetching remote files: patience, and where copies are kept.
///
/// ```
/// use ngramcount::input::HttpRules;
/// let mut rules = HttpRules::default();
/// rules.retries = 2;
/// assert!(rules.cache().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HttpRules {
    /// How often in a row a request is made again after a broken connection, a stall, or a status that may pass.
    pub retries: u32,
    /// How long a connection, an answer, or the next bytes of one may take.
    pub timeout: Duration,
    /// Largest range of bytes in one request; two are under way at the same time, and wait in memory.
    pub range: u64,
    /// Not a path, because the wire takes a `PathBuf` only if it is UTF-8.
    cache: Option<OsString>,
}

impl Default for HttpRules {
    fn default() -> Self {
        HttpRules { retries: 8, timeout: Duration::from_secs(20), range: 16 << 20, cache: None }
    }
}

impl HttpRules {
    /// Keeps a copy of each file that is read whole in this folder.
    #[must_use]
    pub fn cached_in(self, folder: impl Into<Option<PathBuf>>) -> Self {
        HttpRules { cache: folder.into().map(OsString::from), ..self }
    }

    /// The folder of the copies.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref().map(Path::new)
    }
}
