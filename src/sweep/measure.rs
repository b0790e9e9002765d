//! Runs a grid and takes the times.

use std::num::NonZeroUsize;

use super::{Grid, Spot};
use crate::job::{self, ChunkSize, Config, Control, ExecutorKind, JobError};

/// One spot of the grid, with the times of its runs.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What was run.
    pub spot: Spot,
    /// Chunks that the input was cut into.
    pub chunks: u64,
    /// Lines of the input.
    pub lines: u64,
    /// Seconds of each run, sorted.
    pub seconds: Vec<f64>,
}

impl Measured {
    /// The middle of the times; the mean of the middle two if they are even in number.
    pub fn median(&self) -> f64 {
        let middle = self.seconds.len() / 2;
        match self.seconds.len() % 2 {
            1 => self.seconds[middle],
            _ => (self.seconds[middle - 1] + self.seconds[middle]) / 2.0,
        }
    }

    /// The shortest time.
    pub fn least(&self) -> f64 {
        self.seconds[0]
    }

    /// The longest time.
    pub fn most(&self) -> f64 {
        self.seconds[self.seconds.len() - 1]
    }

    /// Lines in a chunk, on average.
    pub fn lines_per_chunk(&self) -> f64 {
        self.lines as f64 / self.chunks.max(1) as f64
    }
}

/// What a sweep found.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The sequential executor with chunks that suit it: what speed-ups are measured against.
    pub baseline: Measured,
    /// The grid, in its own order.
    pub spots: Vec<Measured>,
}

impl Sweep {
    /// How many times faster than the baseline.
    pub fn speed_up(&self, measured: &Measured) -> f64 {
        self.baseline.median() / measured.median()
    }
}

/// Runs the count of `base` at every spot of the grid: once unmeasured, then `repeat` times, all
/// spots in turn, so that a machine that is slow for a while is slow for all of them.
///
/// `begin` is told of each run: its number from 0, of how many, and its spot. `control` gives each run
/// its own counters and cancel token; a signal handler can cancel the run that is under way.
///
/// # Errors
/// Those of the count; the first one ends the sweep.
pub fn run(
    base: &Config,
    grid: &Grid,
    repeat: NonZeroUsize,
    mut control: impl FnMut() -> Control,
    mut begin: impl FnMut(usize, usize, &Spot),
) -> Result<Sweep, JobError> {
    let sequential =
        Spot { executor: ExecutorKind::Sequential, workers: NonZeroUsize::MIN, chunk: ChunkSize::Auto };
    let mut all: Vec<Measured> = [sequential]
        .into_iter()
        .chain(grid.spots())
        .map(|spot| Measured { spot, chunks: 0, lines: 0, seconds: Vec::new() })
        .collect();
    let runs = all.len() * (repeat.get() + 1);
    for round in 0..=repeat.get() {
        for (number, measured) in all.iter_mut().enumerate() {
            begin(round * runs / (repeat.get() + 1) + number, runs, &measured.spot);
            let Spot { executor, workers, chunk } = measured.spot;
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
    Ok(Sweep { baseline, spots: all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_one_or_the_mean_of_the_middle_two() {
        let spot =
            Spot { executor: ExecutorKind::Threads, workers: NonZeroUsize::MIN, chunk: ChunkSize::Auto };
        let of = |seconds: &[f64]| Measured { spot, chunks: 4, lines: 10, seconds: seconds.to_vec() };
        assert_eq!(of(&[1.0, 2.0, 9.0]).median(), 2.0);
        assert_eq!(of(&[1.0, 2.0, 4.0, 9.0]).median(), 3.0);
        assert_eq!((of(&[1.0, 2.0]).least(), of(&[1.0, 2.0]).most()), (1.0, 2.0));
        assert_eq!(of(&[1.0]).lines_per_chunk(), 2.5);
    }
}
