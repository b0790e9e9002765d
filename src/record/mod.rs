//! Lines of the n-gram formats, as values: one file a format.
//!
//! This room owns what a line means: which bytes are the n-gram, which are numbers, and what is wrong with a line
//! that is neither. It works on bytes in memory and borrows from them. It never opens a file, never counts, and never
//! repairs a line: nothing is trimmed, unquoted or guessed.

mod error;
mod lines;
mod row;
pub mod v2;

pub use error::{Field, LineError};
pub use lines::{Lines, lines};
pub use row::Row;
