//! Tables of n-grams with their sums: over all years ([`NgramTable`]) or by year ([`NgramYearTable`]).
//!
//! The module owns hashing, the arena of keys ([`KeyArena`]) and the limit of 2³² − 1 n-grams. It never parses input.

mod key_arena;
mod table;
mod year_table;

pub(crate) use key_arena::KeyArena;
pub use table::{NgramTable, TableError};
pub(crate) use year_table::{NgramYearTable, YearRowStore, merge_years};
