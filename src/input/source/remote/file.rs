//! A remote file as it was found at the first request.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Part, Version};
use super::backoff::Backoff;
use super::fault::RemoteFault;
use super::fetch::{self, Stop};
use super::location::Location;
use super::request::{Failure, Request};
use super::rules::HttpRules;
use super::url::RemoteUrl;
use crate::input::Control;

/// Bytes that the first request of a file asks for. They are kept: most that is asked of a file before it is read lies in them.
pub(in crate::input) const HEAD_BYTES: u64 = 64 << 10;

/// A remote file: what must hold of each further answer, so that all bytes are of one state of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct RemoteFile {
    pub(super) url: RemoteUrl,
    /// Size in bytes, if the server tells it.
    pub(in crate::input) size: Option<u64>,
    etag: Option<String>,
    modified: Option<String>,
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
    /// Asks for the first `head` bytes.
    pub(in crate::input) fn check(
        url: &RemoteUrl,
        rules: &HttpRules,
        head: u64,
        control: &Control,
    ) -> Result<Self, Stop> {
        let location = Location::of(url)?;
        let mut backoff = Backoff::new(rules.retries);
        let mut file = RemoteFile {
            url: url.clone(),
            size: None,
            etag: None,
            modified: None,
            has_ranges: false,
            rules: rules.clone(),
            head: Arc::default(),
            is_looked_at: false,
        };
        loop {
            let failure = match file.first_request(&location, head, control) {
                Ok(()) => return Ok(file),
                Err(failure) => failure,
            };
            match failure {
                Failure::Fatal(fault) => return Err(fault.into()),
                Failure::Transient { cause, is_first_contact: true, .. } => {
                    return Err(RemoteFault::Unreachable(cause).into());
                }
                Failure::Transient { cause, pause, .. } => {
                    fetch::pause(&mut backoff, cause, pause, control)?;
                }
            }
        }
    }

    fn first_request(&mut self, location: &Location, head: u64, control: &Control) -> Result<(), Failure> {
        let progress = &control.progress;
        let request = Request { location, range: Some((0, head)), etag: None, rules: &self.rules, progress };
        let Answer { part, version, mut body } = request.send()?;
        let mut first = Vec::new();
        (self.size, self.has_ranges) = match part {
            Part::Whole(size) => (size, false),
            Part::Range { end, total, .. } => {
                fetch::read_all(&mut body, end, self.rules.timeout, progress, &mut first)?;
                (Some(total), true)
            }
        };
        (self.etag, self.modified) = (version.etag, version.modified);
        self.head = first.into();
        Ok(())
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

    /// The bytes of a range of a file that has ranges.
    pub(in crate::input) fn fetch(&self, range: Range<u64>, control: &Control) -> Result<Vec<u8>, Stop> {
        if let Some(known) = self.head.get(range.start as usize..range.end as usize) {
            return Ok(known.to_vec());
        }
        let mut bytes = Vec::new();
        fetch::fetch(self, range, control, |block| {
            bytes.extend(block);
            true
        })?;
        Ok(bytes)
    }

    /// The same file for someone who will probably read a little of it.
    pub(in crate::input) fn to_look_at(self) -> Self {
        RemoteFile { is_looked_at: true, ..self }
    }
}
