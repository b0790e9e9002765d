//! The bytes of an answer, whose end is checked.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::fault::RemoteFault;
use crate::input::Progress;

/// Bytes that are handed on at once.
pub(super) const BLOCK_BYTES: usize = 256 << 10;
/// Time after which a block is handed on though it is not full.
const BLOCK_TIME: Duration = Duration::from_secs(1);
/// Bytes a second below which a connection counts as stalled: a server that sends a byte now and then must not keep a count alive.
const SLOWEST: f64 = 64.0;

/// Reads a body of `bytes` bytes to its end.
pub(super) fn read_all(
    reader: &mut impl Read,
    bytes: u64,
    timeout: Duration,
    progress: &Progress,
    into: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut body = Body::new(reader, Some(bytes), timeout, progress);
    loop {
        let (block, is_last) = body.next_block();
        into.extend(block);
        if is_last? {
            return Ok(());
        }
    }
}

/// The body of an answer, whose end is checked.
pub(super) struct Body<'a, R> {
    reader: R,
    /// Bytes of it, if they are announced.
    expected: Option<u64>,
    read: u64,
    clock: Clock,
    progress: &'a Progress,
}

impl<'a, R: Read> Body<'a, R> {
    pub fn new(reader: R, expected: Option<u64>, timeout: Duration, progress: &'a Progress) -> Self {
        Body { reader, expected, read: 0, clock: Clock::new(timeout), progress }
    }

    /// The next bytes, and whether they are the last ones. What came before a failure counts.
    pub fn next_block(&mut self) -> (Vec<u8>, Result<bool, Failure>) {
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
