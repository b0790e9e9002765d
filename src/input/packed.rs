//! Bytes as they lie on disk or come through a pipe, before unpacking.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::error::Failure;
use super::{InputError, Source, Watch};

/// How much is read at once. 128 KiB is also the kernel's usual read-ahead.
const BUFFER_BYTES: usize = 128 * 1024;

/// How long a wait for a pipe lasts before the watch is looked at again.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A buffered reader that counts, can look ahead, and never waits in a `read` where a stop could not reach it.
pub(super) struct Packed {
    raw: Raw,
    buffer: Box<[u8]>,
    /// The bytes read and not yet consumed are `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl Packed {
    pub(super) fn open(source: &Source, watch: Arc<Watch>) -> Result<Self, InputError> {
        let (file, waits) = source.open()?;
        Ok(Packed::new(Raw { file, waits, watch }))
    }

    /// A regular file, from where it stands.
    pub(super) fn of_file(file: File, watch: Arc<Watch>) -> Self {
        Packed::new(Raw { file, waits: false, watch })
    }

    fn new(raw: Raw) -> Self {
        Packed { raw, buffer: vec![0; BUFFER_BYTES].into(), start: 0, end: 0 }
    }

    /// Takes back what was counted as read, because it is about to be read again.
    pub(super) fn forget(self) {
        self.raw.watch.take_back_read(self.end);
    }

    /// The next `count` bytes without consuming them; fewer only if the input ends before. `count` is small.
    ///
    /// [`fill_buf`](BufRead::fill_buf) is not enough for that: it may give a single byte, and does when a pipe or the end of the buffer cuts there.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        debug_assert!(count <= self.buffer.len());
        if self.start + count > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < count {
            match self.raw.read(&mut self.buffer[self.end..])? {
                0 => break,
                n => self.end += n,
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }
}

impl Read for Packed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // A plain file goes from the kernel straight into the chunk.
        if self.start == self.end && into.len() >= self.buffer.len() {
            return self.raw.read(into);
        }
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = self.raw.read(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

/// The file descriptor itself.
struct Raw {
    file: File,
    waits: bool,
    watch: Arc<Watch>,
}

impl Raw {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.waits {
                self.wait()?;
            }
            match self.file.read(into) {
                Ok(count) => {
                    self.watch.add_read(count);
                    return Ok(count);
                }
                // Another reader of the same pipe was faster, or a signal came: wait again.
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Returns when a read will find data, the end of the input or an error.
    fn wait(&self) -> io::Result<()> {
        loop {
            if self.watch.should_end() {
                return Err(Failure::stopped_as_io());
            }
            match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&POLL_INTERVAL)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
        }
    }
}
