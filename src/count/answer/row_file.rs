//! Sorted rows in files, for an answer that is too large for memory.
//!
//! The rows are in parts, each the rows of one range of n-grams in the order of the answer. A part is a list of blocks with a
//! checksum. Rows that are sorted by n-gram are those of one part after another; rows that are sorted by number are taken from
//! all parts, and among equal numbers part by part.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::row::{Row, Values};
use super::row_store::{RowStore, RowValues};
use super::sort::SortNumber;
use crate::count::encoding::{MAX_SUMS, varint};

/// Bytes of a file that holds rows.
pub(crate) trait RowBytes: fmt::Debug + Send + Sync {
    /// All bytes of the file.
    fn bytes(&self) -> &[u8];

    /// Tells that bytes were read and need not stay in memory. They can still be read.
    fn release(&self, offset: u64, len: u64);
}

/// A part of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowPart {
    /// The number of the file.
    pub file: u32,
    /// Its blocks: the offset and the length of each.
    pub blocks: Vec<(u64, u32)>,
    /// The number of rows.
    pub rows: u64,
    /// Whether an n-gram has a tab or a line end.
    pub has_separator: bool,
}

/// The rows of an answer in files.
#[derive(Debug)]
pub(crate) struct RowFiles {
    pub files: Vec<Box<dyn RowBytes>>,
    /// In the order of their n-grams.
    pub parts: Vec<RowPart>,
    pub layout: RowLayout,
    /// Whether a block was read that is not what was written.
    pub damaged: AtomicBool,
}

/// What is stored of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowLayout {
    /// The numbers of a row.
    pub width: usize,
    /// Whether numbers are reals.
    pub real: bool,
    /// Whether each row is of one year.
    pub years: RowYears,
    /// Whether rows are sorted by their first number, largest first.
    pub by_number: bool,
}

/// How the years of rows are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RowYears {
    /// The rows have no year.
    None,
    /// In each row.
    Each,
    /// The rows of an n-gram are stored together, encoded as [`YearRows`](crate::count::encoding::YearRows).
    Encoded,
}

impl RowLayout {
    /// The layout of no rows.
    pub(crate) const EMPTY: Self = Self { width: 1, real: false, years: RowYears::None, by_number: false };
}

impl RowStore {
    /// How the rows of this store are stored in a file.
    pub(crate) fn layout(&self, by_number: bool) -> RowLayout {
        let years = match &self.values {
            RowValues::ByYear(_) => RowYears::Encoded,
            _ if self.years.is_empty() => RowYears::None,
            _ => RowYears::Each,
        };
        RowLayout { width: self.width, real: matches!(self.values, RowValues::Reals(_)), years, by_number }
    }

    /// Appends the stored form of the rows of a reference.
    pub(crate) fn encode_row(&self, index: usize, bytes: &mut Vec<u8>) {
        let Some(row) = self.get_prefetched(index) else { return };
        let ngram = self.keys.get(row.slot);
        varint::encode(bytes, ngram.len() as u64);
        bytes.extend_from_slice(ngram);
        if let Some(&year) = self.years.get(row.index as usize) {
            varint::encode(bytes, year.into());
        }
        let range = row.index as usize * self.width..(row.index as usize + 1) * self.width;
        match &self.values {
            RowValues::Integers(numbers) => {
                numbers[range].iter().for_each(|&number| varint::encode(bytes, number));
            }
            RowValues::Reals(numbers) => {
                numbers[range].iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
            }
            RowValues::ByYear(store) => {
                let rows = store.get(row.index);
                varint::encode(bytes, rows.len() as u64);
                bytes.extend_from_slice(rows);
            }
        }
    }
}

/// Completes a block: the CRC-32 of its rows comes before them.
pub(crate) fn seal_block(block: &mut [u8]) {
    let checksum = crc32fast::hash(&block[CHECKSUM..]);
    block[..CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
}

/// Bytes of a checksum, which a block begins with.
pub(crate) const CHECKSUM: usize = 4;

/// Reads the rows of all parts in the order of the answer.
pub(super) struct FileCursor<'a> {
    files: &'a RowFiles,
    parts: Vec<PartCursor<'a>>,
    /// The part of the next row.
    part: usize,
}

/// Rows of one part.
struct PartCursor<'a> {
    blocks: std::slice::Iter<'a, (u64, u32)>,
    file: &'a dyn RowBytes,
    /// The block that is read.
    block: (u64, u32),
    rest: &'a [u8],
    next: Option<StoredRow<'a>>,
}

/// A row, or all rows of an n-gram.
#[derive(Clone, Copy)]
pub(super) struct StoredRow<'a> {
    pub row: Row<'a>,
    /// Encoded rows by year.
    pub years: Option<&'a [u8]>,
    /// Ascends in an answer that is sorted by number.
    rank: u64,
}

impl<'a> FileCursor<'a> {
    pub fn new(files: &'a RowFiles) -> Self {
        let part = |part: &'a RowPart| {
            let file = files.files.get(part.file as usize)?;
            let blocks = part.blocks.iter();
            Some(PartCursor { blocks, file: &**file, block: (0, 0), rest: &[], next: None })
        };
        let mut cursor = Self { files, parts: files.parts.iter().filter_map(part).collect(), part: 0 };
        for part in &mut cursor.parts {
            part.advance(files);
        }
        cursor.choose();
        cursor
    }

    /// The next row; `None` at the end, and behind a damaged block.
    #[inline]
    pub fn next(&mut self) -> Option<StoredRow<'a>> {
        let part = self.parts.get_mut(self.part)?;
        let row = part.next?;
        part.advance(self.files);
        let same = part.next.is_some_and(|next| !self.files.layout.by_number || next.rank == row.rank);
        if !same {
            self.choose();
        }
        Some(row)
    }

    /// Chooses the part of the next row: the first one of those with the least rank.
    fn choose(&mut self) {
        let by_number = self.files.layout.by_number;
        let rank = |&(index, part): &(usize, &PartCursor<'_>)| {
            part.next.map(|next| (if by_number { next.rank } else { 0 }, index))
        };
        let first = self.parts.iter().enumerate().filter(|part| rank(part).is_some()).min_by_key(rank);
        self.part = first.map_or(self.parts.len(), |(index, _)| index);
        if self.files.damaged.load(Ordering::Relaxed) {
            self.part = self.parts.len();
        }
    }
}

impl<'a> PartCursor<'a> {
    /// Reads the next row.
    #[inline]
    fn advance(&mut self, files: &RowFiles) {
        if self.rest.is_empty() && !self.next_block(files) {
            self.next = None;
            return;
        }
        self.next = self.decode(files.layout);
        if self.next.is_none() {
            files.damaged.store(true, Ordering::Relaxed);
        }
    }

    #[inline(always)]
    fn decode(&mut self, layout: RowLayout) -> Option<StoredRow<'a>> {
        let len = varint::decode(&mut self.rest)? as usize;
        let (ngram, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        let year = match layout.years {
            RowYears::Each => Some(varint::decode(&mut self.rest)? as u32),
            RowYears::None => None,
            RowYears::Encoded => {
                let len = varint::decode(&mut self.rest)? as usize;
                let (years, rest) = self.rest.split_at_checked(len)?;
                self.rest = rest;
                let row = Row { ngram, year: None, values: Values::integers(&[]) };
                return Some(StoredRow { row, years: Some(years), rank: 0 });
            }
        };
        if layout.real {
            let mut numbers = [0.0; MAX_SUMS];
            for number in &mut numbers[..layout.width] {
                let (bytes, rest) = self.rest.split_first_chunk::<8>()?;
                *number = f64::from_le_bytes(*bytes);
                self.rest = rest;
            }
            let values = Values::reals(&numbers[..layout.width]);
            return Some(StoredRow {
                row: Row { ngram, year, values },
                years: None,
                rank: numbers[0].descending(),
            });
        }
        let mut numbers = [0; MAX_SUMS];
        for number in &mut numbers[..layout.width] {
            *number = varint::decode(&mut self.rest)?;
        }
        let values = Values::integers(&numbers[..layout.width]);
        Some(StoredRow { row: Row { ngram, year, values }, years: None, rank: numbers[0].descending() })
    }

    #[cold]
    fn next_block(&mut self, files: &RowFiles) -> bool {
        let (offset, len) = self.block;
        if len > 0 {
            self.file.release(offset, len.into());
        }
        let Some(&(offset, len)) = self.blocks.next() else { return false };
        self.block = (offset, len);
        let file = self.file;
        let block =
            usize::try_from(offset).ok().and_then(|offset| file.bytes().get(offset..)?.get(..len as usize));
        let intact = block.and_then(|block| {
            let (checksum, rows) = block.split_first_chunk::<CHECKSUM>()?;
            (u32::from_le_bytes(*checksum) == crc32fast::hash(rows)).then_some(rows)
        });
        let Some(rows) = intact else {
            files.damaged.store(true, Ordering::Relaxed);
            return false;
        };
        self.rest = rows;
        !rows.is_empty()
    }
}
