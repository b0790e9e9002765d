//! Output: the formats of an answer, pictures, and the file or pipe that they are written to.
//!
//! The module guarantees that an output file is complete or absent. It never counts, sorts or selects, and it never prints
//! a message.

mod aligned;
#[cfg(feature = "arrow")]
mod arrow;
mod compression;
mod csv;
mod destination;
mod error;
mod format;
mod json;
mod jsonl;
mod ngram_error;
#[cfg(feature = "parquet")]
mod parquet;
mod partials;
#[cfg(feature = "plot")]
pub mod plot;
mod printable;
mod table;
mod temporary_file;
mod tsv;
mod write_mode;
mod writer;

pub use compression::Compression;
pub use csv::CsvDialect;
pub use destination::{Destination, Staged, open_log};
pub use error::OutputError;
pub use format::OutputFormat;
pub use ngram_error::NgramError;
pub use partials::write_partial;
pub use table::Table;
pub use temporary_file::remove_unfinished;
