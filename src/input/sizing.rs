//! How large a chunk becomes when nobody says how many lines it is to have.

use super::{Limits, Watch};

/// Largest chunk in bytes: what a pipe holds, so that a chunk leaves at one go. Beside half of that a 1.5 GB file takes
/// 5 % less time; beyond it nothing is gained.
const LARGEST: u64 = 1 << 20;
/// Smallest chunk in bytes: below it, what a message costs shows beside what is in it.
const SMALLEST: u64 = 32 << 10;
/// Chunks that each worker should still get of what is left. Towards the end of the input chunks become smaller, so
/// that no worker sits over a last large one while the others have nothing to do.
const SHARES: u64 = 4;

/// Chunks by bytes and not by lines: what costs time are bytes, and a line may have 20 of them or 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizing {
    pub workers: u64,
}

impl Sizing {
    /// The limits of the next chunk, by how much of the input is left.
    pub fn limits(self, limits: Limits, watch: &Watch) -> Limits {
        let (total, read) = (watch.total_bytes(), watch.read_bytes());
        let bytes = match total {
            // A pipe may go on for ever.
            0 => LARGEST,
            _ => {
                // As much is left after unpacking as the part so far promises.
                let ratio = watch.unpacked_bytes() as f64 / read.max(1) as f64;
                let left = total.saturating_sub(read) as f64 * ratio.max(1.0);
                (left as u64 / (SHARES * self.workers.max(1))).clamp(SMALLEST, LARGEST)
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
            let watch = Watch::new();
            watch.set_total(total);
            watch.add_read(read);
            watch.add_chunk(unpacked, 1);
            Sizing { workers }.limits(limits, &watch).bytes
        };
        assert_eq!(bytes(0, 1 << 30, 1 << 30, 2), 1 << 20);
        assert_eq!(bytes(1 << 30, 0, 0, 2), 1 << 20);
        // 100 kB left, which become 500 kB, over four shares for each of two workers.
        assert_eq!(bytes(1_100_000, 1_000_000, 5_000_000, 2), 62_500);
        assert_eq!(bytes(1_100_000, 1_000_000, 5_000_000, 64), 32 << 10);
        assert_eq!(bytes(1_000_000, 1_000_000, 5_000_000, 2), 32 << 10);
    }
}
