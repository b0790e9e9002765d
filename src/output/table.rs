//! What the writers write: named columns and rows.

use crate::count::{Answer, Column, QuerySpelling, Row};

/// Something that can be written: an answer, or rows made by hand in a test.
pub trait Table {
    /// The columns: the n-gram, the year if the rows are by year, then one a number.
    fn columns(&self) -> &[Column];

    /// The rows, in the order in which they are to be written. More than one pass may be made.
    fn rows(&self) -> impl Iterator<Item = Row<'_>>;
}

impl Table for Answer {
    fn columns(&self) -> &[Column] {
        self.columns()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows()
    }
}

impl Table for QuerySpelling<'_> {
    fn columns(&self) -> &[Column] {
        self.columns()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows()
    }
}
