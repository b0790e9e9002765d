//! The grid of a sweep.

use std::num::NonZeroUsize;

use crate::job::{ChunkSize, ExecutorKind};

/// The combinations of some chunk sizes, executors and numbers of workers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grid {
    /// Chunk sizes.
    pub chunks: Vec<ChunkSize>,
    /// Executors.
    pub executors: Vec<ExecutorKind>,
    /// Numbers of workers. The sequential executor has one in any case.
    pub workers: Vec<NonZeroUsize>,
}

/// One combination of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Combination {
    /// The executor of the map tasks.
    pub executor: ExecutorKind,
    /// Its number of workers.
    pub workers: NonZeroUsize,
    /// The chunk size.
    pub chunk: ChunkSize,
}

impl Grid {
    /// The grid of all combinations of these.
    pub fn new(chunks: Vec<ChunkSize>, executors: Vec<ExecutorKind>, workers: Vec<NonZeroUsize>) -> Self {
        Self { chunks, executors, workers }
    }

    /// Every combination once: by executor, then workers, then chunk size, each in the order given.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use ngramcount::job::{ChunkSize, ExecutorKind};
    /// use ngramcount::sweep::Grid;
    ///
    /// let workers = [1, 2].map(|n| NonZeroUsize::new(n).expect("above 0"));
    /// let grid = Grid::new(vec![ChunkSize::Auto], vec![ExecutorKind::Sequential, ExecutorKind::Threads], workers.to_vec());
    /// assert_eq!(grid.combinations().len(), 3);
    /// ```
    pub fn combinations(&self) -> Vec<Combination> {
        let mut combinations = Vec::new();
        for &executor in &self.executors {
            for &workers in &self.workers {
                let workers = if executor == ExecutorKind::Sequential { NonZeroUsize::MIN } else { workers };
                for &chunk in &self.chunks {
                    let combination = Combination { executor, workers, chunk };
                    if !combinations.contains(&combination) {
                        combinations.push(combination);
                    }
                }
            }
        }
        combinations
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn each_combination_occurs_once_and_the_sequential_executor_has_one_worker() {
        let workers = |n| NonZeroUsize::new(n).unwrap();
        let two = ChunkSize::Lines(NonZeroU64::new(2).unwrap());
        let grid = Grid::new(
            vec![two, ChunkSize::Auto],
            vec![ExecutorKind::Sequential, ExecutorKind::Threads],
            vec![workers(1), workers(4)],
        );
        let combination = |executor, n, chunk| Combination { executor, workers: workers(n), chunk };
        let expected = [
            combination(ExecutorKind::Sequential, 1, two),
            combination(ExecutorKind::Sequential, 1, ChunkSize::Auto),
            combination(ExecutorKind::Threads, 1, two),
            combination(ExecutorKind::Threads, 1, ChunkSize::Auto),
            combination(ExecutorKind::Threads, 4, two),
            combination(ExecutorKind::Threads, 4, ChunkSize::Auto),
        ];
        assert_eq!(grid.combinations(), expected);
    }
}
