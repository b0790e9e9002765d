//! Detection of the codec of a source.

use std::io;

use super::bzip2::{self, Bzip2};
use super::decoder::Decoder;
use super::gzip::{self, Gzip};
use super::lz4::{self, Lz4};
use super::seekable_gzip::SeekableGzip;
use super::skippable;
use super::streams::Streams;
use super::transcode::Transcoded;
use super::xz::{self, Xz};
use super::zip::{self, Zip};
use super::zstd::{self, Zstd};
use crate::input::error::ReadError;
use crate::input::source::{CheckedSource, RawReader};
use crate::input::{Control, InputError, PackedFault, Packing};
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
    let window_limit = control.window_limit.bytes();
    let failed = |error: ReadError| error.at(&source.source, 0);
    let mut codec = find(&mut raw).map_err(|error| failed(error.into()))?;
    if codec == Some(Codec::Skippable) {
        codec = Some(behind_skippable_frames(&mut raw).map_err(failed)?);
    }
    Ok(match codec {
        None => Box::new(Transcoded::new(raw, encoding)),
        Some(Codec::Gzip) => match spacing {
            Some(spacing) => Box::new(Transcoded::new(SeekableGzip::noting(raw, spacing), encoding)),
            None => Box::new(Transcoded::new(Gzip::new(raw), encoding)),
        },
        Some(Codec::Zip) => {
            raw.discard();
            Box::new(Zip::open(source, control, encoding)?)
        }
        Some(Codec::Zstd | Codec::Skippable) => {
            Box::new(Transcoded::new(Streams::new(Zstd::new(raw, window_limit)), encoding))
        }
        Some(Codec::Bzip2) => Box::new(Transcoded::new(Streams::new(Bzip2::new(raw)), encoding)),
        Some(Codec::Xz) => Box::new(Transcoded::new(Streams::new(Xz::new(raw, window_limit)), encoding)),
        Some(Codec::Lz4) => Box::new(Transcoded::new(Streams::new(Lz4::new(raw)), encoding)),
        Some(Codec::LegacyLz4) => {
            let form = "the legacy one, which has no checksums and no end; `lz4 -dc` unpacks it";
            return Err(failed(PackedFault::Unsupported { packing: Packing::Lz4, form }.into()));
        }
    })
}

/// What a file begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Gzip,
    Zip,
    Zstd,
    Bzip2,
    Xz,
    Lz4,
    LegacyLz4,
    /// A frame of Zstandard or LZ4 without data.
    Skippable,
}

impl Codec {
    const ALL: [Codec; 8] = [
        Codec::Gzip,
        Codec::Zip,
        Codec::Zstd,
        Codec::Bzip2,
        Codec::Xz,
        Codec::Lz4,
        Codec::LegacyLz4,
        Codec::Skippable,
    ];

    /// Whether a file that begins with `start` may be one in this format.
    fn may_begin(self, start: &[u8]) -> bool {
        let fits = |magic: &[u8]| magic.iter().zip(start).all(|(magic, byte)| magic == byte);
        match self {
            Codec::Gzip => fits(&gzip::MAGIC),
            Codec::Zip => zip::MAGICS.iter().any(|magic| fits(magic)),
            Codec::Zstd => fits(&zstd::MAGIC),
            Codec::Bzip2 => bzip2::may_begin(start),
            Codec::Xz => fits(&xz::MAGIC),
            Codec::Lz4 => fits(&lz4::MAGIC),
            Codec::LegacyLz4 => fits(&lz4::LEGACY_MAGIC),
            Codec::Skippable => skippable::is_skippable(start) || skippable::is_cut(start),
        }
    }

    /// The number of bytes that must fit for the file to be in this format; and that of a shorter file that fits, because no
    /// text is like that.
    fn head_bytes(self) -> (usize, usize) {
        match self {
            Codec::Gzip => (gzip::MAGIC.len(), 1),
            // `PK` alone is text.
            Codec::Zip => (4, 3),
            // Whole, or else the error would name what the file may not be.
            Codec::Skippable | Codec::LegacyLz4 => (4, 4),
            // `(` alone is text.
            Codec::Zstd => (zstd::MAGIC.len(), 2),
            // `BZh` alone is text.
            Codec::Bzip2 => (bzip2::HEAD_BYTES, 4),
            Codec::Xz => (xz::MAGIC.len(), 1),
            Codec::Lz4 => (lz4::MAGIC.len(), 1),
        }
    }
}

/// Finds the format of a file. No more bytes are asked for than it takes: a pipe that has given one may not have two for a
/// long time.
fn find(raw: &mut RawReader) -> io::Result<Option<Codec>> {
    let mut asked = 1;
    loop {
        let start = raw.peek(asked)?;
        let ended = start.len() < asked;
        let found = Codec::ALL.into_iter().find(|codec| !start.is_empty() && codec.may_begin(start));
        let Some(codec) = found else { return Ok(None) };
        let (whole, cut) = codec.head_bytes();
        if start.len() >= whole {
            return Ok(Some(codec));
        }
        if ended {
            return Ok((start.len() >= cut).then_some(codec));
        }
        asked += 1;
    }
}

/// Whether a file that begins with `start` is not read as it is.
pub(crate) fn is_packed(start: &[u8]) -> bool {
    Codec::ALL.into_iter().any(|codec| start.len() >= codec.head_bytes().0 && codec.may_begin(start))
}

/// Skips skippable frames, and finds out what comes behind them: frames of Zstandard unless they are LZ4.
fn behind_skippable_frames(raw: &mut RawReader) -> Result<Codec, ReadError> {
    skippable::skip(raw, Packing::Zstd)?;
    Ok(if lz4::MAGIC.starts_with(raw.peek(lz4::MAGIC.len())?) { Codec::Lz4 } else { Codec::Zstd })
}
