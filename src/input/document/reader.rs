//! Reader of documents: a decoder around another one.

use std::collections::VecDeque;

use super::converter::Converter;
use super::paragraphs::Paragraphs;
use super::pending_lines::PendingLines;
use super::wet::WetRecords;
use super::whole_file::WholeFile;
#[cfg(not(feature = "parquet"))]
use crate::input::ParquetFault;
use crate::input::codec::{Decoder, Divisibility};
use crate::input::error::ReadError;
use crate::input::source::CheckedSource;
use crate::input::{Control, InputError};
use crate::record::{Document, FieldPath, Format};

/// Bytes that are unpacked at once.
const STEP_BYTES: usize = 256 << 10;

/// The conversion for a file in `format`; `None` if its lines are documents, or have no text.
pub(in crate::input) fn converter(format: Format, document: Document) -> Option<Box<dyn Converter>> {
    match (format, document) {
        (Format::Wet, _) => Some(Box::new(WetRecords::default())),
        (Format::Text | Format::Documents, Document::Paragraph) => Some(Box::new(Paragraphs::default())),
        (Format::Text | Format::Documents, Document::File) => Some(Box::new(WholeFile::default())),
        _ => None,
    }
}

/// Opens a Parquet file.
pub(in crate::input) fn open_parquet(
    source: &CheckedSource,
    field: &FieldPath,
    control: &Control,
) -> Result<Box<dyn Decoder>, InputError> {
    #[cfg(feature = "parquet")]
    return Ok(Box::new(super::parquet::ParquetDocuments::open(source, field, control)?));
    #[cfg(not(feature = "parquet"))]
    {
        let _ = (field, control);
        Err(ReadError::from(ParquetFault::NotBuilt).at(&source.source, 0))
    }
}

/// Decoder whose lines are the documents of a file.
pub(in crate::input) struct DocumentReader {
    converter: Box<dyn Converter>,
    /// What is unpacked and not converted.
    bytes: Vec<u8>,
    /// Where other files of an archive begin in `bytes`.
    file_starts: VecDeque<usize>,
    /// `None` after its end.
    decoder: Option<Box<dyn Decoder>>,
    /// An error that was met behind `bytes`.
    error: Option<ReadError>,
    lines: PendingLines,
    /// All is converted.
    is_done: bool,
    divisibility: Divisibility,
}

impl DocumentReader {
    /// A reader of a file of which `bytes` were read, with the places where files of an archive begin, and the rest is left in `decoder` or cannot be read because of `error`.
    pub(in crate::input) fn new(
        converter: Box<dyn Converter>,
        bytes: Vec<u8>,
        file_starts: VecDeque<usize>,
        decoder: Option<Box<dyn Decoder>>,
        error: Option<ReadError>,
    ) -> Self {
        let divisibility = match decoder.as_ref().map(|decoder| decoder.divisibility()) {
            Some(Divisibility::ParentOnly) => Divisibility::ParentOnly,
            _ => Divisibility::WholeFile,
        };
        Self {
            converter,
            bytes,
            file_starts,
            decoder,
            error,
            lines: PendingLines::default(),
            is_done: false,
            divisibility,
        }
    }

    /// Converts what is there, or unpacks more if that is too little.
    fn fill(&mut self) -> Result<(), ReadError> {
        let is_last = self.decoder.is_none() && self.error.is_none() && self.file_starts.is_empty();
        // A document ends with its file.
        let end = self.file_starts.pop_front();
        let here = &self.bytes[..end.unwrap_or(self.bytes.len())];
        let converted = self.converter.convert(here, is_last || end.is_some(), self.lines.refill())?;
        self.bytes.drain(..converted);
        self.file_starts.iter_mut().for_each(|start| *start -= converted);
        self.is_done = is_last;
        if is_last || end.is_some() || !self.lines.are_read() {
            return Ok(());
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if let Some(decoder) = &mut self.decoder {
            let start = self.bytes.len();
            self.bytes.resize(start + STEP_BYTES, 0);
            let read = decoder.decode(&mut self.bytes[start..]);
            self.bytes.truncate(start + read.as_ref().map_or(0, |&count| count));
            if read? == 0 {
                self.decoder = None;
            } else if decoder.begins_file() {
                self.file_starts.push_back(start);
            }
        }
        Ok(())
    }
}

impl Decoder for DocumentReader {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        while self.lines.are_read() && !self.is_done {
            self.fill()?;
        }
        Ok(self.lines.read(into))
    }

    fn is_converted(&self) -> bool {
        true
    }

    fn divisibility(&self) -> Divisibility {
        self.divisibility
    }
}
