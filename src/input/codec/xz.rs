//! Decoder of the .xz format over lzma-rust2, which is Rust: streams with the checksums of their blocks and of their index.

use std::io::{ErrorKind, Read};

use lzma_rust2::XzReader;

use super::padding::skip_zeros;
use super::streams::PackedStreams;
use super::watched::Watched;
use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// The first bytes of a stream. No text begins with them: 0xFD is in no character in UTF-8.
pub(super) const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

const PACKING: Packing = Packing::Xz;

/// The streams of a file.
pub(super) struct Xz {
    position: Position,
    /// The largest dictionary that a block may have.
    window_limit: u64,
}

enum Position {
    Between(RawReader),
    Within(Box<XzReader<Watched>>),
    /// Only while one of the others is replaced, and after an error.
    Nowhere,
}

impl Xz {
    pub(super) fn new(raw: RawReader, window_limit: u64) -> Self {
        Xz { position: Position::Between(raw), window_limit }
    }

    fn fault(&self, error: &std::io::Error) -> PackedFault {
        match error.kind() {
            ErrorKind::OutOfMemory => {
                PackedFault::Window { packing: PACKING, bytes: None, limit: self.window_limit }
            }
            ErrorKind::Unsupported => PackedFault::Unsupported {
                packing: PACKING,
                form: "flags, a filter or a check that it lacks",
            },
            // Only its text tells this error from the next; the tests hold the decoder to it.
            _ if error.to_string().contains("checksum") || error.to_string().contains("CRC") => {
                PackedFault::Checksum(PACKING)
            }
            _ => PackedFault::Data(PACKING),
        }
    }
}

impl PackedStreams for Xz {
    fn begin(&mut self) -> Result<bool, ReadError> {
        let mut raw = match std::mem::replace(&mut self.position, Position::Nowhere) {
            Position::Between(raw) => raw,
            Position::Within(reader) => reader.into_inner().raw,
            Position::Nowhere => return Ok(false),
        };
        // A stream and the padding behind it are multiples of four bytes long.
        let padding = skip_zeros(&mut raw)?;
        match raw.peek(MAGIC.len())? {
            _ if padding % 4 != 0 => return Err(PackedFault::TrailingData(PACKING).into()),
            [] => return Ok(false),
            // A part of a magic number at the end of the file is a stream that was cut short.
            start if MAGIC.starts_with(start) => {}
            _ => return Err(PackedFault::TrailingData(PACKING).into()),
        }
        let kibibytes = u32::try_from(self.window_limit >> 10).unwrap_or(u32::MAX);
        let reader = XzReader::new_mem_limit(Watched::new(raw), false, kibibytes);
        self.position = Position::Within(Box::new(reader));
        Ok(true)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        let Position::Within(reader) = &mut self.position else { return Ok(0) };
        match reader.read(into) {
            Ok(count) => Ok(count),
            Err(error) => {
                let fault = self.fault(&error);
                match &mut self.position {
                    Position::Within(reader) => Err(reader.inner_mut().blame(PACKING, fault)),
                    _ => Err(fault.into()),
                }
            }
        }
    }
}
