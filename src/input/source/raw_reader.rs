//! Buffered reader of the stored bytes of a source, before unpacking.

use std::fs::File;
use std::io::{self, BufRead, Read};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::name::Source;
use crate::input::error::ReadError;
use crate::input::{Control, InputError};

/// How much is read at once. 128 KiB is also the kernel's usual read-ahead.
const BUFFER_BYTES: usize = 128 * 1024;

/// How long a wait for a pipe lasts before the cancel token is looked at again.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A buffered reader that counts bytes, can look ahead, and never blocks in a `read` that cancellation could not interrupt.
pub(in crate::input) struct RawReader {
    file: CountedFile,
    buffer: Box<[u8]>,
    /// The bytes read and not yet consumed are `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl RawReader {
    pub(in crate::input) fn open(source: &Source, control: Control) -> Result<Self, InputError> {
        let (file, may_block) = source.open()?;
        Ok(RawReader::new(CountedFile { file, may_block, control }))
    }

    /// Reads a regular file from its current position.
    pub(in crate::input) fn of_file(file: File, control: Control) -> Self {
        RawReader::new(CountedFile { file, may_block: false, control })
    }

    fn new(file: CountedFile) -> Self {
        RawReader { file, buffer: vec![0; BUFFER_BYTES].into(), start: 0, end: 0 }
    }

    /// Drops the reader, and subtracts its bytes from the progress because they are about to be read again.
    pub(in crate::input) fn discard(self) {
        self.file.control.progress.subtract_read(self.end);
    }

    /// The next `count` bytes without consuming them; fewer only if the input ends before. `count` is small.
    ///
    /// [`fill_buf`](BufRead::fill_buf) is not enough for that: it may give a single byte, and does when a pipe or the end of the buffer cuts there.
    pub(in crate::input) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        debug_assert!(count <= self.buffer.len());
        if self.start + count > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < count {
            match self.file.read(&mut self.buffer[self.end..])? {
                0 => break,
                n => self.end += n,
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }
}

impl Read for RawReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // A plain file goes from the kernel straight into the chunk.
        if self.start == self.end && into.len() >= self.buffer.len() {
            return self.file.read(into);
        }
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for RawReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = self.file.read(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

/// A file whose reads are counted and can be cancelled.
struct CountedFile {
    file: File,
    may_block: bool,
    control: Control,
}

impl CountedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.may_block {
                self.wait_readable()?;
            }
            match self.file.read(into) {
                Ok(count) => {
                    self.control.progress.add_read(count);
                    return Ok(count);
                }
                // Another reader of the same pipe was faster, or a signal came: wait again.
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Returns when a read will find data, the end of the input or an error.
    fn wait_readable(&self) -> io::Result<()> {
        loop {
            if self.control.cancel.is_cancelled() {
                return Err(ReadError::stopped_as_io());
            }
            match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&POLL_INTERVAL)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
        }
    }
}
