//! Arena of n-grams: all keys end to end in one buffer.

use std::ops::Range;

/// N-grams by their slots, the numbers from 0 in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyArena {
    pub bytes: Vec<u8>,
    /// The end of each key in `bytes`; a key begins at the end of the one before it.
    pub ends: Vec<usize>,
}

impl KeyArena {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }

    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> &[u8] {
        &self.bytes[self.range(slot)]
    }

    #[inline(always)]
    pub(crate) fn range(&self, slot: u32) -> Range<usize> {
        let slot = slot as usize;
        let start = if slot == 0 { 0 } else { self.ends[slot - 1] };
        start..self.ends[slot]
    }

    /// The length of each key.
    pub(crate) fn lengths(&self) -> Vec<u32> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| (end - start) as u32).collect()
    }
}
