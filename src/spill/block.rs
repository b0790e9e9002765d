//! Layout of a block: sorted n-grams in front coding, behind a checksum.
//!
//! A block is the length of its contents and their CRC-32, both of four bytes with the least significant first, then the
//! contents. Each n-gram is the number of bytes that it shares with the one before, the number of its other bytes, these bytes,
//! and its sums; numbers are varints. Sums by year are preceded by their length in bytes.

use crate::count::{NgramSums, varint};

/// Bytes before the contents.
pub(super) const HEADER: usize = 8;
/// Bytes after which a block is complete. Each run that is merged has one block in memory, and a range of n-grams begins within
/// a block.
const BLOCK_BYTES: usize = 64 << 10;

/// Encoder of one block.
#[derive(Default)]
pub(super) struct BlockEncoder {
    bytes: Vec<u8>,
    pub ngrams: u32,
    pub decoded: u64,
}

impl BlockEncoder {
    pub fn is_empty(&self) -> bool {
        self.ngrams == 0
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BLOCK_BYTES
    }

    /// Appends an n-gram that shares its first `shared` bytes with the one before. The first one shares none.
    #[inline]
    pub fn push(&mut self, ngram: &[u8], shared: usize, sums: NgramSums<'_>) {
        if self.bytes.is_empty() {
            self.bytes.resize(HEADER, 0);
        }
        varint::encode(&mut self.bytes, shared as u64);
        varint::encode(&mut self.bytes, (ngram.len() - shared) as u64);
        self.bytes.extend_from_slice(&ngram[shared..]);
        match sums {
            NgramSums::AllYears(sums) => sums.iter().for_each(|&sum| varint::encode(&mut self.bytes, sum)),
            NgramSums::ByYear(rows) => {
                varint::encode(&mut self.bytes, rows.len() as u64);
                self.bytes.extend_from_slice(rows);
            }
        }
        self.ngrams += 1;
        self.decoded += (ngram.len() + sums.size()) as u64;
    }

    /// Completes the header and gives the block; the encoder is empty then, when [`clear`](Self::clear) is called.
    pub fn finish(&mut self) -> &[u8] {
        let contents = &self.bytes[HEADER..];
        let (len, checksum) = (contents.len() as u32, crc32fast::hash(contents));
        self.bytes[..4].copy_from_slice(&len.to_le_bytes());
        self.bytes[4..HEADER].copy_from_slice(&checksum.to_le_bytes());
        &self.bytes
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        (self.ngrams, self.decoded) = (0, 0);
    }
}

/// Whether the checksum of a block is that of its contents.
pub(super) fn is_intact(block: &[u8]) -> bool {
    let Some((header, contents)) = block.split_first_chunk::<HEADER>() else { return false };
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    number(0) as usize == contents.len() && number(4) == crc32fast::hash(contents)
}
