//! Reader of one file: sniffing its first bytes, and cutting it into chunks.

use memchr::memchr_iter;

use super::buffer::{Buffer, BufferPool};
use super::cutter::{Cut, Cutter, Limits};
use super::origin::Origin;
use crate::input::codec::{self, Decoder, Divisibility, SeekPoint};
use crate::input::document::{self, DocumentReader};
use crate::input::error::ReadError;
use crate::input::index::{RunDecoder, SpanReader, SpanRun};
use crate::input::sniff::{SNIFF_BYTES, Sniffed, Sniffer};
use crate::input::source::CheckedSource;
use crate::input::{Control, InputError, ReadRules};
use crate::record::{Document, Format};

/// How much is unpacked at once: small enough to be still in the cache when its line ends are counted, large enough
/// that the fixed cost of a call of the decoder (it saves a window of 32 KiB) hardly shows. Of the CPU time of
/// the decoder alone, reading chunks of 20,000 lines takes 1.10 in steps of 32 KiB, 1.06 in 64, 1.01 in 256, 1.02 in 512.
const STEP_BYTES: usize = 256 * 1024;

/// How much of a file of this size is unpacked at once to be sniffed. Of a small file no more than there may be: for a file of a
/// hundred bytes half of the time outside the kernel went into the clearing of large buffers.
fn sniff_bytes(size: Option<u64>) -> usize {
    const LEAST: u64 = 4 << 10;
    const USUAL_RATIO: u64 = 8;
    size.map_or(STEP_BYTES as u64, |size| size.saturating_mul(USUAL_RATIO).clamp(LEAST, STEP_BYTES as u64))
        as usize
}

/// Most bytes of a document of several lines: half of what a message to a worker can hold.
const DOCUMENT_BYTES: usize = 512 << 20;

/// The file that is being read.
pub(in crate::input) struct FileReader {
    source: CheckedSource,
    index: u32,
    control: Control,
    divisibility: Divisibility,
    /// None after its end was reached.
    decoder: Option<Box<dyn Decoder>>,
    /// Seek points of a decoder that has ended.
    points: Vec<SeekPoint>,
    is_converted: bool,
    /// An error that was met behind the lines that are still to be cut. It is reported when the reading comes to that place.
    deferred_error: Option<ReadError>,
    format: Format,
    document: Document,
    /// Most bytes of a line that is a document of several lines; `None` if lines are lines.
    document_bytes: Option<usize>,
    /// `tail[tail_start..]` was read with an earlier chunk and lies behind its end. Kept apart from the chunk's own
    /// buffer so that chunks of a few lines cost no more than their own bytes.
    tail: Vec<u8>,
    tail_start: usize,
    /// Bytes and lines before the first record.
    header: (u64, u64),
    /// Lines and bytes that were skipped or are in the chunks cut so far.
    lines: u64,
    offset: u64,
}

impl FileReader {
    pub(in crate::input) fn open(
        source: CheckedSource,
        index: u32,
        rules: &ReadRules,
        control: &Control,
        spacing: Option<u64>,
    ) -> Result<Self, InputError> {
        let decoder = match rules.format {
            Some(Format::Parquet) => document::open_parquet(&source, &rules.field, control)?,
            _ => codec::open(&source, control.clone(), rules.encoding, spacing)?,
        };
        let document_bytes = (rules.format == Some(Format::Parquet)).then_some(DOCUMENT_BYTES);
        Ok(FileReader {
            document: rules.document,
            document_bytes,
            ..Self::new(source, index, control, decoder)
        })
    }

    /// Opens a run of spans of a file.
    pub(in crate::input) fn open_run(
        source: CheckedSource,
        index: u32,
        control: &Control,
        run: &SpanRun,
    ) -> Result<Self, InputError> {
        let decoder = Box::new(RunDecoder::new(SpanReader::open(&source, run, control)?));
        Ok(FileReader {
            format: run.format,
            lines: run.first_line - 1,
            offset: run.start,
            ..Self::new(source, index, control, decoder)
        })
    }

    fn new(source: CheckedSource, index: u32, control: &Control, decoder: Box<dyn Decoder>) -> Self {
        FileReader {
            source,
            index,
            control: control.clone(),
            divisibility: decoder.divisibility(),
            decoder: Some(decoder),
            points: Vec::new(),
            is_converted: false,
            deferred_error: None,
            format: Format::Text,
            document: Document::Line,
            document_bytes: None,
            tail: Vec::new(),
            tail_start: 0,
            header: (0, 0),
            lines: 0,
            offset: 0,
        }
    }

    /// The seek points that were noted since the last call.
    pub(in crate::input) fn take_points(&mut self) -> Vec<SeekPoint> {
        let mut points = std::mem::take(&mut self.points);
        points.extend(self.decoder.as_mut().map(|decoder| decoder.take_points()).unwrap_or_default());
        points
    }

    /// Whether its bytes are those of the file converted to UTF-8.
    pub(in crate::input) fn is_converted(&self) -> bool {
        self.is_converted
    }

    fn end_decoder(&mut self) {
        self.points = self.take_points();
        self.decoder = None;
    }

    /// The source that is read.
    pub(in crate::input) fn source(&self) -> &CheckedSource {
        &self.source
    }

    /// How the file can be divided among workers, when it was sniffed.
    pub(in crate::input) fn divisibility(&self) -> Divisibility {
        self.divisibility
    }

    /// Checks, when all was read, that it is what was there at the first opening.
    pub(in crate::input) fn check_at_end(&self) -> Result<(), InputError> {
        self.source.check_at_end(&self.control)
    }

    /// The bytes and lines before the first record, when the file was sniffed.
    pub(in crate::input) fn header(&self) -> (u64, u64) {
        self.header
    }

    /// Where the next chunk begins.
    pub(in crate::input) fn position(&self) -> Origin {
        Origin { file: self.index, first_line: self.lines + 1, offset: self.offset, format: self.format }
    }

    /// Shows the first bytes to the sniffer and applies its verdict. The bytes wait in the tail for the first chunk.
    pub(in crate::input) fn sniff(&mut self, sniffer: &mut Sniffer) -> Result<(), InputError> {
        if let Some(decoder) = &mut self.decoder {
            decoder.skip_inner_marks();
        }
        // Where the files of an archive begin.
        let mut file_starts = Vec::new();
        let sniff_bytes = sniff_bytes(self.source.size());
        loop {
            let whole =
                self.decoder.is_none() || self.deferred_error.is_some() || self.tail.len() >= SNIFF_BYTES;
            if whole || !self.tail.is_empty() {
                match sniffer(&self.tail, whole) {
                    Sniffed::Read { format, skip } => {
                        self.format = format;
                        self.skip(skip);
                        self.read_documents(&file_starts);
                        return Ok(());
                    }
                    Sniffed::Refuse(why) => {
                        return Err(InputError::Refused { file: self.source.source.clone(), why });
                    }
                    Sniffed::NeedMore if whole => return Ok(()),
                    Sniffed::NeedMore => {}
                }
            }
            self.check_cancelled()?;
            if let Some(decoder) = &mut self.decoder {
                let start = self.tail.len();
                self.tail.resize(start + sniff_bytes, 0);
                let read = decoder.decode(&mut self.tail[start..]);
                self.tail.truncate(start + read.as_ref().map_or(0, |&count| count));
                match read {
                    Ok(count) => {
                        self.divisibility = decoder.divisibility();
                        self.is_converted = decoder.is_converted();
                        if decoder.begins_file() {
                            file_starts.push(start);
                        }
                        if count == 0 {
                            self.end_decoder();
                        }
                    }
                    Err(error) => self.deferred_error = Some(error),
                }
            }
        }
    }

    /// Converts documents of several lines from here on.
    fn read_documents(&mut self, file_starts: &[usize]) {
        let Some(converter) = document::converter(self.format, self.document) else { return };
        let starts = file_starts.iter().map(|&start| start.saturating_sub(self.tail_start)).collect();
        let bytes = self.tail.split_off(self.tail_start);
        self.tail.clear();
        self.tail_start = 0;
        (self.lines, self.offset) = (0, 0);
        let reader =
            DocumentReader::new(converter, bytes, starts, self.decoder.take(), self.deferred_error.take());
        self.divisibility = reader.divisibility();
        self.is_converted = true;
        self.document_bytes = Some(DOCUMENT_BYTES);
        if self.format == Format::Text {
            self.format = Format::Documents;
        }
        self.decoder = Some(Box::new(reader));
    }

    fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.tail.len());
        self.tail_start = bytes;
        self.offset = bytes as u64;
        self.lines = memchr_iter(b'\n', &self.tail[..bytes]).count() as u64;
        self.header = (self.offset, self.lines);
        self.control.progress.add_chunk(bytes, 0);
    }

    /// Leaves out all before a place that was reached before, when the file was sniffed.
    pub(in crate::input) fn skip_to(&mut self, at: Origin) -> Result<(), InputError> {
        let mut left = at.offset.saturating_sub(self.offset);
        while left > 0 {
            let here = left.min((self.tail.len() - self.tail_start) as u64);
            self.tail_start += here as usize;
            left -= here;
            self.control.progress.add_chunk(here as usize, 0);
            if left > 0 {
                self.check_cancelled()?;
                self.tail_start = 0;
                self.tail.resize(STEP_BYTES, 0);
                let decoder = self.decoder.as_mut();
                let read = decoder.map_or(Ok(0), |decoder| decoder.decode(&mut self.tail));
                let count = read.map_err(|error| error.at(&self.source.source, self.lines))?;
                self.tail.truncate(count);
                if count == 0 {
                    break;
                }
            }
        }
        (self.lines, self.offset) = (at.first_line - 1, at.offset);
        Ok(())
    }

    /// The next chunk of this file: its origin, lines and bytes. None at the end of the file.
    pub(in crate::input) fn next_chunk(
        &mut self,
        limits: Limits,
        buffers: &BufferPool,
    ) -> Result<Option<(Origin, u64, Buffer)>, InputError> {
        let limits = Limits { line_bytes: self.document_bytes.unwrap_or(limits.line_bytes), ..limits };
        let mut cutter = Cutter::new(limits);
        let mut bytes = buffers.take();
        match cutter.scan(&self.tail[self.tail_start..]) {
            Cut::Here => {
                bytes.extend(&self.tail[self.tail_start..][..cutter.end]);
                self.tail_start += cutter.end;
            }
            Cut::NotYet => {
                bytes.extend(&self.tail[self.tail_start..]);
                self.tail.clear();
                self.tail_start = 0;
                self.fill(&mut bytes, &mut cutter, limits)?;
            }
            Cut::LineTooLong => return Err(self.line_too_long(limits)),
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let origin = self.position();
        self.lines += cutter.lines;
        self.offset += bytes.len() as u64;
        Ok(Some((origin, cutter.lines, bytes)))
    }

    /// Reads straight into the chunk until it is complete; the bytes behind its end go to the tail.
    fn fill(&mut self, bytes: &mut Buffer, cutter: &mut Cutter, limits: Limits) -> Result<(), InputError> {
        loop {
            self.check_cancelled()?;
            let read = match (self.deferred_error.take(), &mut self.decoder) {
                (Some(error), _) => Err(error),
                (None, Some(decoder)) => decoder.decode(bytes.space(STEP_BYTES)),
                (None, None) => Ok(0),
            };
            let count = match read {
                Ok(count) => count,
                // The lines before it are a chunk, so that what is wrong with them is found first.
                Err(error) if cutter.lines > 0 => {
                    self.deferred_error = Some(error);
                    bytes.truncate(cutter.end);
                    return Ok(());
                }
                Err(error) => {
                    // A file that changed may look like a damaged one.
                    if !matches!(error, ReadError::Changed(_) | ReadError::Stopped) {
                        self.check_at_end()?;
                    }
                    // Of what was converted the number of lines is not known.
                    let lines = if self.document_bytes.is_some() { 0 } else { self.lines };
                    return Err(error.at(&self.source.source, lines));
                }
            };
            if count == 0 {
                self.end_decoder();
                cutter.finish(bytes.len());
                return Ok(());
            }
            bytes.advance(count);
            match cutter.scan(bytes) {
                Cut::Here => {
                    self.tail.extend_from_slice(&bytes[cutter.end..]);
                    bytes.truncate(cutter.end);
                    return Ok(());
                }
                Cut::NotYet => {}
                Cut::LineTooLong => return Err(self.line_too_long(limits)),
            }
        }
    }

    fn check_cancelled(&self) -> Result<(), InputError> {
        if self.control.cancel.is_cancelled() { Err(InputError::Stopped) } else { Ok(()) }
    }

    fn line_too_long(&self, limits: Limits) -> InputError {
        let (file, line) = (self.source.source.clone(), self.lines + 1);
        match self.document_bytes {
            None => InputError::LineTooLong { file, line, limit: limits.line_bytes },
            Some(limit) => InputError::DocumentTooLong { file, document: line, limit },
        }
    }
}
