//! How an answer leaves the program: its written forms, and the file or pipe that it goes to.
//!
//! The room owns the promise that an output file is there whole or not at all. It never counts,
//! sorts or selects, and it never prints a message.

mod csv;
mod destination;
mod error;
mod format;
mod json;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod partials;
#[cfg(feature = "plot")]
pub mod plot;
mod table;
mod tsv;
mod writer;

pub use destination::{Destination, Staged};
pub use error::OutputError;
pub use format::{Format, NotText};
pub use partials::write_partial;
pub use table::Table;
