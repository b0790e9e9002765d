//! Tables of an index: spans, seek points, and the bounds of the n-grams in each span.

use serde::{Deserialize, Serialize};

use super::filter;
use super::identity::Identity;
use crate::input::codec::WINDOW_BYTES;
use crate::record::Format;

/// Longest n-gram that a table holds. The bounds of a span with a longer one are unknown.
pub(super) const LONGEST_KEY: usize = 4096;

/// What an index says of its whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub identity: Identity,
    /// The file is gzip; otherwise it is plain.
    pub gzip: bool,
    pub format: Format,
    /// The format was not detected: a count that detects it may find another one.
    pub format_was_named: bool,
    /// A line is not in the format.
    pub malformed: bool,
    /// No span has an n-gram that is smaller than one of a span before it.
    pub in_order: bool,
    /// Bytes after unpacking.
    pub unpacked: u64,
    /// Lines, without the skipped ones.
    pub lines: u64,
    /// Bytes at the beginning that belong to no line, such as a byte order mark or a line of headings.
    pub skip: u64,
    pub skipped_lines: u64,
    /// The smallest and the largest n-gram, if all are known.
    pub bounds: Option<(Vec<u8>, Vec<u8>)>,
}

/// Span: some whole lines of a file. The spans follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Offset of its first byte, unpacked.
    pub start: u64,
    /// The number of its first line in the file, where the first is 1.
    pub first_line: u64,
    /// CRC-32 of its unpacked bytes.
    pub crc: u32,
    /// A line is not in the format.
    pub malformed: bool,
    /// The bounds of its n-grams are not known.
    pub unbounded: bool,
    /// Where the bounds are in [`Tables::keys`], one behind the other, and how long they are.
    pub keys: u64,
    pub smallest: u32,
    pub largest: u32,
}

/// Seek point, with a reference to its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PointEntry {
    /// Offset in the unpacked bytes.
    pub unpacked: u64,
    /// Offset in the file, in bits.
    pub bit: u64,
    /// Offset among the windows, and length there.
    pub window: u64,
    pub packed: u32,
    /// Length of the window when it is unpacked.
    pub length: u32,
    /// CRC-32 of the packed window.
    pub crc: u32,
}

/// Longest span, unpacked: a quarter of the largest distance of seek points, a line of the largest size, and more.
const LONGEST_SPAN: u64 = 128 << 20;

/// The tables of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tables {
    pub spans: Vec<Span>,
    pub points: Vec<PointEntry>,
    /// The bounds of all spans.
    pub keys: Vec<u8>,
    /// Filters of n-grams; none if the spans are in order.
    pub filters: Vec<FilterEntry>,
    pub filter_bytes: Vec<u8>,
}

/// Filter of the n-grams in the spans from one on, up to the first span of the next filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FilterEntry {
    /// The first of the spans.
    pub first_span: u32,
    /// Offset in [`Tables::filter_bytes`], and length there.
    pub start: u64,
    pub length: u32,
}

impl Tables {
    /// The smallest and the largest n-gram of a span, if they are known.
    pub fn bounds(&self, span: &Span) -> Option<(&[u8], &[u8])> {
        if span.unbounded {
            return None;
        }
        let start = usize::try_from(span.keys).ok()?;
        let middle = start.checked_add(span.smallest as usize)?;
        let end = middle.checked_add(span.largest as usize)?;
        Some((self.keys.get(start..middle)?, self.keys.get(middle..end)?))
    }

    /// Whether a span may hold an n-gram with one of these hashes.
    pub fn may_hold(&self, span: usize, hashes: &[u64]) -> bool {
        let next = self.filters.partition_point(|filter| filter.first_span as usize <= span);
        let Some(filter) = next.checked_sub(1).map(|filter| self.filters[filter]) else { return true };
        let start = usize::try_from(filter.start).unwrap_or(usize::MAX);
        let bytes = self.filter_bytes.get(start..start.saturating_add(filter.length as usize));
        bytes.is_none_or(|bytes| filter::may_hold(bytes, hashes))
    }

    /// The end of a span, unpacked, and the number of the first line behind it.
    pub fn end(&self, span: usize, head: &Head) -> (u64, u64) {
        match self.spans.get(span + 1) {
            Some(next) => (next.start, next.first_line),
            None => (head.unpacked, head.skipped_lines + head.lines + 1),
        }
    }

    /// The seek point from which a span is reached.
    pub fn point_before(&self, span: usize) -> Option<usize> {
        let start = self.spans.get(span)?.start;
        self.points.partition_point(|point| point.unpacked <= start).checked_sub(1)
    }

    /// Drops what is needed only to find out which spans are read.
    pub fn forget_ngrams(&mut self) {
        (self.keys, self.filters, self.filter_bytes) = Default::default();
    }

    /// Whether all that the tables say fits together, so that no offset in them leads astray.
    pub fn fit(&self, head: &Head, windows: u64) -> bool {
        let Head { unpacked, lines, skip, skipped_lines, gzip, identity, .. } = head;
        let first = self.spans.first();
        let spans = self.spans.windows(2).all(|pair| {
            let [span, next] = pair else { return false };
            span.start < next.start && span.first_line < next.first_line
        });
        let sizes = (0..self.spans.len())
            .all(|span| self.end(span, head).0.saturating_sub(self.spans[span].start) <= LONGEST_SPAN);
        let last = self.spans.last().is_none_or(|last| {
            last.start < *unpacked && last.first_line < skipped_lines.saturating_add(*lines).saturating_add(1)
        });
        let begins = first.is_none_or(|first| {
            first.start == *skip && Some(first.first_line) == skipped_lines.checked_add(1)
        });
        let keys = self.spans.iter().all(|span| {
            let short = |length| length as usize <= LONGEST_KEY;
            span.unbounded || self.bounds(span).is_some() && short(span.smallest) && short(span.largest)
        });
        let ordered = self.points.windows(2).all(|pair| {
            let [point, next] = pair else { return false };
            point.unpacked < next.unpacked && point.bit < next.bit
        });
        let points = self.points.iter().all(|point| {
            point.length as usize <= WINDOW_BYTES
                && point.packed as usize <= 2 * WINDOW_BYTES
                && point.window.checked_add(point.packed.into()).is_some_and(|end| end <= windows)
                && point.bit / 8 < identity.size
                && point.unpacked <= *unpacked
        });
        let reachable = first.is_none() || !gzip || self.point_before(0).is_some();
        spans && sizes && last && begins && keys && ordered && points && reachable
    }
}
