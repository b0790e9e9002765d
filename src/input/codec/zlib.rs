//! Gzip member decoder over flate2 and zlib-rs: the default.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// One member of a gzip file, and the file behind it.
pub(super) struct ZlibMember(GzDecoder<RawReader>);

impl ZlibMember {
    /// Reads the header. What is wrong with it shows at the first [`read`](Self::read).
    pub(super) fn new(raw: RawReader) -> Self {
        ZlibMember(GzDecoder::new(raw))
    }

    /// 0 means that the member has ended and its checksum was right.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        self.0.read(into).map_err(|error| self.classify(error))
    }

    /// What follows, once the member has ended.
    pub(super) fn into_raw(self) -> RawReader {
        self.0.into_inner()
    }

    /// Whether the header was read and makes sense.
    #[cfg(feature = "isal")]
    pub(super) fn has_header(&self) -> bool {
        self.0.header().is_some()
    }

    /// The fault behind an `io::Error` of the decoder.
    fn classify(&self, error: io::Error) -> ReadError {
        let fault = match error.kind() {
            io::ErrorKind::UnexpectedEof => PackedFault::Truncated(Packing::Gzip),
            _ if self.0.header().is_none() => PackedFault::Header(Packing::Gzip),
            // Only its text tells this error from the next; the tests hold the decoder to it.
            _ if error.to_string().contains("checksum") => PackedFault::Checksum(Packing::Gzip),
            _ => PackedFault::Data(Packing::Gzip),
        };
        ReadError::of_source(error).unwrap_or(fault.into())
    }
}
