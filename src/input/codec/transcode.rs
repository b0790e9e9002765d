//! Conversion of unpacked bytes to UTF-8.
//!
//! It comes before lines are cut: in UTF-16 a line feed is two bytes, and the byte 0x0A may be half of another character.

use encoding_rs::DecoderResult;

use super::decoder::{Decoder, Divisibility};
use super::seek_point::SeekPoint;
use crate::input::error::ReadError;
use crate::record::{BYTE_ORDER_MARK as MARK, Encoding};

/// Bytes that are converted at once.
const STEP_BYTES: usize = 64 * 1024;

/// Conversion of one file, of which the first bytes decide what they are converted from.
pub(super) enum Transcoder {
    /// Nothing was read.
    Undecided(Encoding),
    /// The file is read as it is.
    Unchanged,
    Converting(Box<Conversion>),
}

/// A conversion in progress.
pub(super) struct Conversion {
    decoder: encoding_rs::Decoder,
    /// `bytes[start..]` are not converted yet.
    bytes: Vec<u8>,
    start: usize,
    /// `bytes` are the last ones.
    is_last: bool,
    /// How it ended: with the file, or at bytes that are not in the encoding.
    ended: Option<Result<(), ReadError>>,
}

impl Transcoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Bytes => Self::Unchanged,
            encoding => Self::Undecided(encoding),
        }
    }

    /// Fills `into` as [`Decoder::decode`] does, with what `read` gives, converted.
    pub(super) fn read(
        &mut self,
        into: &mut [u8],
        mut read: impl FnMut(&mut [u8]) -> Result<usize, ReadError>,
    ) -> Result<usize, ReadError> {
        match self {
            Self::Unchanged => read(into),
            Self::Converting(conversion) => conversion.read(into, read),
            Self::Undecided(encoding) => {
                let mut count = read(into)?;
                // A byte order mark may come in pieces. What is none is not waited for.
                while (1..MARK.len()).contains(&count)
                    && MARKS.iter().any(|mark| mark.starts_with(&into[..count]))
                {
                    match read(&mut into[count..])? {
                        0 => break,
                        more => count += more,
                    }
                }
                let Some(encoding) = encoding.to_convert(&into[..count]) else {
                    *self = Self::Unchanged;
                    return Ok(count);
                };
                let mut conversion = Conversion {
                    decoder: encoding.new_decoder_with_bom_removal(),
                    bytes: into[..count].to_vec(),
                    start: 0,
                    is_last: count == 0,
                    ended: None,
                };
                let converted = conversion.read(into, read);
                *self = Self::Converting(Box::new(conversion));
                converted
            }
        }
    }
}

/// The byte order marks that are believed.
const MARKS: [&[u8]; 3] = [MARK, b"\xff\xfe", b"\xfe\xff"];

impl Conversion {
    fn read(
        &mut self,
        into: &mut [u8],
        mut read: impl FnMut(&mut [u8]) -> Result<usize, ReadError>,
    ) -> Result<usize, ReadError> {
        loop {
            match self.ended.take() {
                None => {}
                Some(Ok(())) => {
                    self.ended = Some(Ok(()));
                    return Ok(0);
                }
                Some(Err(error)) => return Err(error),
            }
            let (result, taken, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.bytes[self.start..],
                into,
                self.is_last,
            );
            self.start += taken;
            match result {
                DecoderResult::Malformed(..) => {
                    let encoding = self.decoder.encoding().name();
                    self.ended = Some(Err(ReadError::Malformed { encoding }));
                }
                DecoderResult::InputEmpty if self.is_last => self.ended = Some(Ok(())),
                DecoderResult::InputEmpty if written == 0 => {
                    self.bytes.resize(STEP_BYTES, 0);
                    let count = read(&mut self.bytes);
                    self.bytes.truncate(*count.as_ref().unwrap_or(&0));
                    self.start = 0;
                    self.is_last = count? == 0;
                }
                // A character takes at most four bytes, and callers have room for far more.
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

/// Decoder whose bytes are converted to UTF-8.
pub(super) struct Transcoded<D> {
    inner: D,
    transcoder: Transcoder,
}

impl<D> Transcoded<D> {
    pub(super) fn new(inner: D, encoding: Encoding) -> Self {
        Self { inner, transcoder: Transcoder::new(encoding) }
    }
}

impl<D: Decoder> Decoder for Transcoded<D> {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        self.transcoder.read(into, |bytes| self.inner.decode(bytes))
    }

    fn take_points(&mut self) -> Vec<SeekPoint> {
        self.inner.take_points()
    }

    fn is_converted(&self) -> bool {
        matches!(self.transcoder, Transcoder::Converting(_))
    }

    /// Converted bytes are not those of the file, so their offsets are not either. It is known after the first call of
    /// [`decode`](Decoder::decode).
    fn divisibility(&self) -> Divisibility {
        match (&self.transcoder, self.inner.divisibility()) {
            (Transcoder::Converting(_), Divisibility::Ranges) => Divisibility::WholeFile,
            (_, divisibility) => divisibility,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a transcoder gives of a file that comes in pieces of `step` bytes.
    fn converted(encoding: Encoding, file: &[u8], step: usize) -> Result<Vec<u8>, String> {
        let mut pieces = file.chunks(step);
        let mut transcoder = Transcoder::new(encoding);
        let mut text = Vec::new();
        let mut into = [0; 64];
        loop {
            let read = transcoder.read(&mut into, |bytes| {
                let piece = pieces.next().unwrap_or_default();
                bytes[..piece.len()].copy_from_slice(piece);
                Ok(piece.len())
            });
            match read {
                Ok(0) => return Ok(text),
                Ok(count) => text.extend_from_slice(&into[..count]),
                Err(ReadError::Malformed { encoding }) => return Err(encoding.to_owned()),
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_file_is_converted_the_same_in_pieces_of_any_size() {
        // U+0A0D and U+0D0A hold the bytes of line ends.
        let text = "Größe\nнет\u{a0d}\u{d0a}😀 A\n".repeat(9);
        let little = utf16(&format!("\u{feff}{text}"), u16::to_le_bytes);
        let big = utf16(&format!("\u{feff}{text}"), u16::to_be_bytes);
        let latin: Encoding = "iso-8859-1".parse().unwrap();
        let nameless = utf16(&text, u16::to_le_bytes);
        for step in 1..=50 {
            for file in [&little, &big] {
                assert_eq!(converted(Encoding::Auto, file, step), Ok(text.clone().into_bytes()), "{step}");
            }
            let named = "utf-16le".parse().unwrap();
            assert_eq!(converted(named, &nameless, step), Ok(text.clone().into_bytes()), "{step}");
            assert_eq!(converted(latin, b"Gr\xf6\xdfe\n", step), Ok("Größe\n".into()));
            assert_eq!(converted(Encoding::Auto, b"Gr\xf6\xdfe\n", step), Ok(b"Gr\xf6\xdfe\n".to_vec()));
            assert_eq!(converted(Encoding::Bytes, &little, step), Ok(little.clone()));
            assert_eq!(converted(latin, b"", step), Ok(Vec::new()));
        }
    }

    #[test]
    fn bytes_that_are_not_in_the_encoding_end_the_conversion_behind_those_before() {
        let shift_jis: Encoding = "shift_jis".parse().unwrap();
        for step in 1..=8 {
            for wrong in [&b"a\xfd\n"[..], b"a\n\x81"] {
                assert_eq!(converted(shift_jis, wrong, step), Err("Shift_JIS".into()));
            }
            for wrong in [&b"\xff\xfea\0b"[..], b"\xff\xfe\x00\xd8a\0"] {
                assert_eq!(converted(Encoding::Auto, wrong, step), Err("UTF-16LE".into()));
            }
        }
    }
}
