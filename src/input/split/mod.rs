//! Splits: parts of the input that a worker can open and read by itself: whole packed files, runs of the spans of an index, and
//! ranges of plain files that begin and end with a line.
//!
//! The module owns the decision whether splitting pays and the reading of one split. It never starts a worker.

mod line_range;
mod plan;
mod read;

pub use plan::{Split, SplitPlan, plan_splits};
