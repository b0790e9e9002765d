//! Run of spans: what a reader needs to know to read some spans of a file that follow each other.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::file_index::{FileIndex, StoredPoint};
use super::tables::{Head, Tables};
use crate::record::Format;

/// Bytes behind the probable end of a run that are fetched with it: less than a request costs.
const MARGIN_BYTES: u64 = 16 << 10;

/// Spans of a file that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct SpanRun {
    pub(in crate::input) format: Format,
    /// Where unpacking begins; `None` in a plain file.
    pub(in crate::input) point: Option<StoredPoint>,
    /// Offset of the first byte, unpacked, and the number of the first line.
    pub(in crate::input) start: u64,
    pub(in crate::input) first_line: u64,
    pub(in crate::input) spans: Vec<RunSpan>,
    /// Bytes of the file that count as read with it.
    pub(in crate::input) stored: u64,
    /// Where it begins in the file, and about where it ends, rather behind that.
    pub(in crate::input) place: (u64, u64),
}

/// A span of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct RunSpan {
    pub(in crate::input) bytes: u64,
    pub(in crate::input) lines: u64,
    pub(in crate::input) crc: u32,
}

impl SpanRun {
    pub(super) fn new(index: &FileIndex, tables: &Tables, spans: Range<usize>) -> Self {
        let head = index.head();
        let first = tables.spans[spans.start];
        let point = tables.point_before(spans.start).filter(|_| head.gzip);
        let point = point.map(|point| index.stored_point(&tables.points[point]));
        let run_spans = spans.clone().map(|span| {
            let (end, next_line) = tables.end(span, head);
            let span = tables.spans[span];
            RunSpan { bytes: end - span.start, lines: next_line - span.first_line, crc: span.crc }
        });
        let end = stored_offset(head, tables, spans.end);
        let start = point.as_ref().map_or(first.start, |point| point.stored());
        // Within a part between two seek points the density of the data may differ from its mean.
        let behind = tables.point_before(spans.end).and_then(|point| tables.points.get(point + 1));
        let behind = behind.map_or(head.identity.size, |next| next.bit.div_ceil(8));
        let needed =
            if head.gzip { behind.min(end + (end - start.min(end)) / 32 + MARGIN_BYTES) } else { end };
        SpanRun {
            format: head.format,
            point,
            start: first.start,
            first_line: first.first_line,
            spans: run_spans.collect(),
            stored: end - stored_offset(head, tables, spans.start),
            place: (start, needed),
        }
    }

    /// Its bytes, unpacked.
    pub(in crate::input) fn bytes(&self) -> u64 {
        self.spans.iter().map(|span| span.bytes).sum()
    }
}

/// About where a span is in the file: its share of the bytes between two seek points.
pub(super) fn stored_offset(head: &Head, tables: &Tables, span: usize) -> u64 {
    let end = (head.identity.size, head.unpacked);
    let Some(start) = tables.spans.get(span).map(|span| span.start) else { return end.0 };
    if !head.gzip {
        return start;
    }
    let point = tables.point_before(span);
    let place = |point: usize| tables.points.get(point).map(|point| (point.bit / 8, point.unpacked));
    let from = point.and_then(place).unwrap_or_default();
    let to = place(point.map_or(0, |point| point + 1)).unwrap_or(end);
    let part = (start.saturating_sub(from.1)) as f64 / (to.1.saturating_sub(from.1)).max(1) as f64;
    from.0 + ((to.0.saturating_sub(from.0)) as f64 * part.min(1.0)) as u64
}
