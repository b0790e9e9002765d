//! Lines that were made and are still to be read.

/// The lines of documents between the code that makes them and the one that reads them in pieces of any size.
#[derive(Default)]
pub(super) struct PendingLines {
    bytes: Vec<u8>,
    /// `bytes[start..]` are still to be read.
    start: usize,
}

impl PendingLines {
    /// Whether all was read.
    pub(super) fn are_read(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Forgets what was read, and gives the buffer for more. Called when all was read.
    pub(super) fn refill(&mut self) -> &mut Vec<u8> {
        debug_assert!(self.are_read());
        self.bytes.clear();
        self.start = 0;
        &mut self.bytes
    }

    /// Moves as many bytes as there are, or as fit, and gives their number.
    pub(super) fn read(&mut self, into: &mut [u8]) -> usize {
        let count = into.len().min(self.bytes.len() - self.start);
        into[..count].copy_from_slice(&self.bytes[self.start..][..count]);
        self.start += count;
        count
    }
}
