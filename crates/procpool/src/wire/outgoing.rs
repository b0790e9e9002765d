//! Frame that is being written, in as many steps as the pipe needs.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;

use super::constants::{HEADER_LEN, MAX_PAYLOAD};
use super::{FrameError, Header, Payload};

/// A frame and the number of bytes of it that have been written.
#[derive(Debug)]
pub(crate) struct OutgoingFrame {
    header: [u8; HEADER_LEN],
    payload: Payload,
    written: usize,
}

impl OutgoingFrame {
    /// A frame of `header` and `payload`. The length and the checksum of the header are set here.
    ///
    /// # Errors
    /// The payload is larger than [`MAX_PAYLOAD`].
    pub fn new(header: Header, payload: Payload) -> Result<Self, FrameError> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        if length > MAX_PAYLOAD {
            return Err(FrameError::Length { found: length });
        }
        let checksum = if header.kind.is_from_worker() { payload.checksum() } else { 0 };
        Ok(OutgoingFrame { header: Header { length, checksum, ..header }.to_bytes(), payload, written: 0 })
    }

    /// Writes as much as one vectored write accepts; `true` when the whole frame has been written.
    ///
    /// # Errors
    /// Those of `writev(2)`, `WouldBlock` included.
    pub fn write_to(&mut self, fd: impl AsFd) -> io::Result<bool> {
        let mut slices =
            [IoSlice::new(&self.header), IoSlice::new(&self.payload.head), IoSlice::new(self.payload.bulk())];
        let mut rest = &mut slices[..];
        IoSlice::advance_slices(&mut rest, self.written);
        self.written += rustix::io::writev(fd, rest)?;
        Ok(self.written == HEADER_LEN + self.payload.len())
    }

    /// Writes the whole frame to a blocking descriptor.
    ///
    /// # Errors
    /// Those of `writev(2)`.
    pub fn write_all(mut self, fd: impl AsFd) -> io::Result<()> {
        loop {
            match self.write_to(&fd) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The bytes of the frame, for tests and for injected faults.
    pub fn to_vec(&self) -> Vec<u8> {
        [&self.header[..], &self.payload.head, self.payload.bulk()].concat()
    }
}
