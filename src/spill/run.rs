//! Description of a run: where its blocks are, and which n-grams each may hold.

use serde::{Deserialize, Serialize};

use crate::count::{NgramSums, YearRows};

/// Run: n-grams and their sums, sorted by the bytes of the n-grams, each n-gram once. This is its table of contents; the blocks
/// are in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The number of the file.
    pub(super) file: u32,
    /// The blocks in the order of their n-grams.
    pub(super) blocks: Vec<BlockEntry>,
    /// The first and the last year in the run; none in a count over all years.
    pub(super) years: Option<(u32, u32)>,
}

/// Position of a block, and the least n-gram that may be in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BlockEntry {
    /// Bytes that are greater than all n-grams of the blocks before, and at most as great as those of this block: the shortest
    /// such bytes, so that the table of contents stays small.
    #[serde(with = "serde_bytes")]
    pub low: Vec<u8>,
    pub offset: u64,
    pub len: u32,
    /// N-grams in the block.
    pub ngrams: u32,
    /// Bytes that these and their sums take when they are decoded.
    pub decoded: u64,
}

impl Run {
    /// The number of n-grams.
    pub fn ngrams(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.ngrams)).sum()
    }

    /// The bytes of its blocks.
    pub fn bytes(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.len)).sum()
    }

    /// The bytes that its n-grams and their sums take when they are decoded.
    pub(super) fn decoded(&self) -> u64 {
        self.blocks.iter().map(|block| block.decoded).sum()
    }

    /// Offset and length of the parts of the file in which its blocks follow each other.
    pub(super) fn extents(&self) -> Vec<(u64, u64)> {
        let mut extents: Vec<(u64, u64)> = Vec::new();
        for block in &self.blocks {
            match extents.last_mut() {
                Some((offset, len)) if *offset + *len == block.offset => *len += u64::from(block.len),
                _ => extents.push((block.offset, block.len.into())),
            }
        }
        extents
    }

    /// The least bytes that tell the next block from those before it; it begins with `ngram`, which shares its first `shared`
    /// bytes with the last n-gram before.
    pub(super) fn low_of_next_block(&self, ngram: &[u8], shared: usize) -> Vec<u8> {
        if self.blocks.is_empty() { Vec::new() } else { ngram[..ngram.len().min(shared + 1)].to_vec() }
    }

    /// Notes the years of the sums of an n-gram; none in a count over all years.
    #[inline]
    pub(super) fn add_years(&mut self, sums: NgramSums<'_>, width: usize) {
        let NgramSums::ByYear(rows) = sums else { return };
        for (year, _) in YearRows::new(rows, width) {
            let (first, last) = self.years.unwrap_or((year, year));
            self.years = Some((first.min(year), last.max(year)));
        }
    }

    /// The part of the run that may hold n-grams from `low` on and below `high`; none if there is no such block.
    pub(super) fn part(&self, low: &[u8], high: Option<&[u8]>) -> Option<Run> {
        let begin = self.blocks.partition_point(|block| *block.low <= *low).saturating_sub(1);
        let end =
            high.map_or(self.blocks.len(), |high| self.blocks.partition_point(|block| *block.low < *high));
        let blocks = self.blocks.get(begin..end).filter(|blocks| !blocks.is_empty())?.to_vec();
        Some(Run { file: self.file, blocks, years: self.years })
    }
}
