//! Sizing of chunks by bytes, if the caller did not set a number of lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::cutter::Limits;
use crate::input::Progress;

/// Largest chunk in bytes: the capacity of a pipe, so that one write sends a chunk. A 1.5 GB file takes
/// 5 % less time than with half of that; more gains nothing.
const LARGEST: u64 = 1 << 20;
/// Smallest chunk in bytes: below it the cost of a message shows beside the cost of its contents.
const SMALLEST: u64 = 32 << 10;
/// Chunks that each worker should still get of the rest. Towards the end of the input chunks become smaller, so
/// that no worker is still busy with a last large one while the others are idle.
const CHUNKS_PER_WORKER: u64 = 4;

/// The size of the largest chunk of a reader, which its caller may raise while it reads. Clones share it.
#[derive(Debug, Clone)]
pub struct ChunkBytes(Arc<AtomicU64>);

impl Default for ChunkBytes {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(LARGEST)))
    }
}

impl ChunkBytes {
    /// Lets chunks have this many bytes from now on.
    pub fn set_largest(&self, bytes: usize) {
        self.0.store((bytes as u64).max(SMALLEST), Relaxed);
    }
}

/// Sizing by bytes and not by lines: the time depends on the bytes, and a line may have 20 of them or 10,000.
#[derive(Debug, Clone)]
pub(in crate::input) struct Sizing {
    pub workers: u64,
    pub largest: ChunkBytes,
}

impl Sizing {
    /// The limits of the next chunk, by how much of the input is left.
    pub fn limits(&self, limits: Limits, progress: &Progress) -> Limits {
        let (total, read) = (progress.total_bytes(), progress.read_bytes());
        let largest = self.largest.0.load(Relaxed);
        let bytes = match total {
            // The size is not known.
            0 => largest,
            _ => {
                // The ratio of the part so far predicts the size of the rest after unpacking.
                let ratio = progress.unpacked_bytes() as f64 / read.max(1) as f64;
                let left = total.saturating_sub(read) as f64 * ratio.max(1.0);
                (left as u64 / (CHUNKS_PER_WORKER * self.workers.max(1))).clamp(SMALLEST, largest)
            }
        };
        Limits { bytes: limits.bytes.min(bytes as usize), ..limits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn chunks_shrink_towards_the_end_and_a_pipe_gets_large_ones() {
        let limits = Limits::lines(NonZeroU64::MAX);
        let bytes = |total: u64, read: usize, unpacked: usize, workers: u64| {
            let progress = Progress::default();
            progress.set_total(total);
            progress.add_read(read);
            progress.add_chunk(unpacked, 1);
            Sizing { workers, largest: ChunkBytes::default() }.limits(limits, &progress).bytes
        };
        assert_eq!(bytes(0, 1 << 30, 1 << 30, 2), 1 << 20);
        assert_eq!(bytes(1 << 30, 0, 0, 2), 1 << 20);
        // 100 kB left, which become 500 kB, over four chunks for each of two workers.
        assert_eq!(bytes(1_100_000, 1_000_000, 5_000_000, 2), 62_500);
        assert_eq!(bytes(1_100_000, 1_000_000, 5_000_000, 64), 32 << 10);
        assert_eq!(bytes(1_000_000, 1_000_000, 5_000_000, 2), 32 << 10);
    }
}
