//! What the reader, the progress bar and the signal handler share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

/// How much has been read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Bytes before unpacking.
    pub stored: u64,
    /// Bytes after unpacking.
    pub unpacked: u64,
    /// Lines.
    pub lines: u64,
}

/// How far the reading has come, and whether it should end early.
///
/// Shared by `Arc`. Every field stands for itself and orders nothing else, so all accesses are relaxed and the whole
/// is safe to use in a signal handler.
#[derive(Debug, Default)]
pub struct Watch {
    above: Option<Arc<Watch>>,
    stopped: AtomicBool,
    abandoned: AtomicBool,
    total: AtomicU64,
    read: AtomicU64,
    unpacked: AtomicU64,
    lines: AtomicU64,
}

impl Watch {
    /// A watch at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// A watch at zero that is stopped when another one is: for one job of several.
    pub fn under(above: &Arc<Watch>) -> Self {
        Self { above: Some(Arc::clone(above)), ..Self::default() }
    }

    /// Asks the reader to end: its next item is [`Stopped`](super::InputError::Stopped), within 100 ms also when it waits for a pipe.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether [`stop`](Self::stop) was called.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Relaxed) || self.above.as_ref().is_some_and(|above| above.stopped())
    }

    /// Size in bytes of all input as it lies on disk; 0 when a part of it has no size to know, as a pipe.
    pub fn total_bytes(&self) -> u64 {
        self.total.load(Relaxed)
    }

    /// Bytes read so far, counted before unpacking.
    pub fn read_bytes(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// Bytes of all chunks so far, counted after unpacking.
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked.load(Relaxed)
    }

    /// Lines of all chunks so far.
    pub fn lines(&self) -> u64 {
        self.lines.load(Relaxed)
    }

    /// All three counters.
    pub fn reading(&self) -> Reading {
        Reading { stored: self.read_bytes(), unpacked: self.unpacked_bytes(), lines: self.lines() }
    }

    /// Counts `after` where `before` was counted, of what somebody else reads.
    pub fn replace(&self, before: Reading, after: Reading) {
        let change = |counter: &AtomicU64, before: u64, after: u64| {
            counter.fetch_add(after.wrapping_sub(before), Relaxed);
        };
        change(&self.read, before.stored, after.stored);
        change(&self.unpacked, before.unpacked, after.unpacked);
        change(&self.lines, before.lines, after.lines);
    }

    /// Nobody takes the chunks any more. Kept apart from [`stop`](Self::stop) so that a job that failed does not
    /// look like one that was interrupted.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Relaxed);
    }

    pub(super) fn should_end(&self) -> bool {
        self.stopped() || self.abandoned.load(Relaxed)
    }

    pub(super) fn set_total(&self, bytes: u64) {
        self.total.store(bytes, Relaxed);
    }

    pub(super) fn add_read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn take_back_read(&self, bytes: usize) {
        self.read.fetch_sub(bytes as u64, Relaxed);
    }

    pub(super) fn add_chunk(&self, bytes: usize, lines: u64) {
        self.unpacked.fetch_add(bytes as u64, Relaxed);
        self.lines.fetch_add(lines, Relaxed);
    }
}
