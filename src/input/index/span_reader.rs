//! Reader of a run of spans. Nothing of a span is used before its checksum was found right.

use std::io::{self, Read};

use super::error::IndexError;
use super::fault::IndexFault;
use super::span_run::{RunSpan, SpanRun};
use crate::input::Control;
use crate::input::codec::{Decoder, Divisibility, SeekableGzip};
use crate::input::error::ReadError;
use crate::input::source::{CheckedSource, SourceFile};
use crate::input::{Buffer, InputError};

/// Most bytes that are discarded at once, on the way from a seek point to the first span.
const DISCARD_BYTES: u64 = 256 << 10;

/// The spans of a run, one after another.
pub(in crate::input) struct SpanReader {
    bytes: Bytes,
    /// Bytes between the seek point and the first span.
    to_discard: u64,
    spans: std::vec::IntoIter<RunSpan>,
    /// Of the bytes of the file that count as read: those that are still to be counted, and the bytes of all spans left.
    stored_left: u64,
    bytes_left: u64,
    control: Control,
}

enum Bytes {
    Plain(SourceFile),
    Gzip(Box<SeekableGzip>),
}

impl SpanReader {
    pub(in crate::input) fn open(
        source: &CheckedSource,
        run: &SpanRun,
        control: &Control,
    ) -> Result<Self, InputError> {
        // A remote file comes while the window is fetched.
        let file = source.open_range(run.place.0, run.place.1, control)?;
        let (bytes, to_discard) = match &run.point {
            None => (Bytes::Plain(file), 0),
            Some(point) => {
                let loaded = point.load(control).map_err(|error| match error {
                    IndexError::Fault(fault) => ReadError::Index(fault),
                    IndexError::Remote(fault) => ReadError::Remote(fault),
                    IndexError::Stopped => ReadError::Stopped,
                    // It was there when the count began.
                    IndexError::Io(_) => ReadError::Index(IndexFault::Damaged),
                });
                let gzip = loaded.and_then(|point| SeekableGzip::from_point(file, &point));
                let gzip = gzip.map_err(|error| blame_index(error).at(&source.source, 0))?;
                (Bytes::Gzip(Box::new(gzip)), run.start - point.unpacked())
            }
        };
        Ok(SpanReader {
            bytes,
            to_discard,
            spans: run.spans.clone().into_iter(),
            stored_left: run.stored,
            bytes_left: run.bytes(),
            control: control.clone(),
        })
    }

    /// Appends the next span to `buffer`, if its checksum is right, and gives the number of its lines; `None` behind the last one.
    pub(in crate::input) fn next_span(&mut self, buffer: &mut Buffer) -> Result<Option<u64>, ReadError> {
        let Some(span) = self.spans.next() else { return Ok(None) };
        while self.to_discard > 0 {
            let count = self.to_discard.min(DISCARD_BYTES);
            self.fill(buffer.space(count as usize))?;
            self.to_discard -= count;
        }
        let bytes = usize::try_from(span.bytes).map_err(|_| ReadError::Index(IndexFault::Contents))?;
        let unpacked = buffer.space(bytes);
        self.fill(unpacked)?;
        if crc32fast::hash(unpacked) != span.crc {
            return Err(ReadError::Index(IndexFault::Contents));
        }
        buffer.advance(bytes);
        let stored = self.stored_left as f64 * span.bytes as f64 / self.bytes_left.max(1) as f64;
        let stored = if self.bytes_left == span.bytes { self.stored_left } else { stored as u64 };
        self.control.progress.add_read(stored as usize);
        self.stored_left -= stored.min(self.stored_left);
        self.bytes_left -= span.bytes;
        Ok(Some(span.lines))
    }

    fn fill(&mut self, mut into: &mut [u8]) -> Result<(), ReadError> {
        match &mut self.bytes {
            Bytes::Plain(file) => file.read_exact(into).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => ReadError::Index(IndexFault::Contents),
                _ => error.into(),
            }),
            Bytes::Gzip(gzip) => {
                while !into.is_empty() {
                    match gzip.decode(into).map_err(blame_index)? {
                        0 => return Err(ReadError::Index(IndexFault::Contents)),
                        count => into = &mut into[count..],
                    }
                }
                Ok(())
            }
        }
    }
}

/// Data that cannot be unpacked where the index says may be damaged, or not those of which the index was made. Which of
/// them it is shows when the file is read from its beginning.
fn blame_index(error: ReadError) -> ReadError {
    match error {
        ReadError::Packed(_) => ReadError::Index(IndexFault::Contents),
        error => error,
    }
}

/// The bytes of a run for a reader that cuts them into chunks.
pub(in crate::input) struct RunDecoder {
    reader: SpanReader,
    span: Buffer,
    given: usize,
}

impl RunDecoder {
    pub(in crate::input) fn new(reader: SpanReader) -> Self {
        RunDecoder { reader, span: Buffer::default(), given: 0 }
    }
}

impl Decoder for RunDecoder {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        while self.given == self.span.len() {
            self.span.truncate(0);
            self.given = 0;
            match self.reader.next_span(&mut self.span) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(0),
                Err(error) => return Err(error),
            }
        }
        let count = into.len().min(self.span.len() - self.given);
        into[..count].copy_from_slice(&self.span[self.given..][..count]);
        self.given += count;
        Ok(count)
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::WholeFile
    }
}
