//! Counting: from bytes to partial counts, from partial counts to an answer.
//!
//! This room owns what is counted ([`Selection`]), the count of one chunk ([`Mapper`], [`Partial`]) and the sum of them
//! all ([`Reducer`], [`Answer`]). Partial counts may be merged in any order and on any machine; the answer is the same.
//! It never reads a file, and it does not know which process it runs in.

mod answer;
mod board;
mod combine;
mod error;
mod filter;
mod finish;
mod fold;
mod map;
mod pack;
mod packed;
mod partial;
mod plan;
mod pos;
mod ranks;
mod recent;
mod reduce;
mod scale;
mod series;
mod sink;
mod spelled;
mod sums;
mod table;
mod text;
mod tokens;

pub use answer::{Answer, Column, Kind, Order, Row, Rows, Sort, Value, Values};
pub use combine::Combiner;
pub use error::CountError;
pub use filter::{Filter, Pattern, Years};
pub use map::Mapper;
pub use partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
pub use plan::{BadLines, Measure, Measures, Plan, Selection};
pub use pos::{Pos, TAGS};
pub use reduce::Reducer;
pub use scale::SMOOTHED_YEARS;
pub use spelled::Spelled;
pub use table::{Overflow, Table};
pub use tokens::{TextRules, Tokens};

/// What a [`BadLine`] holds, the formats that a [`Mapper`] reads, and what an [`Order`] divides by.
pub use crate::record::{Beginning, Format, LineError, begin, totals::Totals, unmarked};
