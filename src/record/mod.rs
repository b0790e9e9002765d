//! Lines of the n-gram formats, as values: one file a format.
//!
//! This room owns what a line means: which bytes are the n-gram, which are numbers, and what is wrong with a line
//! that is neither. It works on bytes in memory and borrows from them. It never opens a file, never counts, and never
//! repairs a line: nothing is trimmed, unquoted or guessed. A byte order mark belongs to the file and not to its first
//! n-gram.

mod beginning;
pub mod counts;
mod digits;
mod error;
mod format;
mod lines;
mod numbers;
pub mod partials;
mod row;
pub mod text;
pub mod totals;
mod unknown_name;
pub mod v1;
pub mod v2;
pub mod v3;

pub use beginning::{Beginning, Foreign, Form, begin};
pub use digits::{DigitSum, Digits, YearDigits};
pub use error::{Field, LineError};
pub use format::{Format, detect};
pub use lines::{BYTE_ORDER_MARK, Lines, lines, unmarked};
pub use row::Row;
pub use unknown_name::UnknownName;
