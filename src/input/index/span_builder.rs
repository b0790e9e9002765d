//! Builder of an index: divides the lines of one file into spans, and sums each of them up.

use std::collections::VecDeque;
use std::io::Write;
use std::mem;
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use memchr::memchr;

use super::filter;
use super::identity::Identity;
use super::layout;
use super::tables::{FilterEntry, Head, LONGEST_KEY, PointEntry, Span, Tables};
use crate::input::codec::SeekPoint;
use crate::input::{Chunk, Origin};
use crate::record::{Format, LineError, counts, lines, v1, v2, v3};

/// Spans between two seek points. With more of them a look-up parses less, and the tables grow.
const SPANS_PER_POINT: u64 = 8;

/// Most n-grams of a filter, rows of an n-gram that are apart counted apart.
const LARGEST_FILTER: usize = 1 << 20;

/// Builder of the index of one file.
pub(super) struct SpanBuilder {
    head: Head,
    tables: Tables,
    windows: Vec<u8>,
    span_bytes: u64,
    /// Seek points that no span has come to.
    points: VecDeque<SeekPoint>,
    current: Option<OpenSpan>,
    /// The first span behind the last filter, and the hashes of the n-grams since.
    unfiltered: (u32, Vec<u64>),
}

/// What is known of a file before its first line.
#[derive(Debug)]
pub(super) struct FileHead {
    pub identity: Identity,
    pub gzip: bool,
    pub format_was_named: bool,
}

/// The span that is being filled.
struct OpenSpan {
    start: u64,
    first_line: u64,
    bytes: u64,
    lines: u64,
    checksum: crc32fast::Hasher,
    bounds: Bounds,
}

impl SpanBuilder {
    /// A builder for a file whose first line has this origin.
    pub fn new(head: FileHead, origin: Origin, spacing: u64) -> Self {
        let FileHead { identity, gzip, format_was_named } = head;
        let head = Head {
            identity,
            gzip,
            format: origin.format,
            format_was_named,
            malformed: false,
            in_order: true,
            unpacked: origin.offset,
            lines: 0,
            skip: origin.offset,
            skipped_lines: origin.first_line - 1,
            bounds: None,
        };
        let span_bytes = (spacing / SPANS_PER_POINT).max(1);
        let (tables, windows) = Default::default();
        SpanBuilder {
            head,
            tables,
            windows,
            span_bytes,
            points: VecDeque::new(),
            current: None,
            unfiltered: (0, Vec::new()),
        }
    }

    pub fn add_point(&mut self, point: SeekPoint) {
        self.points.push_back(point);
    }

    /// Adds the next lines. All seek points before their end must have been added.
    pub fn add_chunk(&mut self, chunk: &Chunk) {
        let mut rest = &chunk.bytes[..];
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(self.bytes_of_span(rest));
            self.add_lines(part);
            rest = behind;
        }
    }

    /// How much of `lines` belongs to the current span: up to the first end of a line at or after its full size or the next
    /// seek point, whichever comes first.
    fn bytes_of_span(&mut self, lines: &[u8]) -> usize {
        let at = self.head.unpacked;
        let start = match &self.current {
            Some(span) => span.start,
            None => at,
        };
        let full = start + self.span_bytes;
        let next_point = self.points.iter().map(|point| point.unpacked).find(|&point| point > start);
        let wanted = next_point.map_or(full, |point| full.min(point));
        // A line that ends right there ends the span.
        let from = wanted.saturating_sub(at).saturating_sub(1);
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(lines.len());
        memchr(b'\n', &lines[from..]).map_or(lines.len(), |end| from + end + 1)
    }

    /// Adds whole lines of the current span.
    fn add_lines(&mut self, lines: &[u8]) {
        let start = self.head.unpacked;
        if self.current.is_none() {
            self.open_span(start);
        }
        let Some(span) = &mut self.current else { return };
        span.checksum.update(lines);
        span.lines += span.bounds.add(self.head.format, lines);
        span.bytes += lines.len() as u64;
        self.head.unpacked += lines.len() as u64;
        let point_reached = self.points.front().is_some_and(|point| point.unpacked <= self.head.unpacked);
        if span.bytes >= self.span_bytes || point_reached {
            self.close_span();
        }
    }

    fn open_span(&mut self, start: u64) {
        let mut nearest = None;
        while self.points.front().is_some_and(|point| point.unpacked <= start) {
            nearest = self.points.pop_front();
        }
        if let Some(point) = nearest {
            self.keep_point(&point);
            self.close_filter();
        }
        self.current = Some(OpenSpan {
            start,
            first_line: self.head.skipped_lines + self.head.lines + 1,
            bytes: 0,
            lines: 0,
            checksum: crc32fast::Hasher::new(),
            bounds: Bounds::new(self.head.format),
        });
    }

    fn keep_point(&mut self, point: &SeekPoint) {
        let packed = pack(&point.window);
        self.tables.points.push(PointEntry {
            unpacked: point.unpacked,
            bit: point.bit,
            window: self.windows.len() as u64,
            packed: packed.len() as u32,
            length: point.window.len() as u32,
            crc: crc32fast::hash(&packed),
        });
        self.windows.extend(packed);
    }

    fn close_span(&mut self) {
        let Some(span) = self.current.take() else { return };
        let bounds = span.bounds;
        let unbounded = !bounds.known;
        let keys = self.tables.keys.len() as u64;
        if !unbounded {
            self.tables.keys.extend(&bounds.smallest);
            self.tables.keys.extend(&bounds.largest);
        }
        let length = |key: &Vec<u8>| if unbounded { 0 } else { key.len() as u32 };
        self.tables.spans.push(Span {
            start: span.start,
            first_line: span.first_line,
            crc: span.checksum.finalize(),
            malformed: bounds.malformed,
            unbounded,
            keys,
            smallest: length(&bounds.smallest),
            largest: length(&bounds.largest),
        });
        self.head.lines += span.lines;
        self.head.malformed |= bounds.malformed;
        self.unfiltered.1.extend(bounds.hashes);
        if !self.head.gzip || self.unfiltered.1.len() >= LARGEST_FILTER {
            self.close_filter();
        }
    }

    /// Adds the filter of the n-grams since the last one. A filter is for what is unpacked together.
    fn close_filter(&mut self) {
        let next = self.tables.spans.len() as u32;
        let (first_span, hashes) = mem::replace(&mut self.unfiltered, (next, Vec::new()));
        if first_span == next {
            return;
        }
        let filter = filter::encode(hashes);
        let start = self.tables.filter_bytes.len() as u64;
        self.tables.filters.push(FilterEntry { first_span, start, length: filter.len() as u32 });
        self.tables.filter_bytes.extend(filter);
    }

    /// The bytes of the index of a file that was read to its end.
    pub fn finish(mut self) -> Vec<u8> {
        self.close_span();
        self.head.bounds = self.bounds_of_all();
        self.head.in_order = self.are_in_order();
        self.close_filter();
        // Where the spans are in order their bounds say as much.
        if self.head.in_order || self.head.format.is_text() {
            self.tables.filters.clear();
            self.tables.filter_bytes.clear();
        }
        if !self.tables.filters.is_empty() {
            self.thin_points();
        }
        layout::encode(&self.head, &self.tables, &self.windows)
    }

    /// Leaves out seek points, to make room for filters: with both an index would take more than 1 % of its file.
    fn thin_points(&mut self) {
        let distance = SPANS_PER_POINT * self.span_bytes * 3 / 2;
        let windows = mem::take(&mut self.windows);
        let mut next = 0;
        for mut point in mem::take(&mut self.tables.points) {
            if point.unpacked < next {
                continue;
            }
            next = point.unpacked + distance;
            let start = point.window as usize;
            point.window = self.windows.len() as u64;
            self.windows.extend(&windows[start..start + point.packed as usize]);
            self.tables.points.push(point);
        }
    }

    fn bounds_of_all(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let bounds = self.tables.spans.iter().map(|span| self.tables.bounds(span));
        let bounds = bounds.collect::<Option<Vec<_>>>()?;
        let smallest = bounds.iter().map(|bounds| bounds.0).min()?;
        let largest = bounds.iter().map(|bounds| bounds.1).max()?;
        Some((smallest.to_vec(), largest.to_vec()))
    }

    fn are_in_order(&self) -> bool {
        self.tables.spans.windows(2).all(|pair| {
            let (before, behind) = (self.tables.bounds(&pair[0]), self.tables.bounds(&pair[1]));
            before.zip(behind).is_some_and(|(before, behind)| before.1 <= behind.0)
        })
    }
}

fn pack(window: &[u8]) -> Vec<u8> {
    if window.is_empty() {
        return Vec::new();
    }
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    let written = packed.write_all(window).and_then(|()| packed.finish());
    written.expect("writing to memory does not fail")
}

/// The bounds of the n-grams of some lines.
struct Bounds {
    smallest: Vec<u8>,
    largest: Vec<u8>,
    any: bool,
    hashes: Vec<u64>,
    /// Whether there is an n-gram in each line, and none is too long for the tables.
    known: bool,
    malformed: bool,
}

impl Bounds {
    fn new(format: Format) -> Self {
        // A line of text has many n-grams.
        let known = !format.is_text();
        Bounds {
            smallest: Vec::new(),
            largest: Vec::new(),
            any: false,
            hashes: Vec::new(),
            known,
            malformed: false,
        }
    }

    /// Adds whole lines, and gives their number.
    fn add(&mut self, format: Format, bytes: &[u8]) -> u64 {
        match format {
            Format::Text | Format::Jsonl | Format::Wet | Format::Parquet => lines(bytes).count() as u64,
            Format::V1 => self.add_rows(lines(bytes).map(|line| Ok(v1::parse(line)?.ngram))),
            Format::V2 => self.add_rows(v2::records(bytes).map(|row| Ok(row?.ngram))),
            Format::V3 => {
                let mut lines = LineBounds { bounds: self, ngram: &[], lines: 0 };
                v3::visit_lines(bytes, &mut lines);
                lines.lines
            }
            Format::Counts => self.add_rows(lines(bytes).map(|line| Ok(counts::parse(line)?.ngram))),
        }
    }

    fn add_rows<'a>(&mut self, rows: impl Iterator<Item = Result<&'a [u8], LineError>>) -> u64 {
        let mut count = 0;
        let mut last: &[u8] = &[];
        for row in rows {
            count += 1;
            match row {
                // Rows of one n-gram follow each other. The reader of v2 borrows it from the first of them.
                Ok(ngram) if std::ptr::eq(ngram, last) || ngram == last => {}
                Ok(ngram) => {
                    last = ngram;
                    self.add_ngram(ngram);
                }
                Err(_) => self.malformed = true,
            }
        }
        count
    }

    fn add_ngram(&mut self, ngram: &[u8]) {
        self.hashes.push(filter::hash(ngram));
        self.known &= ngram.len() <= LONGEST_KEY;
        if !self.known {
            return;
        }
        let first = !mem::replace(&mut self.any, true);
        let replace = |bound: &mut Vec<u8>| {
            bound.clear();
            bound.extend_from_slice(ngram);
        };
        if first || ngram < &self.smallest[..] {
            replace(&mut self.smallest);
        }
        if first || ngram > &self.largest[..] {
            replace(&mut self.largest);
        }
    }
}

/// The bounds of lines that have all years of an n-gram.
struct LineBounds<'b, 'a> {
    bounds: &'b mut Bounds,
    ngram: &'a [u8],
    lines: u64,
}

impl<'a> v3::Visitor<'a> for LineBounds<'_, 'a> {
    const IN_ORDER: bool = false;

    fn begin(&mut self, ngram: &'a [u8]) {
        self.ngram = ngram;
    }

    fn year(&mut self, _: v3::Year) {}

    fn end(&mut self, _: u64, outcome: Result<(), LineError>) -> ControlFlow<()> {
        self.lines += 1;
        match outcome {
            Ok(()) => self.bounds.add_ngram(self.ngram),
            Err(_) => self.bounds.malformed = true,
        }
        ControlFlow::Continue(())
    }
}
