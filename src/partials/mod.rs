//! Partial sums as lines: what `ngramcount map` writes and the engine of a cluster carries from step to step.
//!
//! The module owns reading these lines ([`PartialsReader`]) and the two steps behind the map step: [`combine`], [`reduce`],
//! and [`reduce_sorted`] in constant memory. It never writes, and it knows no engine.

mod error;
mod reader;
mod sorted_reducer;
mod steps;

pub use error::PartialsError;
pub use reader::{PartialsReader, RowBlock};
pub use sorted_reducer::SortedReducer;
pub use steps::{Emit, combine, reduce, reduce_sorted};
