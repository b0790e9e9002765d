//! Task of a worker: maps lines that the parent sends.

use crate::count::{Mapper, Partial, Plan};
use crate::exec::LineRange;
use crate::input::{Buffer, Origin};
use crate::pool::{self, Bisect, FrameError, Payload, Task, TaskError, Wire};
use crate::spill::{MapRules, Run, map_spilling};

/// Task: maps a batch of lines.
pub(in crate::exec) struct MapChunk;

impl Task for MapChunk {
    const NAME: &'static str = "map-lines";
    type Input = LineBatch;
    type Output = MappedBatch;
    const BISECT: Option<Bisect<Self>> = Some(Bisect { split: LineBatch::split, join: MappedBatch::join });

    fn run(lines: LineBatch) -> Result<MappedBatch, TaskError> {
        if let Some(rule) = pool::content_rule()
            && contains_token(lines.bytes(), rule.word())
        {
            rule.trigger();
        }
        let mapper = pool::worker_state(|plan: Plan| Mapper::new(&plan))?;
        let Origin { file, format, .. } = lines.range.origin;
        let (partial, runs) =
            map_spilling(&mapper, file, format, lines.bytes(), &lines.rules).map_err(TaskError::new)?;
        Ok(MappedBatch { range: lines.range, partial, runs })
    }

    fn items(lines: &LineBatch) -> u64 {
        lines.range.lines
    }
}

/// Whether an n-gram is among the lines, as a field of its own or as a word between blanks: for injected faults that are
/// bound to an n-gram.
pub(super) fn contains_token(lines: &[u8], ngram: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    memchr::memmem::find_iter(lines, ngram).any(|at| {
        blank(at.checked_sub(1).and_then(|before| lines.get(before))) && blank(lines.get(at + ngram.len()))
    })
}

/// Batch of lines on its way to a worker: a chunk, or a part of one. The bytes are not copied on the way: they
/// leave from the reader's buffer, and are mapped in the buffer in which they arrive.
#[derive(Debug)]
pub(in crate::exec) struct LineBatch {
    pub(super) range: LineRange,
    rules: MapRules,
    buffer: Buffer,
    /// Where the lines begin in the buffer. In a worker the range of lines precedes them.
    start: usize,
}

impl Wire for LineBatch {
    fn to_wire(self) -> Result<Payload, FrameError> {
        debug_assert_eq!(self.start, 0, "only a parent sends lines, and its buffer holds nothing else");
        Payload::with_bulk(&(self.range, self.rules), self.buffer)
    }

    fn from_wire(bytes: Vec<u8>) -> Result<Self, FrameError> {
        let ((range, rules), start) = pool::decode_with_bulk(&bytes)?;
        Ok(LineBatch { range, rules, buffer: Buffer::from(bytes), start })
    }
}

impl LineBatch {
    pub(super) fn new(range: LineRange, rules: MapRules, buffer: Buffer) -> Self {
        Self { range, rules, buffer, start: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Splits the batch at the line end next to the middle, for bisection.
    fn split(self) -> Option<(LineBatch, LineBatch)> {
        let LineRange { chunk, origin, lines } = self.range;
        let bytes = self.bytes();
        let middle = bytes.len() / 2;
        let cut = memchr::memchr(b'\n', &bytes[middle..]).map(|at| middle + at + 1);
        let cut = cut.filter(|&cut| cut < bytes.len());
        let cut = cut.or_else(|| memchr::memrchr(b'\n', &bytes[..middle]).map(|at| at + 1))?;
        let (left, right) = bytes.split_at(cut);
        let before = memchr::memchr_iter(b'\n', left).count() as u64;
        let behind =
            Origin { first_line: origin.first_line + before, offset: origin.offset + cut as u64, ..origin };
        let part = |origin, lines, bytes: &[u8]| {
            LineBatch::new(
                LineRange { chunk, origin, lines },
                self.rules.clone(),
                Buffer::from(bytes.to_vec()),
            )
        };
        Some((part(origin, before, left), part(behind, lines - before, right)))
    }
}

/// Partial count of a batch.
#[derive(Debug)]
pub(in crate::exec) struct MappedBatch {
    pub(super) range: LineRange,
    pub(super) partial: Partial,
    /// What of it was written to runs.
    pub(super) runs: Vec<Run>,
}

impl Wire for MappedBatch {
    fn to_wire(mut self) -> Result<Payload, FrameError> {
        let keys = self.partial.take_keys();
        Payload::with_bulk(&(self.range, self.partial, self.runs), keys)
    }

    fn from_wire(mut bytes: Vec<u8>) -> Result<Self, FrameError> {
        let ((range, mut partial, runs), start): ((LineRange, Partial, Vec<Run>), usize) =
            pool::decode_with_bulk(&bytes)?;
        bytes.drain(..start);
        partial.set_keys(bytes);
        Ok(MappedBatch { range, partial, runs })
    }
}

impl MappedBatch {
    fn join(mut left: MappedBatch, right: MappedBatch) -> MappedBatch {
        let lines = right.range.origin.first_line - left.range.origin.first_line;
        left.runs.extend(right.runs);
        MappedBatch { partial: left.partial.append(right.partial, lines), ..left }
    }
}
