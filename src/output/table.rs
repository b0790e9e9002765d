//! Interface between answers and formats: named columns and rows.

use bstr::ByteSlice;

use crate::count::{Answer, Column, Row};

/// Rows and columns that can be written in any [`OutputFormat`](super::OutputFormat), such as an answer.
///
/// ```
/// use ngramcount::count::{Column, Row};
/// use ngramcount::output::{OutputFormat, Table};
///
/// struct Empty;
/// impl Table for Empty {
///     fn columns(&self) -> &[Column] {
///         &[]
///     }
///     fn rows(&self) -> impl Iterator<Item = Row<'_>> {
///         std::iter::empty()
///     }
/// }
/// let mut json = Vec::new();
/// OutputFormat::Json.write(&Empty, false, &mut json)?;
/// assert_eq!(json, b"[]\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Table {
    /// The columns: the n-gram, the year if the rows are by year, then a column for each number.
    fn columns(&self) -> &[Column];

    /// The rows, in the order of the output. A format may call this more than once.
    fn rows(&self) -> impl Iterator<Item = Row<'_>>;

    /// Whether an n-gram may contain one of the two bytes. `false` is certain, and saves a check of each row.
    fn may_contain(&self, bytes: [u8; 2]) -> bool {
        let _ = bytes;
        true
    }

    /// Whether all n-grams are UTF-8.
    fn is_utf8(&self) -> bool {
        self.rows().all(|row| row.ngram.to_str().is_ok())
    }
}

impl Table for Answer {
    fn columns(&self) -> &[Column] {
        self.columns()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows()
    }

    fn may_contain(&self, bytes: [u8; 2]) -> bool {
        self.may_contain(bytes)
    }

    fn is_utf8(&self) -> bool {
        self.has_only_utf8() || self.rows().all(|row| row.ngram.to_str().is_ok())
    }
}
