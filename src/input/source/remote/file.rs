//! A remote file as it was found at the first request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{Part, Version};
use super::fault::RemoteFault;
use super::rules::HttpRules;
use super::url::RemoteUrl;

/// A remote file: what must hold of each further answer, so that all bytes are of one state of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct RemoteFile {
    pub(super) url: RemoteUrl,
    /// Size in bytes, if the server tells it.
    pub(in crate::input) size: Option<u64>,
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
    /// The server gives ranges.
    pub(in crate::input) has_ranges: bool,
    pub(super) rules: HttpRules,
    /// Its first bytes; none in another process than that of the first request.
    #[serde(skip)]
    pub(super) head: Arc<[u8]>,
    /// Only some bytes are needed, probably: nothing is fetched in advance.
    pub(super) is_looked_at: bool,
}

impl RemoteFile {
    /// A file of which nothing is known yet.
    pub(super) fn unseen(url: &RemoteUrl, rules: &HttpRules) -> Self {
        RemoteFile {
            url: url.clone(),
            size: None,
            etag: None,
            modified: None,
            has_ranges: false,
            rules: rules.clone(),
            head: Arc::default(),
            is_looked_at: false,
        }
    }

    /// What the server says of the state of the file, if it does.
    pub(in crate::input) fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Where its bytes are, and the state of it that is asked for. A weak tag says that two states are as good as each
    /// other, not that they have the same bytes, and no server takes one here (RFC 9110, 13.1.1).
    pub(super) fn precondition(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| !etag.starts_with("W/"))
    }

    /// Checks that an answer is of the same state of the file, and has the bytes that it was to have.
    pub(super) fn verify(&self, part: Part, version: &Version) -> Result<(), RemoteFault> {
        let tag = (&self.etag, &version.etag);
        let same = match tag {
            (Some(first), Some(now)) => first == now,
            (Some(_), None) => false,
            (None, _) => self.modified == version.modified,
        };
        let same_size = match part {
            Part::Whole(_) if self.has_ranges => return Err(RemoteFault::WholeFile),
            Part::Whole(size) => size == self.size,
            Part::Range { total, .. } => Some(total) == self.size,
        };
        if same && same_size { Ok(()) } else { Err(RemoteFault::Changed) }
    }

    /// What names this state of the file, if anything does: for copies of it.
    pub(super) fn state(&self) -> Option<String> {
        let size = self.size?;
        let tag = self.precondition().or(self.modified.as_deref())?;
        Some(format!("{size} {tag}"))
    }

    /// The same file for someone who will probably read a little of it.
    pub(in crate::input) fn for_a_look(self) -> Self {
        RemoteFile { is_looked_at: true, ..self }
    }
}
