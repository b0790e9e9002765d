//! Fetching a range: as many attempts as it takes, each from the byte where the last one broke.

use std::ops::Range;

use super::answer::{Answer, Part};
use super::backoff::Backoff;
use super::body::Body;
use super::failure::Failure;
use super::fault::RemoteFault;
use super::file::RemoteFile;
use super::location::Location;
use super::request::Request;
use super::retry::{self, Stop};
use crate::input::{Control, Progress};

/// Fetches a range in blocks, which `sink` takes in order; false from it ends the fetch. Of a file without ranges the range is
/// all of it, and its end may be behind that of the file.
pub(super) fn fetch(
    file: &RemoteFile,
    range: Range<u64>,
    control: &Control,
    mut sink: impl FnMut(Vec<u8>) -> bool,
) -> Result<(), Stop> {
    let location = Location::of(&file.url)?;
    let mut backoff = Backoff::new(file.rules.retries);
    let mut at = range.start;
    while at < range.end {
        let before = at;
        let mut take = |block: Vec<u8>| {
            at += block.len() as u64;
            sink(block) && !control.cancel.is_cancelled()
        };
        let ended = attempt(file, &location, before..range.end, &control.progress, &mut take);
        backoff.progress(at - before);
        match ended {
            Ok(Ended::Unwanted) if control.cancel.is_cancelled() => return Err(Stop::Cancelled),
            Ok(Ended::WholeFile | Ended::Unwanted) => return Ok(()),
            // A server may send a shorter range than it was asked for.
            Ok(Ended::Range) => {}
            Err(Failure::Fatal(fault)) => return Err(fault.into()),
            Err(Failure::Transient { cause, .. }) if !file.has_ranges && at > 0 => {
                return Err(RemoteFault::Broken(cause).into());
            }
            Err(Failure::Transient { cause, pause, .. }) => {
                retry::pause(&mut backoff, cause, pause, control)?
            }
        }
    }
    Ok(())
}

/// How an attempt ended without a failure.
enum Ended {
    WholeFile,
    Range,
    /// Nobody takes what follows.
    Unwanted,
}

fn attempt(
    file: &RemoteFile,
    location: &Location,
    range: Range<u64>,
    progress: &Progress,
    sink: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<Ended, Failure> {
    let asked = file.has_ranges.then_some((range.start, range.end));
    let request = Request { location, range: asked, etag: file.precondition(), rules: &file.rules, progress };
    let Answer { part, version, body } = request.send().map_err(|failure| match failure {
        // It no longer has the first tag, or so many bytes.
        Failure::Fatal(RemoteFault::Status(412 | 416)) => RemoteFault::Changed.into(),
        failure => failure,
    })?;
    file.verify(part, &version)?;
    let (expected, ended) = match part {
        Part::Whole(size) => (size, Ended::WholeFile),
        Part::Range { start, end, .. } => (Some(end - start), Ended::Range),
    };
    let mut body = Body::new(body, expected, file.rules.timeout, progress);
    loop {
        let (block, is_last) = body.next_block();
        if !block.is_empty() && !sink(block) {
            return Ok(Ended::Unwanted);
        }
        if is_last? {
            return Ok(ended);
        }
    }
}

impl RemoteFile {
    /// The bytes of a range of a file that has ranges.
    pub(in crate::input) fn fetch(&self, range: Range<u64>, control: &Control) -> Result<Vec<u8>, Stop> {
        if let Some(known) = self.head.get(range.start as usize..range.end as usize) {
            return Ok(known.to_vec());
        }
        let file = self.clone();
        retry::interruptible(control, move |control| {
            let mut bytes = Vec::new();
            fetch(&file, range, control, |block| {
                bytes.extend(block);
                true
            })?;
            Ok(bytes)
        })
    }
}
