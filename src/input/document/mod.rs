//! Documents of several lines: each is converted to one line, so that it is cut, sent, divided and numbered like a line of text.
//!
//! One file a kind of document, behind the trait [`Converter`]. The form of a line is that of
//! [`record::document`](crate::record::document).

mod converter;
mod paragraphs;
#[cfg(feature = "parquet")]
mod parquet;
mod pending_lines;
#[cfg(feature = "parquet")]
mod quiet_panic;
mod reader;
mod wet;
mod whole_file;

pub(super) use reader::{DocumentReader, converter, open_parquet};
