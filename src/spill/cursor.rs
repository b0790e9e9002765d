//! Cursor over the n-grams of a run, or of a range of it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::vec;

use super::block::{HEADER, is_intact};
use super::error::SpillError;
use super::run::{BlockEntry, Run};
use super::store::SpillTarget;
use crate::count::{MAX_SUMS, NgramSums, common_prefix, varint};

/// Reads the n-grams of a run one after another.
pub(super) struct Cursor<'f> {
    target: &'f SpillTarget,
    file: &'f File,
    blocks: vec::IntoIter<BlockEntry>,
    /// N-grams at this one and behind do not belong to the range.
    high: Option<Vec<u8>>,
    width: usize,
    by_year: bool,
    block: Vec<u8>,
    offset: u64,
    /// The rest of the block begins here.
    at: usize,
    key: Vec<u8>,
    shared: usize,
    sums: [u64; MAX_SUMS],
    /// Where the rows of the n-gram are in the block, in a count by year.
    rows: std::ops::Range<usize>,
}

impl<'f> Cursor<'f> {
    /// A cursor before the first n-gram of `run` that is not below `low`. `run` is in `file`, of which `target` tells the name.
    /// The first n-gram shares nothing with the one before.
    pub fn open(
        target: &'f SpillTarget,
        file: &'f File,
        run: Run,
        low: &[u8],
        high: Option<&[u8]>,
        width: usize,
        by_year: bool,
    ) -> Result<Option<Self>, SpillError> {
        let mut cursor = Self {
            target,
            file,
            blocks: run.blocks.into_iter(),
            high: high.map(<[u8]>::to_vec),
            width,
            by_year,
            block: Vec::new(),
            offset: 0,
            at: 0,
            key: Vec::new(),
            shared: 0,
            sums: [0; MAX_SUMS],
            rows: 0..0,
        };
        while cursor.advance()? {
            if *cursor.key >= *low {
                cursor.shared = 0;
                return Ok(Some(cursor));
            }
        }
        Ok(None)
    }

    /// The current n-gram.
    #[inline(always)]
    pub fn ngram(&self) -> &[u8] {
        &self.key
    }

    /// The number of bytes that it shares with the one before.
    #[inline(always)]
    pub fn shared(&self) -> usize {
        self.shared
    }

    /// Its sums.
    #[inline(always)]
    pub fn sums(&self) -> NgramSums<'_> {
        match self.by_year {
            false => NgramSums::AllYears(&self.sums[..self.width]),
            true => NgramSums::ByYear(&self.block[self.rows.clone()]),
        }
    }

    /// Whether the current n-gram is the last one of its block.
    pub fn is_at_end_of_block(&self) -> bool {
        self.at == self.block.len()
    }

    /// Moves on to the next n-gram; false behind the last one.
    #[inline]
    pub fn advance(&mut self) -> Result<bool, SpillError> {
        if self.is_at_end_of_block() {
            return self.next_block();
        }
        let is_decoded = self.decode();
        if !is_decoded {
            return Err(self.damaged());
        }
        Ok(!self.is_behind_range())
    }

    /// Only the last block can hold n-grams behind the range.
    #[inline(always)]
    fn is_behind_range(&self) -> bool {
        self.blocks.as_slice().is_empty() && self.high.as_ref().is_some_and(|high| *self.key >= **high)
    }

    #[inline(always)]
    fn decode(&mut self) -> bool {
        let mut rest = &self.block[self.at..];
        let (Some(shared), Some(len)) = (varint::decode(&mut rest), varint::decode(&mut rest)) else {
            return false;
        };
        let (shared, len) = (shared as usize, len as usize);
        if shared > self.key.len() || len > rest.len() {
            return false;
        }
        let (suffix, behind) = rest.split_at(len);
        rest = behind;
        self.key.truncate(shared);
        self.key.extend_from_slice(suffix);
        self.shared = shared;
        if self.by_year {
            let Some(len) = varint::decode(&mut rest).filter(|&len| len <= rest.len() as u64) else {
                return false;
            };
            let begin = self.block.len() - rest.len();
            self.rows = begin..begin + len as usize;
            self.at = self.rows.end;
        } else {
            for sum in &mut self.sums[..self.width] {
                let Some(number) = varint::decode(&mut rest) else { return false };
                *sum = number;
            }
            self.at = self.block.len() - rest.len();
        }
        true
    }

    #[cold]
    fn next_block(&mut self) -> Result<bool, SpillError> {
        let Some(entry) = self.blocks.next() else { return Ok(false) };
        self.offset = entry.offset;
        self.block.resize(entry.len as usize, 0);
        self.file
            .read_exact_at(&mut self.block, entry.offset)
            .map_err(|error| SpillError::Read { folder: self.target.folder(), error })?;
        if !is_intact(&self.block) {
            return Err(self.damaged());
        }
        self.at = HEADER;
        let before = std::mem::take(&mut self.key);
        if self.at == self.block.len() || !self.decode() {
            return Err(self.damaged());
        }
        self.shared = common_prefix(&before, &self.key);
        Ok(!self.is_behind_range())
    }

    fn damaged(&self) -> SpillError {
        SpillError::Damaged { folder: self.target.folder(), offset: self.offset }
    }
}
