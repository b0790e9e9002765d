//! Progress counters and cancellation of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use super::index::BuiltIndexes;
use super::note::Notes;
use super::window_limit::WindowLimit;

/// The progress counters of a run with its cancel token, its notes, the indexes that it built and a limit of memory. Clones
/// share the first four.
///
/// ```
/// use ngramcount::input::Control;
/// let control = Control::new();
/// let of_another_thread = control.clone();
/// of_another_thread.cancel.cancel();
/// assert!(control.cancel.is_cancelled());
/// assert_eq!(control.progress.lines(), 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// How far the reading has come.
    pub progress: Arc<Progress>,
    /// Whether it should end early.
    pub cancel: CancelToken,
    /// Files that changed while they were read, and indexes that were not used.
    pub notes: Notes,
    /// Indexes that were built in passing.
    pub indexes: BuiltIndexes,
    /// How much of what it unpacks a decoder may keep.
    pub window_limit: WindowLimit,
}

impl Control {
    /// Counters at zero, a token that nothing has cancelled, and no notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counters at zero, a token that is cancelled with this one, and the same notes and indexes: for one run of several.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { progress: Arc::default(), cancel: self.cancel.child(), ..self.clone() }
    }

    /// The same, but what is read does not count as progress: it will be read again. What it takes of the network counts.
    #[must_use]
    pub(crate) fn uncounted(&self) -> Self {
        let traffic = Arc::clone(&self.progress.traffic);
        Self { progress: Arc::new(Progress { traffic, ..Progress::default() }), ..self.clone() }
    }
}

/// Cancel token: a flag that asks a run to end early. Clones share the flag.
///
/// The flag orders nothing else, so all accesses are relaxed and safe in a signal handler.
///
/// ```
/// use ngramcount::input::CancelToken;
/// let job = CancelToken::new();
/// let step = job.child();
/// step.cancel();
/// assert!(step.is_cancelled() && !job.is_cancelled());
/// job.cancel();
/// assert!(job.child().is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    cancelled: Arc<AtomicBool>,
    parent: Option<Arc<CancelToken>>,
}

impl CancelToken {
    /// A token that nothing has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token that is cancelled with this one, and can be cancelled alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { cancelled: Arc::default(), parent: Some(Arc::new(self.clone())) }
    }

    /// Asks the reader to end: its next item is [`Stopped`](super::InputError::Stopped), within 100 ms also when it
    /// waits for a pipe.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Whether this token or one above it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed) || self.parent.as_ref().is_some_and(|parent| parent.is_cancelled())
    }
}

/// What went over the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficCounts {
    /// Bytes of files and indexes that came from servers.
    pub bytes: u64,
    /// Requests that were sent, redirected ones included.
    pub requests: u64,
    /// Requests that were made again after one had failed.
    pub retries: u64,
}

/// Counters of what went over the network.
#[derive(Debug, Default)]
struct Traffic {
    bytes: AtomicU64,
    requests: AtomicU64,
    retries: AtomicU64,
}

/// Snapshot of the amounts that were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCounts {
    /// Bytes before unpacking.
    pub stored: u64,
    /// Bytes after unpacking.
    pub unpacked: u64,
    /// Lines.
    pub lines: u64,
    /// What went over the network for them.
    pub traffic: TrafficCounts,
}

/// Progress counters: how much of the input was read.
///
/// Shared by `Arc`. Each counter stands for itself and orders nothing else, so all accesses are relaxed.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicU64,
    read: AtomicU64,
    unpacked: AtomicU64,
    lines: AtomicU64,
    traffic: Arc<Traffic>,
}

impl Progress {
    /// Size in bytes of all input as it is stored; 0 if a part of it has no known size, as a pipe.
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

    /// What went over the network so far, for what was read and for what was only looked at.
    pub fn traffic(&self) -> TrafficCounts {
        let Traffic { bytes, requests, retries } = &*self.traffic;
        TrafficCounts {
            bytes: bytes.load(Relaxed),
            requests: requests.load(Relaxed),
            retries: retries.load(Relaxed),
        }
    }

    /// All counters.
    pub fn counts(&self) -> ReadCounts {
        ReadCounts {
            stored: self.read_bytes(),
            unpacked: self.unpacked_bytes(),
            lines: self.lines(),
            traffic: self.traffic(),
        }
    }

    /// Counts `after` in place of `before`, which was counted earlier: for input that another process reads.
    pub fn replace(&self, before: ReadCounts, after: ReadCounts) {
        let change = |counter: &AtomicU64, before: u64, after: u64| {
            counter.fetch_add(after.wrapping_sub(before), Relaxed);
        };
        change(&self.read, before.stored, after.stored);
        change(&self.unpacked, before.unpacked, after.unpacked);
        change(&self.lines, before.lines, after.lines);
        let (before, after) = (before.traffic, after.traffic);
        change(&self.traffic.bytes, before.bytes, after.bytes);
        change(&self.traffic.requests, before.requests, after.requests);
        change(&self.traffic.retries, before.retries, after.retries);
    }

    /// Sets the counters of the input to zero, to read it again.
    pub(crate) fn reset_reading(&self) {
        for counter in [&self.total, &self.read, &self.unpacked, &self.lines] {
            counter.store(0, Relaxed);
        }
    }

    /// Sets all counters to zero, for the next run.
    pub(crate) fn reset(&self) {
        self.reset_reading();
        for counter in [&self.traffic.bytes, &self.traffic.requests, &self.traffic.retries] {
            counter.store(0, Relaxed);
        }
    }

    /// Counts lines that need not be read.
    pub(crate) fn add_skipped_lines(&self, lines: u64) {
        self.lines.fetch_add(lines, Relaxed);
    }

    pub(crate) fn set_total(&self, bytes: u64) {
        self.total.store(bytes, Relaxed);
    }

    pub(super) fn add_read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn subtract_read(&self, bytes: usize) {
        self.read.fetch_sub(bytes as u64, Relaxed);
    }

    pub(super) fn add_fetched(&self, bytes: usize) {
        self.traffic.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn add_request(&self) {
        self.traffic.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn add_http_retry(&self) {
        self.traffic.retries.fetch_add(1, Relaxed);
    }

    pub(super) fn add_chunk(&self, bytes: usize, lines: u64) {
        self.unpacked.fetch_add(bytes as u64, Relaxed);
        self.lines.fetch_add(lines, Relaxed);
    }
}
