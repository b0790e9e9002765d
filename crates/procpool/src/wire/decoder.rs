//! Decoder of a byte stream into frames, independent of the sizes of the reads.

use std::io;
use std::os::fd::AsFd;

use rustix::buffer::spare_capacity;

use super::constants::HEADER_LEN;
use super::{FrameError, Header};

/// Bytes of one read that small frames share. If more than this is missing from a payload, the read goes
/// directly into the payload's buffer, so that its bytes are not copied twice.
const SMALL_READ: usize = 8 << 10;

/// Most memory that is reserved for bytes that were announced and have not arrived. It holds a payload of
/// the usual sizes at once. Tests use less.
const MAX_RESERVE: usize = if cfg!(test) { 64 << 10 } else { 64 << 20 };

/// A complete frame as received.
#[derive(Debug)]
pub(crate) struct Frame {
    pub header: Header,
    /// The payload, in a buffer of its own.
    pub payload: Vec<u8>,
}

impl Frame {
    fn missing(&self) -> usize {
        self.header.length as usize - self.payload.len()
    }
}

/// Turns a stream of bytes into frames.
#[derive(Debug, Default)]
pub(crate) struct FrameDecoder {
    /// Bytes that have arrived and belong to no frame yet.
    inbox: Vec<u8>,
    /// The frame whose payload is incomplete.
    current: Option<Frame>,
}

impl FrameDecoder {
    /// Reads once from `fd` and returns the number of bytes, 0 at end of file.
    ///
    /// # Errors
    /// Those of `read(2)`, `WouldBlock` included.
    pub fn read_from(&mut self, fd: impl AsFd) -> io::Result<usize> {
        match &mut self.current {
            Some(frame) if self.inbox.is_empty() && frame.missing() > SMALL_READ => {
                if frame.payload.len() == frame.payload.capacity() {
                    frame.payload.reserve_exact(frame.missing().min(MAX_RESERVE));
                }
                let got = rustix::io::read(fd, spare_capacity(&mut frame.payload))?;
                // The allocator may have reserved more than requested.
                let end = (frame.header.length as usize).min(frame.payload.len());
                self.inbox.extend(frame.payload.drain(end..));
                Ok(got)
            }
            _ => {
                let mut buffer = [0; SMALL_READ];
                let got = rustix::io::read(fd, &mut buffer)?;
                self.push(&buffer[..got]);
                Ok(got)
            }
        }
    }

    /// Appends bytes that were read elsewhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
    }

    /// The next complete frame, or `None` until more bytes arrive.
    ///
    /// # Errors
    /// An invalid header or checksum. Nothing that follows in the stream can be trusted.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.current.is_none() {
            let Some((header, _)) = self.inbox.split_first_chunk::<HEADER_LEN>() else {
                return Ok(None);
            };
            let header = Header::from_bytes(header)?;
            self.inbox.drain(..HEADER_LEN);
            // Memory for the payload is allocated when it is read. A worker that has too little memory for
            // it has reported the beginning of the task before.
            self.current = Some(Frame { header, payload: Vec::new() });
        }
        if let Some(frame) = &mut self.current {
            let arrived = frame.missing().min(self.inbox.len());
            frame.payload.extend(self.inbox.drain(..arrived));
        }
        match self.current.take_if(|frame| frame.missing() == 0) {
            Some(Frame { header, payload })
                if header.kind.is_from_worker() && crc32fast::hash(&payload) != header.checksum =>
            {
                Err(FrameError::Checksum)
            }
            frame => Ok(frame),
        }
    }

    /// The header of a frame whose payload is incomplete.
    pub fn incomplete_header(&self) -> Option<&Header> {
        self.current.as_ref().map(|frame| &frame.header)
    }

    /// Checks that the stream may end here.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] inside a frame.
    pub fn end(&self) -> Result<(), FrameError> {
        if self.inbox.is_empty() && self.current.is_none() { Ok(()) } else { Err(FrameError::Truncated) }
    }
}
