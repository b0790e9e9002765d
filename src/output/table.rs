//! Interface between answers and formats: named columns and rows.

use std::io;

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

    /// Whether an n-gram may contain a tab or a line end. `false` is certain, and saves a check of each row.
    fn may_contain_separator(&self) -> bool {
        true
    }

    /// Checks that the rows that were read are all there are. Rows that are read from a file may end early.
    ///
    /// # Errors
    /// What is wrong with the file.
    fn check_read(&self) -> io::Result<()> {
        Ok(())
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

    fn check_read(&self) -> io::Result<()> {
        self.check_read().map_err(io::Error::other)
    }
}
