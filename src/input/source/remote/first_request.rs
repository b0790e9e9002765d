//! The first request of a file: whether it is there, its size, its state, and its first bytes.

use super::answer::{Answer, Part};
use super::backoff::Backoff;
use super::body;
use super::failure::Failure;
use super::fault::RemoteFault;
use super::file::RemoteFile;
use super::location::Location;
use super::request::Request;
use super::retry::{self, Stop};
use super::rules::HttpRules;
use super::url::RemoteUrl;
use crate::input::Control;

/// Bytes that the first request of a file asks for. They are kept: most that is asked of a file before it is read lies in them.
pub(in crate::input) const HEAD_BYTES: u64 = 16 << 10;

impl RemoteFile {
    /// Asks for the first `head` bytes.
    pub(in crate::input) fn check(
        url: &RemoteUrl,
        rules: &HttpRules,
        head: u64,
        control: &Control,
    ) -> Result<Self, Stop> {
        let (url, rules) = (url.clone(), rules.clone());
        retry::interruptible(control, move |control| Self::ask(&url, &rules, head, control))
    }

    fn ask(url: &RemoteUrl, rules: &HttpRules, head: u64, control: &Control) -> Result<Self, Stop> {
        let location = Location::of(url)?;
        let mut backoff = Backoff::new(rules.retries);
        let mut file = RemoteFile::unseen(url, rules);
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
                    retry::pause(&mut backoff, cause, pause, control)?;
                }
            }
        }
    }

    fn first_request(&mut self, location: &Location, head: u64, control: &Control) -> Result<(), Failure> {
        let progress = &control.progress;
        let request = Request { location, range: Some((0, head)), etag: None, rules: &self.rules, progress };
        let Answer { part, version, body: mut bytes } = request.send()?;
        let mut first = Vec::new();
        (self.size, self.has_ranges) = match part {
            Part::Whole(size) => (size, false),
            Part::Range { end, total, .. } => {
                body::read_all(&mut bytes, end, self.rules.timeout, progress, &mut first)?;
                (Some(total), true)
            }
        };
        (self.etag, self.modified) = (version.etag, version.modified);
        self.head = first.into();
        Ok(())
    }
}
