//! One source as a stream of unpacked bytes.

use std::io::Read;
use std::sync::Arc;

use super::error::Failure;
use super::gzip::{Gzip, MAGIC};
use super::packed::Packed;
use super::{InputError, Source, Watch};

/// Reads a source, unpacking it if it is gzip: its first bytes decide, its name says nothing.
pub(super) enum Reader {
    Plain(Packed),
    Gzip(Gzip),
}

impl Reader {
    pub(super) fn open(source: &Source, watch: Arc<Watch>) -> Result<Self, InputError> {
        let mut packed = Packed::open(source, watch)?;
        let start = packed.peek(MAGIC.len()).map_err(|error| Failure::from(error).at(source, 0))?;
        Ok(if start == MAGIC { Reader::Gzip(Gzip::new(packed)) } else { Reader::Plain(packed) })
    }

    /// Reads into `into`, which is not empty; 0 means that the source is at its end and sound.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        match self {
            Reader::Plain(packed) => Ok(packed.read(into)?),
            Reader::Gzip(gzip) => gzip.read(into),
        }
    }
}
