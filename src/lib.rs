//! Counts words and n-grams in files that are too big or too precious to count twice.
//!
//! One way through the house, left to right:
//!
//! ```text
//! files ─► input ─► chunks ─► exec ───────► partial counts ─► reduce ─► counts ─► output
//!          open     lines     sequential    one a chunk       merge     select    TSV CSV JSON
//!          unpack             threads                                   sort      Parquet plot
//!                             processes ─ pool ─ worker copies of ourselves
//! ```
//!
//! A room imports only rooms on lower floors; `tests/layering.rs` holds them to it.
//!
//! | floor | room | owns |
//! |---|---|---|
//! | 4 | [`cli`] | what a person types and sees |
//! | 3 | [`sweep`] | the same count over many chunk sizes, timed |
//! | 3 | [`output`] | how an answer is written and drawn |
//! | 2 | [`job`] | one count, from a configuration to a report |
//! | 1 | [`partials`] | partial sums as lines, for the map, combine and reduce of others |
//! | 1 | [`exec`] | where chunks become partial counts |
//! | 0 | [`count`] | what is counted: select, map, table, reduce |
//! | 0 | [`record`] | the formats of a line |
//! | 0 | [`input`] | files, pipes, gzip, zip; cutting into chunks of whole lines |
//! | 0 | [`pool`] | a supervised process pool for any task; it knows nothing of n-grams |
#![deny(unsafe_code)]

pub mod cli;
pub mod count;
pub mod exec;
pub mod input;
pub mod job;
pub mod output;
pub mod partials;
pub mod record;
pub mod sweep;

pub use procpool as pool;
