//! Which chunk size? The same count over a grid of chunk sizes, executors and worker counts, timed.
//!
//! The room owns the grid, the order of the runs and what is made of their times. It prints
//! nothing and draws nothing: `cli` writes the table, and the picture with the help of `output`.

mod grid;
mod measure;
mod table;

pub use grid::{Grid, Spot};
pub use measure::{Measured, Sweep, run};
pub use table::{write_table, write_tsv};
