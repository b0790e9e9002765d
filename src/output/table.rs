//! Interface between answers and formats: named columns and rows.

use std::io;

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
    /// The columns: the file if the rows are by file, the n-gram, the year if the rows are by year, then a column for each number.
    fn columns(&self) -> &[Column];

    /// The rows, in the order of the output. A format may call this more than once.
    fn rows(&self) -> impl Iterator<Item = Row<'_>>;

    /// Whether an n-gram may contain a tab or a line end. `false` is certain, and saves a check of each row.
    fn may_contain_separator(&self) -> bool {
        true
    }

    /// Calls `visit` with each of the [`rows`](Self::rows). Rows that are in a file need no memory in this way.
    ///
    /// # Errors
    /// The first error of `visit`, or of the file.
    fn for_each_row(&self, visit: impl FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        self.rows().try_for_each(visit)
    }

    /// Whether all n-grams are UTF-8.
    fn is_utf8(&self) -> bool {
        let check = |row: Row<'_>| row.ngram.to_str().map(drop).map_err(io::Error::other);
        self.for_each_row(check).is_ok()
    }
}

impl Table for Answer {
    fn columns(&self) -> &[Column] {
        self.columns()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows()
    }

    fn may_contain_separator(&self) -> bool {
        self.may_contain_separator()
    }

    fn for_each_row(&self, visit: impl FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        self.for_each_row(visit)
    }

    fn is_utf8(&self) -> bool {
        let check = |row: Row<'_>| row.ngram.to_str().map(drop).map_err(io::Error::other);
        self.has_only_utf8() || self.for_each_row(check).is_ok()
    }
}
