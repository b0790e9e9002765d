//! Segments: the parts of a text that no n-gram crosses.
//!
//! In plain text a segment is a line. Everything else is brought to this form first: the text of a record is taken out, normalized, and
//! divided at the ends of its lines or sentences.

use std::ops::Range;

use memchr::memchr;

use super::sentences::for_each_sentence;
use crate::count::plan::{Plan, TextRules};
use crate::record::{Format, LineError, document, jsonl, lines, text};

/// Part of a text that no n-gram crosses.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    /// Its text.
    pub(super) text: &'a [u8],
    /// Whether it is the last one of its document, which is a line of the chunk.
    pub(super) ends_document: bool,
}

/// The segments of plain text: its lines, each a document.
pub(super) fn lines_as_segments(
    bytes: &[u8],
    needs_utf8: bool,
) -> impl Iterator<Item = Result<Segment<'_>, LineError>> {
    // All lines at once, at the speed of memory: single ones are looked at only where one of them is bad.
    let checks_lines = needs_utf8 && std::str::from_utf8(bytes).is_err();
    lines(bytes).map(move |line| {
        if checks_lines {
            text::check_utf8(line)?;
        }
        Ok(Segment { text: line, ends_document: true })
    })
}

/// Whether a chunk is to be divided by [`DividedText`], because a line is not a segment.
pub(super) fn needs_division(format: Format, rules: &TextRules) -> bool {
    format != Format::Text || rules.sentences || rules.normal_form.is_some()
}

/// The texts of the documents of a chunk, divided into segments.
#[derive(Default)]
pub(super) struct DividedText {
    bytes: Vec<u8>,
    parts: Vec<Part>,
    /// The errors of bad documents, in their order.
    errors: Vec<LineError>,
}

/// Part of a chunk. There is one for each line or sentence, so it is kept small; a chunk has less than 4 GiB.
#[derive(Clone, Copy)]
struct Part {
    start: u32,
    end: u32,
    kind: PartKind,
}

#[derive(Clone, Copy)]
enum PartKind {
    Segment,
    /// The last segment of its document.
    Last,
    /// A bad document.
    Bad,
}

impl DividedText {
    /// Divides the documents of `chunk`, one a line.
    pub(super) fn new(plan: &Plan, format: Format, chunk: &[u8]) -> Self {
        let mut divided = Self { bytes: Vec::with_capacity(chunk.len()), ..Self::default() };
        let field = plan.text.field.clone().unwrap_or_default();
        let mut original = Vec::new();
        for line in lines(chunk) {
            let start = divided.bytes.len();
            let text = match plan.text.normal_form {
                None => &mut divided.bytes,
                Some(_) => &mut original,
            };
            let first = text.len();
            let taken = take_text(format, &field, line, text);
            let checked = taken.and_then(|()| match plan.needs_utf8() {
                true => check_utf8(format, &text[first..]),
                false => Ok(()),
            });
            if let Some(form) = plan.text.normal_form {
                form.append(&original, &mut divided.bytes);
                original.clear();
            }
            match checked {
                Ok(()) => divided.divide(start, &plan.text),
                Err(error) => {
                    divided.bytes.truncate(start);
                    divided.push(start..start, PartKind::Bad);
                    divided.errors.push(error);
                }
            }
        }
        divided
    }

    fn push(&mut self, place: Range<usize>, kind: PartKind) {
        self.parts.push(Part { start: place.start as u32, end: place.end as u32, kind });
    }

    /// Divides the document that begins at `start` and goes to the end.
    fn divide(&mut self, start: usize, rules: &TextRules) {
        let mut bytes = std::mem::take(&mut self.bytes);
        if rules.across_lines {
            join_lines(&mut bytes[start..]);
        }
        let first = self.parts.len();
        for line in lines(&bytes[start..]) {
            let at = line.as_ptr().addr() - bytes.as_ptr().addr();
            match rules.sentences {
                true => for_each_sentence(line, |part| {
                    self.push(at + part.start..at + part.end, PartKind::Segment);
                }),
                false => self.push(at..at + line.len(), PartKind::Segment),
            }
        }
        // A document without a line has one segment, so that it is counted.
        if self.parts.len() == first {
            self.push(start..start, PartKind::Segment);
        }
        if let Some(part) = self.parts.last_mut() {
            part.kind = PartKind::Last;
        }
        self.bytes = bytes;
    }

    /// The bytes that the segments are slices of.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The segments, and an error in place of each bad document.
    pub(super) fn segments(&self) -> impl Iterator<Item = Result<Segment<'_>, LineError>> {
        let mut errors = self.errors.iter();
        self.parts.iter().map(move |part| match (part.kind, errors.as_slice().first()) {
            (PartKind::Bad, Some(error)) => {
                errors.next();
                Err(error.clone())
            }
            (kind, _) => Ok(Segment {
                text: &self.bytes[part.start as usize..part.end as usize],
                ends_document: matches!(kind, PartKind::Last),
            }),
        })
    }
}

/// Appends the text of the document in a line.
fn take_text(
    format: Format,
    field: &jsonl::FieldPath,
    line: &[u8],
    text: &mut Vec<u8>,
) -> Result<(), LineError> {
    match format {
        // A line of nothing but white space has no object.
        Format::Jsonl if line.iter().all(u8::is_ascii_whitespace) => Ok(()),
        Format::Jsonl => jsonl::read_text(line, field, text),
        Format::Documents | Format::Wet | Format::Parquet => document::unescape(line, text),
        Format::Text | Format::V1 | Format::V2 | Format::V3 | Format::Counts => {
            text.extend_from_slice(line);
            Ok(())
        }
    }
}

/// Checks that a text is UTF-8.
fn check_utf8(format: Format, bytes: &[u8]) -> Result<(), LineError> {
    match text::check_utf8(bytes) {
        Err(LineError::NotUtf8 { at, byte }) if format != Format::Text => {
            Err(LineError::TextNotUtf8 { at, byte })
        }
        checked => checked,
    }
}

/// Puts a blank in place of each end of a line.
fn join_lines(text: &mut [u8]) {
    let mut start = 0;
    while let Some(end) = memchr(b'\n', &text[start..]).map(|at| start + at) {
        text[end] = b' ';
        if end > start && text[end - 1] == b'\r' {
            text[end - 1] = b' ';
        }
        start = end + 1;
    }
}
