//! Layout of an index file: fixed little-endian fields, as `docs/index.md` describes them.
//!
//! The module turns an [`Index`] into bytes and back. Bytes that are no index, or a damaged one, are refused before any
//! offset in them is used.

use super::fault::{IndexFault, VERSION};
use super::identity::Identity;
use super::tables::{FilterEntry, Head, LONGEST_KEY, PointEntry, Span, Tables};
use crate::record::Format;

const MAGIC: &[u8; 8] = b"ngramidx";

/// Bytes of the head without its two n-grams.
pub(super) const HEAD_BYTES: usize = 128;
const SPAN_BYTES: usize = 40;
const POINT_BYTES: usize = 40;
const FILTER_BYTES: usize = 16;

/// The formats, each at the place of its number in the layout.
const FORMATS: [Format; 6] =
    [Format::Text, Format::V1, Format::V2, Format::V3, Format::Counts, Format::Jsonl];

/// The number of a format. Files in the others are converted, and have no index.
fn format_number(format: Format) -> u8 {
    FORMATS.iter().position(|known| *known == format).unwrap_or(0) as u8
}

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }
}

/// Takes fields from the front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        // Missing bytes read as zeros. There are none: lengths are checked before.
        let Some((field, rest)) = self.0.split_first_chunk() else { return [0; N] };
        self.0 = rest;
        *field
    }

    fn u8(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// The bytes of an index: head, tables, windows.
pub(super) fn encode(head: &Head, tables: &Tables, windows: &[u8]) -> Vec<u8> {
    let body = encode_tables(tables);
    let mut out = Writer(Vec::with_capacity(HEAD_BYTES + body.len() + windows.len()));
    out.0.extend(MAGIC);
    out.u32(VERSION);
    out.u32(0);
    out.u64(head.identity.size);
    out.u64(head.identity.modified.0.cast_unsigned());
    out.u32(head.identity.modified.1);
    out.u32(head.identity.edges.0);
    out.u32(head.identity.edges.1);
    out.u8(u8::from(head.gzip));
    out.u8(format_number(head.format));
    out.u8(u8::from(head.malformed) | u8::from(head.format_was_named) << 1);
    out.u8(u8::from(head.in_order));
    out.u64(head.unpacked);
    out.u64(head.lines);
    out.u64(head.skip);
    out.u64(head.skipped_lines);
    out.u32(tables.spans.len() as u32);
    out.u32(tables.points.len() as u32);
    out.u64(tables.keys.len() as u64);
    out.u64(windows.len() as u64);
    out.u32(crc32fast::hash(&body));
    let bounds = head.bounds.as_ref();
    // Lengths of u32::MAX say that the bounds are not known.
    let length = |key: Option<&Vec<u8>>| key.map_or(u32::MAX, |key| key.len() as u32);
    out.u32(length(bounds.map(|bounds| &bounds.0)));
    out.u32(length(bounds.map(|bounds| &bounds.1)));
    out.u32(tables.filters.len() as u32);
    out.u64(tables.filter_bytes.len() as u64);
    debug_assert_eq!(out.0.len(), HEAD_BYTES);
    if let Some((smallest, largest)) = bounds {
        out.0.extend(smallest);
        out.0.extend(largest);
    }
    let checksum = crc32fast::hash(&out.0[16..]);
    out.0[12..16].copy_from_slice(&checksum.to_le_bytes());
    out.0.extend(body);
    out.0.extend(windows);
    out.0
}

fn encode_tables(tables: &Tables) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    for span in &tables.spans {
        out.u64(span.start);
        out.u64(span.first_line);
        out.u32(span.crc);
        out.u32(u32::from(span.malformed) | u32::from(span.unbounded) << 1);
        out.u64(span.keys);
        out.u32(span.smallest);
        out.u32(span.largest);
    }
    for point in &tables.points {
        out.u64(point.unpacked);
        out.u64(point.bit);
        out.u64(point.window);
        out.u32(point.packed);
        out.u32(point.length);
        out.u32(point.crc);
        out.u32(0);
    }
    for filter in &tables.filters {
        out.u32(filter.first_span);
        out.u32(filter.length);
        out.u64(filter.start);
    }
    out.0.extend(&tables.keys);
    out.0.extend(&tables.filter_bytes);
    out.0
}

/// The head, and what has to be known to read the tables.
#[derive(Debug)]
pub(super) struct DecodedHead {
    pub head: Head,
    spans: usize,
    points: usize,
    filters: usize,
    keys: u64,
    filter_bytes: u64,
    windows: u64,
    tables_crc: u32,
    /// Bytes of the head with its n-grams.
    bytes: usize,
}

impl DecodedHead {
    /// Where the tables begin, and how many bytes they have.
    pub fn tables(&self) -> (u64, usize) {
        let rows = self.spans * SPAN_BYTES + self.points * POINT_BYTES + self.filters * FILTER_BYTES;
        (self.bytes as u64, rows + self.keys as usize + self.filter_bytes as usize)
    }

    pub fn span_count(&self) -> u32 {
        self.spans as u32
    }

    /// Where the windows begin.
    pub fn windows(&self) -> u64 {
        let (start, length) = self.tables();
        start + length as u64
    }
}

/// Reads the head from the beginning of an index file of that size. `start` has [`HEAD_BYTES`] and twice
/// [`LONGEST_KEY`], or the whole file.
pub(super) fn decode_head(start: &[u8], file_size: u64) -> Result<DecodedHead, IndexFault> {
    if start.len() < HEAD_BYTES || !start.starts_with(MAGIC) {
        return Err(IndexFault::NotAnIndex);
    }
    let mut fields = Reader(&start[MAGIC.len()..]);
    let version = fields.u32();
    if version != VERSION {
        return Err(IndexFault::Version(version));
    }
    let checksum = fields.u32();
    let identity = Identity {
        size: fields.u64(),
        modified: (fields.u64().cast_signed(), fields.u32()),
        edges: (fields.u32(), fields.u32()),
    };
    let (gzip, format, flags, in_order) = (fields.u8(), fields.u8(), fields.u8(), fields.u8());
    let (unpacked, lines, skip, skipped_lines) = (fields.u64(), fields.u64(), fields.u64(), fields.u64());
    let (spans, points) = (fields.u32() as usize, fields.u32() as usize);
    let (keys, windows, tables_crc) = (fields.u64(), fields.u64(), fields.u32());
    let (smallest, largest) = (fields.u32(), fields.u32());
    let (filters, filter_bytes) = (fields.u32() as usize, fields.u64());
    let known = smallest != u32::MAX && largest != u32::MAX;
    let lengths = if known { (smallest as usize, largest as usize) } else { (0, 0) };
    if lengths.0 > LONGEST_KEY || lengths.1 > LONGEST_KEY {
        return Err(IndexFault::Damaged);
    }
    let bytes = HEAD_BYTES + lengths.0 + lengths.1;
    if start.len() < bytes || crc32fast::hash(&start[16..bytes]) != checksum {
        return Err(IndexFault::Damaged);
    }
    let (smallest, largest) = start[HEAD_BYTES..bytes].split_at(lengths.0);
    let bounds = known.then(|| (smallest.to_vec(), largest.to_vec()));
    let &format = FORMATS.get(usize::from(format)).ok_or(IndexFault::Damaged)?;
    let whole = (spans as u64 * SPAN_BYTES as u64)
        .checked_add(points as u64 * POINT_BYTES as u64)
        .and_then(|size| size.checked_add(filters as u64 * FILTER_BYTES as u64)?.checked_add(keys))
        .and_then(|size| size.checked_add(filter_bytes)?.checked_add(windows)?.checked_add(bytes as u64));
    if whole != Some(file_size) {
        return Err(IndexFault::Damaged);
    }
    // A line has a byte at least, and so has a span. So the tables of a small file are small.
    let fits = skip <= unpacked
        && skipped_lines <= skip
        && lines <= unpacked - skip
        && spans as u64 <= lines
        && filters as u64 <= spans as u64
        && (gzip != 0 || unpacked == identity.size);
    if !fits {
        return Err(IndexFault::Damaged);
    }
    let head = Head {
        identity,
        gzip: gzip != 0,
        format,
        format_was_named: flags & 2 != 0,
        malformed: flags & 1 != 0,
        in_order: in_order != 0,
        unpacked,
        lines,
        skip,
        skipped_lines,
        bounds,
    };
    Ok(DecodedHead { head, spans, points, filters, keys, filter_bytes, windows, tables_crc, bytes })
}

/// Reads the tables.
pub(super) fn decode_tables(bytes: &[u8], head: &DecodedHead) -> Result<Tables, IndexFault> {
    if bytes.len() != head.tables().1 || crc32fast::hash(bytes) != head.tables_crc {
        return Err(IndexFault::Damaged);
    }
    let (spans, rest) = bytes.split_at(head.spans * SPAN_BYTES);
    let (points, rest) = rest.split_at(head.points * POINT_BYTES);
    let (filters, rest) = rest.split_at(head.filters * FILTER_BYTES);
    let (keys, filter_bytes) = rest.split_at(head.keys as usize);
    let spans = spans.chunks_exact(SPAN_BYTES).map(|span| {
        let mut fields = Reader(span);
        let (start, first_line, crc, flags) = (fields.u64(), fields.u64(), fields.u32(), fields.u32());
        let (keys, smallest, largest) = (fields.u64(), fields.u32(), fields.u32());
        let (malformed, unbounded) = (flags & 1 != 0, flags & 2 != 0);
        Span { start, first_line, crc, malformed, unbounded, keys, smallest, largest }
    });
    let points = points.chunks_exact(POINT_BYTES).map(|point| {
        let mut fields = Reader(point);
        let (unpacked, bit, window) = (fields.u64(), fields.u64(), fields.u64());
        let (packed, length, crc) = (fields.u32(), fields.u32(), fields.u32());
        PointEntry { unpacked, bit, window, packed, length, crc }
    });
    let filters = filters.chunks_exact(FILTER_BYTES).map(|filter| {
        let mut fields = Reader(filter);
        FilterEntry { first_span: fields.u32(), length: fields.u32(), start: fields.u64() }
    });
    let tables = Tables {
        spans: spans.collect(),
        points: points.collect(),
        keys: keys.to_vec(),
        filters: filters.collect(),
        filter_bytes: filter_bytes.to_vec(),
    };
    if tables.fit(&head.head, head.windows) { Ok(tables) } else { Err(IndexFault::Damaged) }
}
