//! Cutter: finds the end of a chunk.

use std::num::NonZeroU64;

use memchr::{memchr, memchr_iter, memrchr};

/// Limits on the size of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lines of a chunk: exactly this number, fewer only at the end of a file or at the limit of `bytes`.
    pub lines: NonZeroU64,
    /// Bytes of a chunk. A chunk that would pass them ends before the line that does; a line that passes them alone is a chunk of its own.
    pub bytes: usize,
    /// Bytes of a line without its LF. A longer line is an error.
    pub line_bytes: usize,
}

impl Limits {
    /// Chunks of `lines` lines with the usual guards: 64 MiB a chunk, 16 MiB a line.
    pub fn lines(lines: NonZeroU64) -> Self {
        Limits { lines, bytes: 64 << 20, line_bytes: 16 << 20 }
    }
}

/// Lines are counted block by block, at the speed of memory, and located individually only in the block where
/// the chunk ends. Finding every line of a 1-gram file (21 bytes) individually costs 17% of the decoder's time in addition.
const BLOCK_BYTES: usize = 4096;

/// Scans the bytes of one chunk as they arrive and finds its end.
pub(in crate::input) struct Cutter {
    limits: Limits,
    /// Whole lines so far.
    pub(in crate::input) lines: u64,
    /// Just behind the last whole line.
    pub(in crate::input) end: usize,
    /// Just behind the last byte that was scanned.
    scanned: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::input) enum Cut {
    /// The chunk is complete; it is the first [`Cutter::end`] bytes.
    Here,
    /// More bytes are wanted.
    NotYet,
    /// The first line is too long.
    LineTooLong,
}

impl Cutter {
    pub(in crate::input) fn new(limits: Limits) -> Self {
        Cutter { limits, lines: 0, end: 0, scanned: 0 }
    }

    /// `bytes` is the chunk from its start: those of the last call, unchanged, and more.
    pub(in crate::input) fn scan(&mut self, bytes: &[u8]) -> Cut {
        // A block is no longer than the longest line allowed, so that of the lines that end in a block only the
        // first can be too long.
        let block_bytes = BLOCK_BYTES.min(self.limits.line_bytes.max(1));
        while self.scanned < bytes.len() {
            let stop = bytes.len().min(self.scanned + block_bytes);
            let block = &bytes[self.scanned..stop];
            let first = memchr(b'\n', block);
            let line_stop = first.map_or(stop, |at| self.scanned + at);
            if line_stop - self.end > self.limits.line_bytes {
                // The lines before it are a chunk, so that what is wrong with them is found first.
                return if self.lines > 0 { Cut::Here } else { Cut::LineTooLong };
            }
            if first.is_some() && self.take_lines(block, stop) == Cut::Here {
                return Cut::Here;
            }
            if self.lines > 0 && stop > self.limits.bytes {
                return Cut::Here;
            }
            self.scanned = stop;
        }
        Cut::NotYet
    }

    /// Takes the lines that end in `block`, as many as the limits allow.
    fn take_lines(&mut self, block: &[u8], stop: usize) -> Cut {
        let count = memchr_iter(b'\n', block).count() as u64;
        if self.lines + count < self.limits.lines.get() && stop <= self.limits.bytes {
            self.lines += count;
            self.end = memrchr(b'\n', block).map_or(self.end, |at| self.scanned + at + 1);
            return Cut::NotYet;
        }
        for at in memchr_iter(b'\n', block) {
            let end = self.scanned + at + 1;
            if self.lines > 0 && end > self.limits.bytes {
                return Cut::Here;
            }
            self.lines += 1;
            self.end = end;
            if self.lines == self.limits.lines.get() {
                return Cut::Here;
            }
        }
        Cut::NotYet
    }

    /// The input ends here: what follows the last LF, if anything, is a line too.
    pub(in crate::input) fn finish(&mut self, len: usize) {
        if self.end < len {
            self.lines += 1;
            self.end = len;
        }
    }
}
