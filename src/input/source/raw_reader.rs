//! Buffered reader of the stored bytes of a source, before unpacking.

use std::io::{self, BufRead, Read, Seek};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::checked::CheckedSource;
use super::source_file::SourceFile;
use crate::input::error::ReadError;
use crate::input::{Control, FileChange, InputError};

/// How much is read at once. 128 KiB is also the kernel's usual read-ahead.
const BUFFER_BYTES: usize = 128 * 1024;

/// The least buffer: more than is ever looked ahead.
const LEAST_BUFFER_BYTES: u64 = 4 * 1024;

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
    /// Reads a source, of a regular file no more than was there at its first opening.
    pub(in crate::input) fn open(source: &CheckedSource, control: Control) -> Result<Self, InputError> {
        let (mut file, may_block) = source.open(&control)?;
        let left = match source.size() {
            // Of standard input a part may have been read before.
            Some(size) => file.stream_position().map(|at| Some(size.saturating_sub(at))),
            None => Ok(None),
        };
        let left = left.map_err(|cause| ReadError::from(cause).at(&source.source, 0))?;
        Ok(RawReader::new(CountedFile { file, may_block, left, control }))
    }

    /// Reads a regular file from its current position.
    pub(in crate::input) fn of_file(file: SourceFile, control: Control) -> Self {
        RawReader::new(CountedFile { file, may_block: false, left: None, control })
    }

    fn new(file: CountedFile) -> Self {
        // A buffer is cleared when it is made, which takes longer than to read a small file.
        let most =
            file.left.map_or(BUFFER_BYTES as u64, |left| left.clamp(LEAST_BUFFER_BYTES, BUFFER_BYTES as u64));
        RawReader { file, buffer: vec![0; most as usize].into(), start: 0, end: 0 }
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
    file: SourceFile,
    may_block: bool,
    /// Bytes from here to the size at the first opening, if that is known.
    left: Option<u64>,
    control: Control,
}

impl CountedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let into = match into.len().min(most) {
            0 => return Ok(0),
            len => &mut into[..len],
        };
        loop {
            if let SourceFile::Local(file) = &self.file
                && self.may_block
            {
                wait_readable(file, &self.control)?;
            }
            match self.file.read(into) {
                Ok(0) if self.left.is_some() => return Err(self.cut()),
                Ok(count) => {
                    self.left = self.left.map(|left| left - count as u64);
                    self.control.progress.add_read(count);
                    return Ok(count);
                }
                // Another reader of the same pipe was faster, or a signal came: wait again.
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The error of a file that ends before the size that it had.
    fn cut(&mut self) -> io::Error {
        match self.file.stream_position() {
            Ok(to) => {
                let from = to + self.left.unwrap_or(0);
                // The kind that decoders take for a truncated file.
                io::Error::new(io::ErrorKind::UnexpectedEof, FileChange::Cut { from, to })
            }
            Err(error) => error,
        }
    }
}

/// Returns when a read will find data, the end of the input or an error.
fn wait_readable(file: &impl AsFd, control: &Control) -> io::Result<()> {
    loop {
        if control.cancel.is_cancelled() {
            return Err(ReadError::stopped_as_io());
        }
        match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&POLL_INTERVAL)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
    }
}
