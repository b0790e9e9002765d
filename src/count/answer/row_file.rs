//! Sorted rows in files, for an answer that is too large for memory.
//!
//! The rows are in parts, each the rows of one range of n-grams in the order of the answer. A part is a list of blocks with a
//! checksum. Rows that are sorted by n-gram are those of one part after another; rows that are sorted by number are taken from
//! all parts, and among equal numbers part by part.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::row::{Row, Value, Values};
use super::row_store::{RowRef, RowStore, RowValues};
use super::sort::SortNumber;
use crate::count::encoding::{MAX_SUMS, YearRows, varint};
use crate::count::ngram_table::KeyArena;

/// Files from which blocks of rows can be read.
pub(crate) trait RowBlocks: std::fmt::Debug + Send + Sync {
    /// Fills `block` from a file of that number.
    fn read(&self, file: u32, offset: u64, block: &mut [u8]) -> io::Result<()>;
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
    /// Whether all n-grams are UTF-8.
    pub is_utf8: bool,
}

/// The rows of an answer in files.
#[derive(Debug)]
pub(crate) struct RowFiles {
    pub blocks: Box<dyn RowBlocks>,
    /// In the order of their n-grams.
    pub parts: Vec<RowPart>,
    pub layout: RowLayout,
    /// All rows, once they were asked for in memory.
    pub loaded: OnceLock<RowStore>,
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

impl RowFiles {
    /// Calls `visit` with the first `len` rows.
    pub(super) fn for_each_row<E: From<io::Error>>(
        &self,
        len: usize,
        mut visit: impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = len;
        if !self.layout.by_number {
            for part in &self.parts {
                let mut cursor = PartCursor::open(self, part)?;
                while left > 0 && cursor.has_row {
                    left -= cursor.visit(self.layout, left, &mut visit)?;
                    cursor.advance(self)?;
                }
            }
            return if left == 0 { Ok(()) } else { Err(damaged().into()) };
        }
        let mut cursors = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            cursors.push(PartCursor::open(self, part)?);
        }
        // The parts by the rank of their next rows. Among equal numbers all rows of a part come before those of the next one.
        let entry = |index: usize, cursor: &PartCursor<'_>| Reverse((cursor.rank, index));
        let with_rows = cursors.iter().enumerate().filter(|(_, cursor)| cursor.has_row);
        let mut parts: BinaryHeap<_> = with_rows.map(|(index, cursor)| entry(index, cursor)).collect();
        while left > 0 {
            let Some(Reverse((rank, index))) = parts.pop() else { return Err(damaged().into()) };
            let cursor = &mut cursors[index];
            while left > 0 && cursor.has_row && cursor.rank == rank {
                left -= cursor.visit(self.layout, left, &mut visit)?;
                cursor.advance(self)?;
            }
            if cursor.has_row {
                parts.push(entry(index, cursor));
            }
        }
        Ok(())
    }

    /// All rows in memory.
    pub(super) fn load(&self, len: usize) -> io::Result<&RowStore> {
        if let Some(store) = self.loaded.get() {
            return Ok(store);
        }
        let (mut keys, mut rows, mut years) = (KeyArena::default(), Vec::new(), Vec::new());
        let (mut integers, mut reals) = (Vec::new(), Vec::new());
        self.for_each_row(len, |row| {
            let slot = u32::try_from(rows.len()).map_err(io::Error::other)?;
            rows.push(RowRef { slot, index: slot });
            keys.push(row.ngram);
            years.extend(row.year);
            for value in row.values.iter() {
                match value {
                    Value::Integer(number) => integers.push(number),
                    Value::Real(number) => reals.push(number),
                }
            }
            io::Result::Ok(())
        })?;
        let values = if self.layout.real { RowValues::Reals(reals) } else { RowValues::Integers(integers) };
        let store = RowStore { keys, rows, years, values, width: self.layout.width };
        Ok(self.loaded.get_or_init(|| store))
    }
}

/// Reads the rows of one part.
struct PartCursor<'f> {
    part: &'f RowPart,
    /// Blocks that were read.
    read: usize,
    block: Vec<u8>,
    /// Where the rest of the block begins.
    at: usize,
    /// The current row: whether there is one, its n-gram, what is behind it, and its place in the order.
    has_row: bool,
    ngram: Range<usize>,
    year: Option<u32>,
    /// Integers, or the bits of reals.
    numbers: [u64; MAX_SUMS],
    years: Range<usize>,
    rank: u64,
}

impl<'f> PartCursor<'f> {
    fn open(files: &RowFiles, part: &'f RowPart) -> io::Result<Self> {
        let mut cursor = Self {
            part,
            read: 0,
            block: Vec::new(),
            at: 0,
            has_row: true,
            ngram: 0..0,
            year: None,
            numbers: [0; MAX_SUMS],
            years: 0..0,
            rank: 0,
        };
        cursor.advance(files)?;
        Ok(cursor)
    }

    /// Calls `visit` with the current row, or with the rows of its n-gram if they are stored together, at most `most`. Gives their
    /// number.
    #[inline]
    fn visit<E>(
        &self,
        layout: RowLayout,
        most: usize,
        visit: &mut impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let ngram = &self.block[self.ngram.clone()];
        let numbers = &self.numbers[..layout.width];
        if layout.years != RowYears::Encoded {
            let values = if layout.real { Values::of_real_bits(numbers) } else { Values::integers(numbers) };
            return visit(Row { file: None, ngram, year: self.year, values }).map(|()| 1);
        }
        let mut rows = 0;
        for (year, sums) in YearRows::new(&self.block[self.years.clone()], layout.width).take(most) {
            rows += 1;
            visit(Row {
                file: None,
                ngram,
                year: Some(year),
                values: Values::integers(&sums[..layout.width]),
            })?;
        }
        Ok(rows)
    }

    /// Moves on to the next row.
    #[inline]
    fn advance(&mut self, files: &RowFiles) -> io::Result<()> {
        if self.at == self.block.len() && !self.next_block(files)? {
            self.has_row = false;
            return Ok(());
        }
        self.decode(files.layout).ok_or_else(damaged)
    }

    #[inline(always)]
    fn decode(&mut self, layout: RowLayout) -> Option<()> {
        let mut rest = &self.block[self.at..];
        let len = varint::decode(&mut rest)? as usize;
        let begin = self.block.len() - rest.len();
        self.ngram = begin..begin.checked_add(len)?;
        rest = rest.get(len..)?;
        match layout.years {
            RowYears::Each => self.year = Some(varint::decode(&mut rest)? as u32),
            RowYears::None => {}
            RowYears::Encoded => {
                let len = varint::decode(&mut rest)? as usize;
                let begin = self.block.len() - rest.len();
                self.years = begin..begin.checked_add(len)?;
                rest = rest.get(len..)?;
                self.at = self.block.len() - rest.len();
                return Some(());
            }
        }
        for number in &mut self.numbers[..layout.width] {
            *number = match layout.real {
                false => varint::decode(&mut rest)?,
                true => {
                    let (bytes, behind) = rest.split_first_chunk::<8>()?;
                    rest = behind;
                    u64::from_le_bytes(*bytes)
                }
            };
        }
        self.rank = match layout.real {
            false => self.numbers[0].descending(),
            true => f64::from_bits(self.numbers[0]).descending(),
        };
        self.at = self.block.len() - rest.len();
        Some(())
    }

    #[cold]
    fn next_block(&mut self, files: &RowFiles) -> io::Result<bool> {
        let Some(&(offset, len)) = self.part.blocks.get(self.read) else {
            self.block = Vec::new();
            self.at = 0;
            return Ok(false);
        };
        self.read += 1;
        self.block.resize(len as usize, 0);
        files.blocks.read(self.part.file, offset, &mut self.block)?;
        let intact = self
            .block
            .split_first_chunk::<CHECKSUM>()
            .is_some_and(|(checksum, rows)| u32::from_le_bytes(*checksum) == crc32fast::hash(rows));
        self.at = CHECKSUM;
        if intact && self.block.len() > CHECKSUM { Ok(true) } else { Err(damaged()) }
    }
}

fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "rows of the answer in a temporary file are not what was written",
    )
}
