//! Gzip: all members of a file, and what stands between and behind them.

use super::GzipFault;
use super::error::Failure;
#[cfg(feature = "isal")]
use super::isal::Member;
use super::packed::Packed;
#[cfg(not(feature = "isal"))]
use super::zlib::Member;

/// What a gzip member begins with (RFC 1952, 2.3.1). No text begins so: 0x8B is not a character in UTF-8.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The unpacked bytes of a gzip file.
///
/// The members are walked here and not by a decoder. `flate2::bufread::MultiGzDecoder` takes a few stray bytes behind
/// the last member for the start of a header and calls the file truncated; others pass over them without a word.
pub(super) struct Gzip {
    /// None at the end of the file and after a fault.
    member: Option<Box<Member>>,
}

impl Gzip {
    /// `packed` stands at [`MAGIC`].
    pub(super) fn new(packed: Packed) -> Self {
        Gzip { member: Some(Box::new(Member::new(packed))) }
    }

    /// Unpacks into `into`, which is not empty. 0 means that the last member has ended and its checksum was right.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        debug_assert!(!into.is_empty());
        while let Some(mut member) = self.member.take() {
            match member.read(into)? {
                0 => self.member = next_member(member.into_packed())?,
                count => {
                    self.member = Some(member);
                    return Ok(count);
                }
            }
        }
        Ok(0)
    }
}

fn next_member(mut packed: Packed) -> Result<Option<Box<Member>>, Failure> {
    match packed.peek(MAGIC.len())? {
        [] => Ok(None),
        // The first magic byte alone is a member that was cut short; the decoder will say so.
        start if MAGIC.starts_with(start) => Ok(Some(Box::new(Member::new(packed)))),
        _ => Err(GzipFault::TrailingData.into()),
    }
}
