//! Counting: from bytes to partial counts, from partial counts to an answer.
//!
//! This room owns what is counted ([`Selection`]), the count of one chunk ([`Mapper`], [`Partial`]) and the sum of them
//! all ([`Reducer`], [`Answer`]). Partial counts may be merged in any order and on any machine; the answer is the same.
//! It never reads a file, and it does not know which process it runs in.

mod answer;
mod error;
mod map;
mod partial;
mod reduce;
mod select;
mod table;

pub use answer::{Answer, Column, Kind, Order, Row, Sort, Value, Values};
pub use error::CountError;
pub use map::Mapper;
pub use partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
pub use reduce::Reducer;
pub use select::{BadLines, Plan, Selection};
pub use table::{Overflow, Table};

/// What a [`BadLine`] holds.
pub use crate::record::LineError;
