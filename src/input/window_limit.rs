//! Limit of what a decoder may keep of the unpacked bytes.

use serde::{Deserialize, Serialize};

/// Largest window, or dictionary, with which a file may have been packed: who unpacks it keeps that much of it in memory.
///
/// ```
/// use ngramcount::input::WindowLimit;
/// assert_eq!(WindowLimit::new(64 << 20).bytes(), 64 << 20);
/// assert_eq!(WindowLimit::default(), WindowLimit::new(u64::MAX));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowLimit(u64);

impl WindowLimit {
    /// What `zstd --long=31` makes, and more than `xz -9` does: 2 GiB.
    pub const LARGEST: u64 = 2 << 30;

    /// This number of bytes, or [`LARGEST`](Self::LARGEST) if that is less.
    pub fn new(bytes: u64) -> Self {
        WindowLimit(bytes.min(Self::LARGEST))
    }

    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for WindowLimit {
    fn default() -> Self {
        WindowLimit(Self::LARGEST)
    }
}
