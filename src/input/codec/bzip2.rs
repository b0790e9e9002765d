//! Bzip2 decoder over libbz2-rs, which is Rust: streams with the checksums of their blocks.

use std::io::BufRead;

use bzip2::{Decompress, Error, Status};

use super::padding::skip_to_end;
use super::streams::PackedStreams;
use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// The first bytes of a stream; a digit from 1 to 9 follows.
const MAGIC: [u8; 3] = *b"BZh";

/// What follows the digit: a block, or the end of an empty stream. They are pi and its square root.
const SECTIONS: [[u8; 6]; 2] = [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];

/// Bytes by which a stream is known.
pub(super) const HEAD_BYTES: usize = MAGIC.len() + 1 + SECTIONS[0].len();

const PACKING: Packing = Packing::Bzip2;

/// Whether a file begins as a stream does, up to the [`HEAD_BYTES`] bytes that tell it from text.
pub(super) fn may_begin(start: &[u8]) -> bool {
    let (magic, behind) = start.split_at(start.len().min(MAGIC.len()));
    let (digit, section) = behind.split_at(behind.len().min(1));
    MAGIC.starts_with(magic)
        && digit.iter().all(|digit| (b'1'..=b'9').contains(digit))
        && SECTIONS.iter().any(|known| known.starts_with(&section[..section.len().min(known.len())]))
}

/// The streams of a file.
pub(super) struct Bzip2 {
    raw: RawReader,
    stream: Decompress,
    /// There may be output for which no more input is needed.
    has_output: bool,
    ended: bool,
    /// Fault behind the bytes that the last read gave.
    fault: Option<PackedFault>,
}

impl Bzip2 {
    pub(super) fn new(raw: RawReader) -> Self {
        Bzip2 { raw, stream: Decompress::new(false), has_output: false, ended: false, fault: None }
    }
}

impl PackedStreams for Bzip2 {
    fn begin(&mut self) -> Result<bool, ReadError> {
        match self.raw.peek(MAGIC.len() + 1)? {
            [] => Ok(false),
            start if may_begin(start) => {
                self.stream = Decompress::new(false);
                (self.has_output, self.ended) = (false, false);
                Ok(true)
            }
            // `bzip2 -d` warns of anything else, and goes on.
            _ => skip_to_end(&mut self.raw, PACKING).map(|()| false),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            if let Some(fault) = self.fault {
                return Err(fault.into());
            }
            if self.ended {
                return Ok(0);
            }
            let input = if self.has_output { &[] } else { self.raw.fill_buf()? };
            let (offered, wanted_more) = (input.len(), !self.has_output);
            let (read, written) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.decompress(input, into);
            let read = (self.stream.total_in() - read) as usize;
            let written = (self.stream.total_out() - written) as usize;
            self.raw.consume(read);
            self.has_output = written == into.len();
            match status {
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(Status::MemNeeded) => {
                    self.fault = Some(PackedFault::NoMemory { packing: PACKING, bytes: None });
                }
                Ok(_) if (offered, written) == (0, 0) && wanted_more => {
                    self.fault = Some(PackedFault::Truncated(PACKING));
                }
                // It cannot go on, which would go on for ever.
                Ok(_) if offered > 0 && (read, written) == (0, 0) => {
                    self.fault = Some(PackedFault::Data(PACKING));
                }
                Ok(_) => {}
                Err(Error::DataMagic) => self.fault = Some(PackedFault::Header(PACKING)),
                // Wrong checksums are among them.
                Err(_) => self.fault = Some(PackedFault::Data(PACKING)),
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
