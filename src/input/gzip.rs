//! Gzip: all members of a file, and a name for everything that can be wrong with one.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::GzipFault;
use super::error::Failure;
use super::packed::Packed;

/// What a gzip member begins with (RFC 1952, 2.3.1). No text begins so: 0x8B is not a character in UTF-8.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The unpacked bytes of a gzip file.
///
/// The members are walked here and not by `flate2::bufread::MultiGzDecoder`, which takes a few stray bytes behind
/// the last member for the start of a header and calls the file truncated.
pub(super) struct Gzip {
    /// None at the end of the file and after a fault.
    member: Option<Box<GzDecoder<Packed>>>,
}

impl Gzip {
    /// `packed` stands at [`MAGIC`].
    pub(super) fn new(packed: Packed) -> Self {
        Gzip { member: Some(Box::new(GzDecoder::new(packed))) }
    }

    /// Unpacks into `into`, which is not empty. 0 means that the last member has ended and its checksum was right.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        debug_assert!(!into.is_empty());
        while let Some(mut member) = self.member.take() {
            match member.read(into) {
                Ok(0) => self.member = next_member(member.into_inner())?,
                Ok(count) => {
                    self.member = Some(member);
                    return Ok(count);
                }
                Err(error) => return Err(failure(&member, error)),
            }
        }
        Ok(0)
    }
}

fn next_member(mut packed: Packed) -> Result<Option<Box<GzDecoder<Packed>>>, Failure> {
    match packed.peek(MAGIC.len())? {
        [] => Ok(None),
        // The first magic byte alone is a member that was cut short; the decoder will say so.
        start if MAGIC.starts_with(start) => Ok(Some(Box::new(GzDecoder::new(packed)))),
        _ => Err(GzipFault::TrailingData.into()),
    }
}

/// Tells apart what the decoder reports as a few kinds of `io::Error`.
fn failure(member: &GzDecoder<Packed>, error: io::Error) -> Failure {
    if error.raw_os_error().is_some() {
        return error.into();
    }
    let fault = match error.kind() {
        io::ErrorKind::UnexpectedEof => GzipFault::Truncated,
        _ if member.header().is_none() => GzipFault::Header,
        // Only its text tells this error from the next; the tests hold the decoder to it.
        _ if error.to_string().contains("checksum") => GzipFault::Checksum,
        _ => GzipFault::Data,
    };
    fault.into()
}
