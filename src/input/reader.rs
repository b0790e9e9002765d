//! One source as a stream of unpacked bytes.

use std::io::Read;
use std::sync::Arc;

use super::error::Failure;
use super::gzip::{Gzip, MAGIC};
use super::packed::Packed;
use super::zip::{self, Zip};
use super::{InputError, Source, Watch};

/// Reads a source, unpacking it if it is gzip or zip: its first bytes decide, its name says nothing.
pub(super) enum Reader {
    Plain(Packed),
    Gzip(Gzip),
    Zip(Zip),
}

impl Reader {
    pub(super) fn open(source: &Source, watch: Arc<Watch>) -> Result<Self, InputError> {
        let mut packed = Packed::open(source, Arc::clone(&watch))?;
        // Two bytes first: a pipe that has given two may not have four for a long time.
        let mut start = packed.peek(MAGIC.len()).map_err(|error| Failure::from(error).at(source, 0))?;
        if start == MAGIC {
            return Ok(Reader::Gzip(Gzip::new(packed)));
        }
        if zip::MAGICS[0].starts_with(start) {
            start = packed.peek(4).map_err(|error| Failure::from(error).at(source, 0))?;
            if zip::MAGICS.iter().any(|magic| magic == start) {
                packed.forget();
                return Ok(Reader::Zip(Zip::open(source, watch)?));
            }
        }
        Ok(Reader::Plain(packed))
    }

    /// Reads into `into`, which is not empty; 0 means that the source is at its end and sound.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        match self {
            Reader::Plain(packed) => Ok(packed.read(into)?),
            Reader::Gzip(gzip) => gzip.read(into),
            Reader::Zip(zip) => zip.read(into),
        }
    }
}
