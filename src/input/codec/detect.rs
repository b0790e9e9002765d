//! Detection of the codec of a source.

use std::io;

use super::decoder::Decoder;
use super::gzip::{self, Gzip};
use super::seekable_gzip::SeekableGzip;
use super::transcode::Transcoded;
use super::zip::{self, Zip};
use crate::input::error::ReadError;
use crate::input::source::{CheckedSource, RawReader};
use crate::input::{Control, InputError};
use crate::record::Encoding;

/// Opens a source with the decoder that its first bytes call for. Its name does not matter. Text in `encoding` is converted to
/// UTF-8. A gzip decoder notes a seek point about every `spacing` unpacked bytes, if there is one.
pub(in crate::input) fn open(
    source: &CheckedSource,
    control: Control,
    encoding: Encoding,
    spacing: Option<u64>,
) -> Result<Box<dyn Decoder>, InputError> {
    let mut raw = RawReader::open(source, control.clone())?;
    let unreadable = |error: io::Error| ReadError::from(error).at(&source.source, 0);
    // Two bytes first: a pipe that has given two may not have four for a long time.
    let mut start = raw.peek(gzip::MAGIC.len()).map_err(unreadable)?;
    // One byte is all there is: a gzip file that was cut short, as its decoder will say.
    if !start.is_empty() && gzip::MAGIC.starts_with(start) {
        return Ok(match spacing {
            Some(spacing) => Box::new(Transcoded::new(SeekableGzip::noting(raw, spacing), encoding)),
            None => Box::new(Transcoded::new(Gzip::new(raw), encoding)),
        });
    }
    if zip::MAGICS[0].starts_with(start) {
        start = raw.peek(4).map_err(unreadable)?;
        // Three bytes are all there is; their last one tells them from text.
        if start.len() > 2 && zip::MAGICS.iter().any(|magic| magic.starts_with(start)) {
            raw.discard();
            return Ok(Box::new(Zip::open(source, control, encoding)?));
        }
    }
    Ok(Box::new(Transcoded::new(raw, encoding)))
}
