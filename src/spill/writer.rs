//! Writer of a run.

use super::append_file::AppendFile;
use super::block::BlockEncoder;
use super::error::SpillError;
use super::run::{BlockEntry, Run};
use super::store::SpillTarget;
use crate::count::{NgramSums, common_prefix};

/// Writes a run: n-grams in the order of their bytes.
pub(super) struct RunWriter<'t> {
    file: AppendFile<'t>,
    run: Run,
    block: BlockEncoder,
    /// The last n-gram, and the least bytes that tell this block from the one before.
    last: Vec<u8>,
    low: Vec<u8>,
}

impl<'t> RunWriter<'t> {
    pub fn create(target: &'t SpillTarget) -> Result<Self, SpillError> {
        Ok(Self {
            file: AppendFile::open(target)?,
            run: Run { file: target.number(), ..Run::default() },
            block: BlockEncoder::default(),
            last: Vec::new(),
            low: Vec::new(),
        })
    }

    /// Adds an n-gram, greater than all before.
    #[inline]
    pub fn push(&mut self, ngram: &[u8], sums: NgramSums<'_>) -> Result<(), SpillError> {
        let shared = common_prefix(&self.last, ngram);
        if self.block.is_empty() {
            self.low = self.run.low_of_next_block(ngram, shared);
            self.block.push(ngram, 0, sums);
        } else {
            self.block.push(ngram, shared, sums);
        }
        self.last.truncate(shared);
        self.last.extend_from_slice(&ngram[shared..]);
        if self.block.is_full() { self.end_block() } else { Ok(()) }
    }

    /// Notes the years of the sums of an n-gram.
    #[inline]
    pub fn add_years(&mut self, sums: NgramSums<'_>, width: usize) {
        self.run.add_years(sums, width);
    }

    fn end_block(&mut self) -> Result<(), SpillError> {
        let (ngrams, decoded) = (self.block.ngrams, self.block.decoded);
        let bytes = self.block.finish();
        let (len, low) = (bytes.len() as u32, std::mem::take(&mut self.low));
        self.file.push(bytes)?;
        self.block.clear();
        self.run.blocks.push(BlockEntry { low, offset: 0, len, ngrams, decoded });
        Ok(())
    }

    /// Writes the rest, and gives the description of the run.
    pub fn finish(mut self) -> Result<Run, SpillError> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        for (block, offset) in self.run.blocks.iter_mut().zip(self.file.finish()?) {
            block.offset = offset;
        }
        Ok(self.run)
    }
}
