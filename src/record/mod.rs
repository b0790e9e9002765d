//! Record formats: one file a format, from the bytes of a line to values.
//!
//! The module owns the meaning of a line: which bytes are the n-gram, which are numbers, which are the text of a document, and the
//! error of a line that does not parse. It also detects the format of a file ([`read_header`]). It works on bytes in memory and
//! borrows from them. It never opens a file, never counts, and never repairs a line: nothing is trimmed or guessed, and only `jsonl`
//! and `document` take escapes out. A byte order mark belongs to the file and not to its first n-gram.

pub mod counts;
pub mod document;
mod encoding;
mod error;
mod format;
mod header;
mod headings;
pub mod jsonl;
mod lines;
mod numbers;
pub mod partials;
mod tabular;
pub mod text;
pub mod totals;
mod unknown_name;
mod unsupported;
pub mod v1;
pub mod v2;
pub mod v3;

pub use document::Document;
pub use encoding::{Encoding, NamedEncoding};
pub use error::{Field, LineError};
pub use format::{Format, detect};
pub use header::{Header, read_header};
pub use jsonl::FieldPath;
pub use lines::{BYTE_ORDER_MARK, Lines, lines, strip_byte_order_mark};
pub use tabular::Record;
pub use unknown_name::UnknownName;
pub use unsupported::{TableFormat, Unsupported};
