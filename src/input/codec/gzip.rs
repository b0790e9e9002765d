//! Gzip decoder: all members of a file, and the bytes between and after them.

use super::decoder::{Decoder, Divisibility};
#[cfg(feature = "isal")]
use super::isal::IsalMember as Member;
use super::padding::skip_to_end;
#[cfg(not(feature = "isal"))]
use super::zlib::ZlibMember as Member;
use crate::input::Packing;
use crate::input::error::ReadError;
use crate::input::source::RawReader;

/// The first bytes of a gzip member (RFC 1952, 2.3.1). No text begins with them: 0x8B begins no character in UTF-8.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The unpacked bytes of a gzip file.
///
/// This code walks the members itself. `flate2::bufread::MultiGzDecoder` takes a few stray bytes behind
/// the last member for the start of a header and calls the file truncated; other decoders ignore them without an error.
/// Zeros up to the end of the file are padding, as for gzip itself: tapes and block devices fill their last block.
pub(super) struct Gzip {
    /// None at the end of the file and after a fault.
    member: Option<Box<Member>>,
}

impl Gzip {
    /// The next bytes of `raw` are [`MAGIC`].
    pub(super) fn new(raw: RawReader) -> Self {
        Gzip { member: Some(Box::new(Member::new(raw))) }
    }
}

impl Decoder for Gzip {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        while let Some(mut member) = self.member.take() {
            match member.read(into)? {
                0 => self.member = next_member(member.into_raw())?,
                count => {
                    self.member = Some(member);
                    return Ok(count);
                }
            }
        }
        Ok(0)
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::SeekPoints
    }
}

fn next_member(mut raw: RawReader) -> Result<Option<Box<Member>>, ReadError> {
    match raw.peek(MAGIC.len())? {
        [] => Ok(None),
        // The first magic byte alone is a member that was cut short; the decoder will say so.
        start if MAGIC.starts_with(start) => Ok(Some(Box::new(Member::new(raw)))),
        _ => skip_to_end(&mut raw, Packing::Gzip).map(|()| None),
    }
}
