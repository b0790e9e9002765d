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
    /// Blocks that are not appended yet have an offset in the buffer.
    buffered: usize,
}

impl<'t> RunWriter<'t> {
    pub fn create(target: &'t SpillTarget) -> Result<Self, SpillError> {
        Ok(Self {
            file: AppendFile::open(target)?,
            run: Run { file: target.number(), ..Run::default() },
            block: BlockEncoder::default(),
            last: Vec::new(),
            low: Vec::new(),
            buffered: 0,
        })
    }

    /// Adds an n-gram, greater than all before.
    #[inline]
    pub fn push(&mut self, ngram: &[u8], sums: NgramSums<'_>) -> Result<(), SpillError> {
        let shared = common_prefix(&self.last, ngram);
        if self.block.is_empty() {
            self.low.clear();
            let is_first = self.run.blocks.is_empty();
            self.low.extend_from_slice(&ngram[..if is_first { 0 } else { ngram.len().min(shared + 1) }]);
            self.block.push(ngram, 0, sums);
        } else {
            self.block.push(ngram, shared, sums);
        }
        self.last.truncate(shared);
        self.last.extend_from_slice(&ngram[shared..]);
        if self.block.is_full() { self.end_block() } else { Ok(()) }
    }

    /// Notes that the run has these years.
    pub fn add_years(&mut self, first: u32, last: u32) {
        let (from, to) = self.run.years.unwrap_or((first, last));
        self.run.years = Some((from.min(first), to.max(last)));
    }

    fn end_block(&mut self) -> Result<(), SpillError> {
        let (ngrams, decoded) = (self.block.ngrams, self.block.decoded);
        let bytes = self.block.finish();
        let len = bytes.len() as u32;
        let (offset, is_due) = self.file.push(bytes);
        self.block.clear();
        self.run.blocks.push(BlockEntry { low: std::mem::take(&mut self.low), offset, len, ngrams, decoded });
        self.buffered += 1;
        if is_due { self.append() } else { Ok(()) }
    }

    fn append(&mut self) -> Result<(), SpillError> {
        let begin = self.file.append()?.offset;
        let first = self.run.blocks.len() - self.buffered;
        self.run.blocks[first..].iter_mut().for_each(|block| block.offset += begin);
        self.buffered = 0;
        Ok(())
    }

    /// Writes the rest, and gives the description of the run.
    pub fn finish(mut self) -> Result<Run, SpillError> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        if self.buffered > 0 {
            self.append()?;
        }
        Ok(self.run)
    }
}
