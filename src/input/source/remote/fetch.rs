//! Fetching a range: as many attempts as it takes, each from the byte where the last one broke.

use std::io::{self, Read};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use super::answer::{Answer, Part};
use super::backoff::Backoff;
use super::fault::RemoteFault;
use super::file::RemoteFile;
use super::location::Location;
use super::request::{Failure, Request};
use crate::input::{Control, Progress};

/// Bytes that are handed on at once.
pub(super) const BLOCK_BYTES: usize = 256 << 10;
/// Time after which a block is handed on though it is not full.
const BLOCK_TIME: Duration = Duration::from_secs(1);
/// Bytes a second below which a connection counts as stalled: a server that sends a byte now and then must not keep a count alive.
const SLOWEST: f64 = 64.0;
/// How long a pause lasts before the cancel token is looked at again.
const CANCEL_INTERVAL: Duration = Duration::from_millis(50);

/// Why a fetch ended early.
#[derive(Debug, Clone)]
pub(in crate::input) enum Stop {
    Fault(RemoteFault),
    Cancelled,
}

impl From<RemoteFault> for Stop {
    fn from(fault: RemoteFault) -> Self {
        Stop::Fault(fault)
    }
}

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
            Ok(Ended::WholeFile | Ended::Unwanted) => return Ok(()),
            // A server may send a shorter range than it was asked for.
            Ok(Ended::Range) => {}
            Err(Failure::Fatal(fault)) => return Err(fault.into()),
            Err(Failure::Transient { cause, .. }) if !file.has_ranges && at > 0 => {
                return Err(RemoteFault::Broken(cause).into());
            }
            Err(Failure::Transient { cause, pause, .. }) => self::pause(&mut backoff, cause, pause, control)?,
        }
    }
    Ok(())
}

/// Waits for the next attempt, or gives up.
pub(super) fn pause(
    backoff: &mut Backoff,
    cause: String,
    asked: Option<Duration>,
    control: &Control,
) -> Result<(), Stop> {
    let Some(pause) = backoff.failed(asked) else {
        return Err(RemoteFault::GaveUp { cause, attempts: backoff.attempts() }.into());
    };
    control.progress.add_http_retry();
    let end = Instant::now() + pause;
    loop {
        if control.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return Ok(()),
            left => thread::sleep(left.min(CANCEL_INTERVAL)),
        }
    }
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
    let Answer { part, version, body } = request.send()?;
    file.verify(part, &version)?;
    let (expected, ended) = match part {
        Part::Whole(size) => (size, Ended::WholeFile),
        Part::Range { start, end, .. } => (Some(end - start), Ended::Range),
    };
    let mut body = Body { reader: body, expected, read: 0, clock: Clock::new(file.rules.timeout), progress };
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

/// Reads a body of `bytes` bytes to its end.
pub(super) fn read_all(
    reader: &mut impl Read,
    bytes: u64,
    timeout: Duration,
    progress: &Progress,
    into: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut body = Body { reader, expected: Some(bytes), read: 0, clock: Clock::new(timeout), progress };
    loop {
        let (block, is_last) = body.next_block();
        into.extend(block);
        if is_last? {
            return Ok(());
        }
    }
}

/// The body of an answer, whose end is checked.
struct Body<'a, R> {
    reader: R,
    /// Bytes of it, if they are announced.
    expected: Option<u64>,
    read: u64,
    clock: Clock,
    progress: &'a Progress,
}

impl<R: Read> Body<'_, R> {
    /// The next bytes, and whether they are the last ones. What came before a failure counts.
    fn next_block(&mut self) -> (Vec<u8>, Result<bool, Failure>) {
        let left = self.expected.map_or(u64::MAX, |expected| expected - self.read);
        let mut block = vec![0; left.min(BLOCK_BYTES as u64) as usize];
        let (mut filled, started) = (0, Instant::now());
        let ended = loop {
            if filled == block.len() {
                break self.at_end_of_block();
            }
            match self.reader.read(&mut block[filled..]) {
                Ok(0) => break self.end(),
                Ok(count) => {
                    filled += count;
                    self.read += count as u64;
                    self.progress.add_fetched(count);
                    if let Err(failure) = self.clock.check(count) {
                        break Err(failure);
                    }
                    if started.elapsed() >= BLOCK_TIME {
                        break self.at_end_of_block();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(Failure::of(error.into(), self.clock.timeout)),
            }
        };
        block.truncate(filled);
        (block, ended)
    }

    fn at_end_of_block(&mut self) -> Result<bool, Failure> {
        if self.expected != Some(self.read) {
            return Ok(false);
        }
        // The client puts the connection back once its end was read. More bytes than announced are a fault.
        match self.reader.read(&mut [0]) {
            Ok(count) if count > 0 => {
                Err(RemoteFault::WrongLength { announced: self.read, sent: self.read + count as u64 }.into())
            }
            _ => Ok(true),
        }
    }

    fn end(&self) -> Result<bool, Failure> {
        match self.expected {
            Some(expected) if self.read < expected => {
                Err(Failure::broken(format!("the connection broke after {} of {expected} bytes", self.read)))
            }
            _ => Ok(true),
        }
    }
}

/// Finds connections on which bytes come, but hardly any.
struct Clock {
    timeout: Duration,
    since: Instant,
    bytes: usize,
}

impl Clock {
    fn new(timeout: Duration) -> Self {
        Clock { timeout, since: Instant::now(), bytes: 0 }
    }

    fn check(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes += bytes;
        let elapsed = self.since.elapsed();
        if elapsed < self.timeout {
            return Ok(());
        }
        let rate = self.bytes as f64 / elapsed.as_secs_f64();
        (self.since, self.bytes) = (Instant::now(), 0);
        match rate < SLOWEST {
            true => Err(Failure::broken(format!("the server sends only {rate:.0} bytes a second"))),
            false => Ok(()),
        }
    }
}
