//! Runs: the parts of a text that no n-gram crosses.
//!
//! In plain text a run is a line. Everything else is brought to this form first: the text of a record is taken out, normalized, and
//! divided at the ends of its lines or sentences.

use std::ops::Range;

use memchr::memchr;

use super::sentences::for_each_sentence;
use crate::count::plan::{Plan, TextRules};
use crate::record::{Document, Format, LineError, document, jsonl, lines, text};

/// Part of a text that no n-gram crosses.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    /// Its text.
    pub(super) text: &'a [u8],
    /// Whether it is the last one of its document, which is a line of the chunk.
    pub(super) ends_document: bool,
}

/// The runs of plain text: its lines, each a document.
pub(super) fn lines_as_runs(
    bytes: &[u8],
    needs_utf8: bool,
) -> impl Iterator<Item = Result<Run<'_>, LineError>> {
    // All lines at once, at the speed of memory: single ones are looked at only where one of them is bad.
    let checks_lines = needs_utf8 && std::str::from_utf8(bytes).is_err();
    lines(bytes).map(move |line| {
        if checks_lines {
            text::check_utf8(line)?;
        }
        Ok(Run { text: line, ends_document: true })
    })
}

/// Whether a chunk is to be divided by [`DividedText`], because a line is not a run.
pub(super) fn needs_division(format: Format, rules: &TextRules) -> bool {
    let is_plain = format == Format::Text && rules.document() == Document::Line;
    !is_plain || rules.sentences || rules.normalize.is_some()
}

/// The texts of the documents of a chunk, divided into runs.
#[derive(Default)]
pub(super) struct DividedText {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// Part of a chunk.
enum Part {
    /// A run, and whether it ends a document.
    Run(Range<usize>, bool),
    /// A bad document.
    Bad(LineError),
}

impl DividedText {
    /// Divides the documents of `chunk`, one a line.
    pub(super) fn new(plan: &Plan, format: Format, chunk: &[u8]) -> Self {
        let mut divided = Self { bytes: Vec::with_capacity(chunk.len()), parts: Vec::new() };
        let field = plan.text.field.clone().unwrap_or_default();
        let is_line = format == Format::Text && plan.text.document() == Document::Line;
        let mut original = Vec::new();
        for line in lines(chunk) {
            let start = divided.bytes.len();
            let text = match plan.text.normalize {
                None => &mut divided.bytes,
                Some(_) => &mut original,
            };
            let taken = take_text(format, &plan.text, &field, line, text);
            if let Some(form) = plan.text.normalize {
                form.append(&original, &mut divided.bytes);
                original.clear();
            }
            let checked = taken.and_then(|()| match plan.needs_utf8() {
                true => check_utf8(is_line, &divided.bytes[start..]),
                false => Ok(()),
            });
            match checked {
                Ok(()) => divided.divide(start, &plan.text),
                Err(error) => {
                    divided.bytes.truncate(start);
                    divided.parts.push(Part::Bad(error));
                }
            }
        }
        divided
    }

    /// Divides the document that begins at `start` and goes to the end.
    fn divide(&mut self, start: usize, rules: &TextRules) {
        let Self { bytes, parts } = self;
        if rules.across_lines {
            join_lines(&mut bytes[start..]);
        }
        let first = parts.len();
        let mut line_start = start;
        for line in lines(&bytes[start..]) {
            match rules.sentences {
                true => for_each_sentence(line, |part| {
                    parts.push(Part::Run(line_start + part.start..line_start + part.end, false));
                }),
                false => parts.push(Part::Run(line_start..line_start + line.len(), false)),
            }
            line_start = memchr(b'\n', &bytes[line_start..]).map_or(bytes.len(), |end| line_start + end + 1);
        }
        // A document without a line has one run, so that it is counted.
        if parts.len() == first {
            parts.push(Part::Run(start..start, false));
        }
        if let Some(Part::Run(_, ends_document)) = parts.last_mut() {
            *ends_document = true;
        }
    }

    /// The bytes that the runs are slices of.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The runs, and an error in place of each bad document.
    pub(super) fn runs(&self) -> impl Iterator<Item = Result<Run<'_>, LineError>> {
        self.parts.iter().map(|part| match part {
            Part::Run(range, ends_document) => {
                Ok(Run { text: &self.bytes[range.clone()], ends_document: *ends_document })
            }
            Part::Bad(error) => Err(error.clone()),
        })
    }
}

/// Appends the text of the document in a line.
fn take_text(
    format: Format,
    rules: &TextRules,
    field: &jsonl::FieldPath,
    line: &[u8],
    text: &mut Vec<u8>,
) -> Result<(), LineError> {
    match format {
        // A line of nothing but white space has no object.
        Format::Jsonl if line.iter().all(u8::is_ascii_whitespace) => Ok(()),
        Format::Jsonl => jsonl::read_text(line, field, text),
        Format::Text if rules.document() == Document::Line => {
            text.extend_from_slice(line);
            Ok(())
        }
        _ => document::unescape(line, text),
    }
}

/// Checks that a text, which is that of a line or of a document, is UTF-8.
fn check_utf8(is_line: bool, bytes: &[u8]) -> Result<(), LineError> {
    match text::check_utf8(bytes) {
        Err(LineError::NotUtf8 { at, byte }) if !is_line => Err(LineError::TextNotUtf8 { at, byte }),
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
