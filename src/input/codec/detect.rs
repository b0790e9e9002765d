//! Detection of the codec of a source.

use super::decoder::Decoder;
use super::gzip::{self, Gzip};
use super::zip::{self, Zip};
use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{Control, InputError, Source};

/// Opens a source with the decoder that its first bytes call for. Its name does not matter.
pub(in crate::input) fn open(source: &Source, control: Control) -> Result<Box<dyn Decoder>, InputError> {
    let mut raw = RawReader::open(source, control.clone())?;
    // Two bytes first: a pipe that has given two may not have four for a long time.
    let mut start = raw.peek(gzip::MAGIC.len()).map_err(|error| ReadError::from(error).at(source, 0))?;
    // One byte is all there is: a gzip file that was cut short, as its decoder will say.
    if !start.is_empty() && gzip::MAGIC.starts_with(start) {
        return Ok(Box::new(Gzip::new(raw)));
    }
    if zip::MAGICS[0].starts_with(start) {
        start = raw.peek(4).map_err(|error| ReadError::from(error).at(source, 0))?;
        // Three bytes are all there is; their last one tells them from text.
        if start.len() > 2 && zip::MAGICS.iter().any(|magic| magic.starts_with(start)) {
            raw.discard();
            return Ok(Box::new(Zip::open(source, control)?));
        }
    }
    Ok(Box::new(raw))
}
