//! Chunk-size sweep: the same count, timed over a grid of chunk sizes, executors and numbers of workers.
//!
//! The module owns the grid, the order of the runs and the statistics of their times. It prints nothing and draws nothing:
//! `cli` writes the table, and draws the picture with `output`.

mod grid;
mod measure;
mod table;

pub use grid::{Combination, Grid};
pub use measure::{Measurement, Sweep, run};
pub use table::{write_text, write_tsv};
