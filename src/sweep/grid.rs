//! What a sweep goes over.

use std::num::NonZeroUsize;

use crate::job::{ChunkSize, ExecutorKind};

/// All combinations of some chunk sizes, executors and numbers of workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Chunk sizes.
    pub chunks: Vec<ChunkSize>,
    /// Executors.
    pub executors: Vec<ExecutorKind>,
    /// Numbers of workers; the sequential executor has one in any case.
    pub workers: Vec<NonZeroUsize>,
}

/// One combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Where the chunks are mapped.
    pub executor: ExecutorKind,
    /// By how many workers.
    pub workers: NonZeroUsize,
    /// How large they are.
    pub chunk: ChunkSize,
}

impl Grid {
    /// Every combination once: by executor, then workers, then chunk size, each in the order given.
    pub fn spots(&self) -> Vec<Spot> {
        let mut spots = Vec::new();
        for &executor in &self.executors {
            for &workers in &self.workers {
                let workers = if executor == ExecutorKind::Sequential { NonZeroUsize::MIN } else { workers };
                for &chunk in &self.chunks {
                    let spot = Spot { executor, workers, chunk };
                    if !spots.contains(&spot) {
                        spots.push(spot);
                    }
                }
            }
        }
        spots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn every_combination_comes_once_and_the_sequential_executor_has_one_worker() {
        let workers = |n| NonZeroUsize::new(n).unwrap();
        let two = ChunkSize::Lines(NonZeroU64::new(2).unwrap());
        let grid = Grid {
            chunks: vec![two, ChunkSize::Auto],
            executors: vec![ExecutorKind::Sequential, ExecutorKind::Threads],
            workers: vec![workers(1), workers(4)],
        };
        let spot = |executor, n, chunk| Spot { executor, workers: workers(n), chunk };
        let expected = [
            spot(ExecutorKind::Sequential, 1, two),
            spot(ExecutorKind::Sequential, 1, ChunkSize::Auto),
            spot(ExecutorKind::Threads, 1, two),
            spot(ExecutorKind::Threads, 1, ChunkSize::Auto),
            spot(ExecutorKind::Threads, 4, two),
            spot(ExecutorKind::Threads, 4, ChunkSize::Auto),
        ];
        assert_eq!(grid.spots(), expected);
    }
}
