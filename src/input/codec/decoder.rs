//! The interface of a decoder.

use std::io::Read;

use super::seek_point::SeekPoint;
use crate::input::error::ReadError;
use crate::input::source::RawReader;

/// Decoder: the unpacked bytes of one source, in order.
pub(in crate::input) trait Decoder: Send {
    /// Unpacks into `into`, which has room for a byte order mark, and gives the number of bytes. 0 means that the source
    /// has ended and all of its checksums were right.
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError>;

    /// Leaves out the byte order mark of each file in the source. That of the whole source remains, for its sniffer.
    fn skip_inner_marks(&mut self) {}

    /// Whether the bytes that were unpacked last are the first ones of another file in the source than those before.
    fn begins_file(&self) -> bool {
        false
    }

    /// The seek points that were noted since the last call.
    fn take_points(&mut self) -> Vec<SeekPoint> {
        Vec::new()
    }

    /// Whether the bytes are those of the source converted to UTF-8. It is known after the first call of
    /// [`decode`](Self::decode).
    fn is_converted(&self) -> bool {
        false
    }

    /// How the source can be divided among workers that read it themselves.
    fn divisibility(&self) -> Divisibility;
}

/// How a source can be divided among workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::input) enum Divisibility {
    /// At any byte offset.
    Ranges,
    /// Not at all, but a worker can read it as a whole, and an index can say where in it unpacking can begin.
    SeekPoints,
    /// Not at all, but a worker can read it as a whole.
    WholeFile,
    /// Only the parent can read it.
    ParentOnly,
}

/// Plain bytes need no decoding.
impl Decoder for RawReader {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        Ok(self.read(into)?)
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::Ranges
    }
}
