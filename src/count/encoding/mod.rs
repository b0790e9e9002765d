//! Compact encodings of numbers: [`varint`]s, and the rows of one n-gram by year ([`YearRows`]).
//!
//! The module owns the byte layout of both. It never looks at n-grams or plans.

mod common_prefix;
pub(crate) mod varint;
mod year_rows;

pub(crate) use common_prefix::common_prefix;
pub(crate) use year_rows::{MAX_SUMS, YearRowWriter, YearRows};
