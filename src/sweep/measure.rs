//! Timed runs of the combinations of a grid.

use std::num::NonZeroUsize;

use super::{Combination, Grid};
use crate::job::{self, ChunkSize, Config, Control, ExecutorKind, JobError};

/// A combination of the grid, with the times of its runs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Measurement {
    /// The combination.
    pub combination: Combination,
    /// Number of chunks of the input.
    pub chunks: u64,
    /// Number of lines of the input.
    pub lines: u64,
    /// Seconds of each run, sorted.
    pub seconds: Vec<f64>,
}

impl Measurement {
    /// The median of the times, in seconds; for an even number of runs the mean of the middle two.
    pub fn median(&self) -> f64 {
        let middle = self.seconds.len() / 2;
        match self.seconds.len() % 2 {
            1 => self.seconds[middle],
            _ => (self.seconds[middle - 1] + self.seconds[middle]) / 2.0,
        }
    }

    /// The shortest time, in seconds.
    pub fn fastest(&self) -> f64 {
        self.seconds[0]
    }

    /// The longest time, in seconds.
    pub fn slowest(&self) -> f64 {
        self.seconds[self.seconds.len() - 1]
    }

    /// Mean number of lines in a chunk.
    pub fn lines_per_chunk(&self) -> f64 {
        self.lines as f64 / self.chunks.max(1) as f64
    }
}

/// The result of a sweep.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sweep {
    /// The sequential executor with automatic chunk size, the reference of the speed-ups.
    pub baseline: Measurement,
    /// The combinations of the grid, in its order.
    pub measurements: Vec<Measurement>,
}

impl Sweep {
    /// The median time of the baseline divided by that of `measurement`.
    pub fn speed_up(&self, measurement: &Measurement) -> f64 {
        self.baseline.median() / measurement.median()
    }
}

/// Runs the count of `base` with every combination of the grid: once without measuring, then `repeat` times.
///
/// All combinations run in turn, so that a machine that is slow for a while is slow for all of them. `begin` is called
/// before each run with its number from 0, the number of all runs, and the combination. `control` gives each run counters and
/// a cancel token of its own, by which a signal handler can stop the run.
///
/// # Errors
/// Those of the count. The first error ends the sweep.
pub fn run(
    base: &Config,
    grid: &Grid,
    repeat: NonZeroUsize,
    mut control: impl FnMut() -> Control,
    mut begin: impl FnMut(usize, usize, &Combination),
) -> Result<Sweep, JobError> {
    let sequential = Combination {
        executor: ExecutorKind::Sequential,
        workers: NonZeroUsize::MIN,
        chunk: ChunkSize::Auto,
    };
    let mut all: Vec<Measurement> = [sequential]
        .into_iter()
        .chain(grid.combinations())
        .map(|combination| Measurement { combination, chunks: 0, lines: 0, seconds: Vec::new() })
        .collect();
    let combinations = all.len();
    let runs = combinations.saturating_mul(repeat.get().saturating_add(1));
    for round in 0..=repeat.get() {
        for (number, measured) in all.iter_mut().enumerate() {
            begin(round * combinations + number, runs, &measured.combination);
            let Combination { executor, workers, chunk } = measured.combination;
            let stats = job::run(&Config { executor, workers, chunk, ..base.clone() }, &control())?.stats;
            (measured.chunks, measured.lines) = (stats.chunks, stats.input.lines);
            if round > 0 {
                measured.seconds.push(stats.seconds.total);
            }
        }
    }
    for measured in &mut all {
        measured.seconds.sort_by(f64::total_cmp);
    }
    let baseline = all.remove(0);
    Ok(Sweep { baseline, measurements: all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_time_or_the_mean_of_the_middle_two() {
        let combination = Combination {
            executor: ExecutorKind::Threads,
            workers: NonZeroUsize::MIN,
            chunk: ChunkSize::Auto,
        };
        let of =
            |seconds: &[f64]| Measurement { combination, chunks: 4, lines: 10, seconds: seconds.to_vec() };
        assert_eq!(of(&[1.0, 2.0, 9.0]).median(), 2.0);
        assert_eq!(of(&[1.0, 2.0, 4.0, 9.0]).median(), 3.0);
        assert_eq!((of(&[1.0, 2.0]).fastest(), of(&[1.0, 2.0]).slowest()), (1.0, 2.0));
        assert_eq!(of(&[1.0]).lines_per_chunk(), 2.5);
    }
}
