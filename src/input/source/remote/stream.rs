//! Stream: the bytes of a remote file from a place on, fetched ahead of the reader in ranges, each in a thread of its own.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::body::BLOCK_BYTES;
use super::fault::RemoteFault;
use super::fetch::fetch;
use super::file::RemoteFile;
use super::retry::Stop;
use crate::input::Control;
use crate::input::error::ReadError;

/// First range where little may be read.
pub(super) const SMALLEST_STEP: u64 = 64 << 10;
/// Ranges in flight: one is read while the time to the first byte of the next one passes.
const IN_FLIGHT: usize = 2;
/// How long a wait lasts before the cancel token is looked at again.
const CANCEL_INTERVAL: Duration = Duration::from_millis(100);

/// Which bytes are fetched, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub start: u64,
    /// The end of what is certainly needed.
    pub needed: u64,
    /// The end of what may be needed. Behind `needed` nothing is fetched in advance.
    pub end: u64,
    /// The first range. Each further one is twice as large, up to the largest.
    pub step: u64,
}

/// Bytes that are fetched while they are read.
pub(super) struct Stream {
    file: Arc<RemoteFile>,
    control: Control,
    plan: Plan,
    /// What comes of each range: its blocks, and `None` behind the last one, since a thread that panics sends no more either.
    in_flight: VecDeque<Receiver<Result<Option<Vec<u8>>, Stop>>>,
    block: io::Cursor<Vec<u8>>,
}

impl Stream {
    /// Begins to fetch.
    pub fn start(file: Arc<RemoteFile>, plan: Plan, control: &Control) -> io::Result<Self> {
        let mut stream = Stream {
            file,
            control: control.clone(),
            plan,
            in_flight: VecDeque::new(),
            block: io::Cursor::default(),
        };
        stream.fetch_ahead()?;
        Ok(stream)
    }

    fn fetch_ahead(&mut self) -> io::Result<()> {
        loop {
            let Plan { start, needed, end, step } = self.plan;
            let range = self.file.rules.range.max(1);
            let wanted = match self.in_flight.len() {
                0 => start < end,
                waiting => waiting < IN_FLIGHT && start < needed,
            };
            if !wanted {
                return Ok(());
            }
            let stop = match self.file.has_ranges {
                true => end.min(start.saturating_add(step.min(range))),
                false => end,
            };
            // A look-up reads to the end of what is needed and no further.
            let stop = if start < needed { stop.min(needed) } else { stop };
            let step = if stop == needed { SMALLEST_STEP } else { step.saturating_mul(2) };
            self.plan = Plan { start: stop, step, ..self.plan };
            let (sender, blocks) = bounded((range as usize).div_ceil(BLOCK_BYTES));
            let (file, control) = (Arc::clone(&self.file), self.control.clone());
            // It ends by itself when nobody takes its blocks any more, at its next one.
            let work = move || {
                let fetched =
                    fetch(&file, start..stop, &control, |block| sender.send(Ok(Some(block))).is_ok());
                let _ = sender.send(fetched.map(|()| None));
            };
            thread::Builder::new().name("fetch".into()).spawn(work)?;
            self.in_flight.push_back(blocks);
        }
    }

    /// The next block, `None` at the end.
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let Some(blocks) = self.in_flight.front() else { return Ok(None) };
            match blocks.recv_timeout(CANCEL_INTERVAL) {
                Ok(Ok(Some(block))) => return Ok(Some(block)),
                Ok(Ok(None)) => {
                    self.in_flight.pop_front();
                    self.fetch_ahead()?;
                }
                Ok(Err(Stop::Cancelled)) => return Err(ReadError::stopped_as_io()),
                Ok(Err(Stop::Fault(fault))) => return Err(io::Error::other(fault)),
                Err(RecvTimeoutError::Timeout) if self.control.cancel.is_cancelled() => {
                    return Err(ReadError::stopped_as_io());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other(RemoteFault::Panicked));
                }
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.block.position() as usize == self.block.get_ref().len() {
            match self.next_block()? {
                Some(block) => self.block = io::Cursor::new(block),
                None => return Ok(0),
            }
        }
        self.block.read(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::source::{HttpRules, RemoteUrl};

    #[test]
    fn a_thread_that_panics_is_an_error_and_no_end() {
        let (sender, blocks) = bounded(2);
        sender.send(Ok(Some(b"to be or".to_vec()))).unwrap();
        thread::spawn(move || {
            let _sender = sender;
            panic!("as a bug in the client would");
        });
        let url = RemoteUrl::parse("http://localhost/a").unwrap();
        let file = RemoteFile::unseen(&url, &HttpRules::default());
        let mut stream = Stream {
            file: Arc::new(file),
            control: Control::new(),
            plan: Plan { start: 8, needed: 8, end: 8, step: 8 },
            in_flight: VecDeque::from([blocks]),
            block: io::Cursor::default(),
        };
        let mut read = Vec::new();
        let error = stream.read_to_end(&mut read).unwrap_err();
        assert_eq!(read, b"to be or");
        assert!(error.to_string().contains("not fetched to its end"), "{error}");
    }
}
