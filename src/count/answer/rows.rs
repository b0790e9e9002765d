//! The finished answer and the iterator of its rows.

use std::io;
use std::sync::Arc;

use memchr::memchr2;

use super::row::{Column, ColumnType, Row, Value, Values};
use super::row_file::RowFiles;
use super::row_store::{RowStore, RowValues};
use crate::count::encoding::YearRows;
use crate::count::partial::LineTally;
use crate::count::plan::Measure;

/// The finished count: sorted rows, and the account of the lines of the input.
///
/// ```
/// use ngramcount::count::{Format, Mapper, AnswerOptions, Plan, Reducer, Value};
///
/// let mut reducer = Reducer::new(&Plan::default());
/// reducer.merge(&Mapper::new(&Plan::default()).map(Format::Text, b"to be or not to be")?)?;
/// let answer = reducer.finish(&AnswerOptions::default())?;
/// assert_eq!(answer.len(), 4);
/// let first = answer.rows().next().unwrap();
/// assert_eq!((first.ngram, first.values.get(0)), (&b"be"[..], Some(Value::Integer(2))));
/// # Ok::<(), ngramcount::count::CountError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Answer {
    columns: Vec<Column>,
    source: RowSource,
    len: usize,
    lines: LineTally,
    absent: Vec<u32>,
}

/// Where the rows are.
#[derive(Clone, Debug)]
pub(super) enum RowSource {
    Memory(RowStore),
    Files(Arc<RowFiles>),
}

impl Answer {
    pub(super) fn new(
        columns: Vec<Column>,
        source: RowSource,
        len: usize,
        lines: LineTally,
        absent: Vec<u32>,
    ) -> Self {
        Self { columns, source, len, lines, absent }
    }

    /// The rows in memory, which are read from files first if they are there.
    ///
    /// # Errors
    /// The files cannot be read, or are not what was written.
    pub(crate) fn store(&self) -> io::Result<&RowStore> {
        match &self.source {
            RowSource::Memory(store) => Ok(store),
            RowSource::Files(files) => files.load(self.len),
        }
    }

    /// Whether the rows are in files: they were too many for memory.
    pub fn is_in_files(&self) -> bool {
        matches!(self.source, RowSource::Files(_))
    }

    /// Calls `visit` with the rows from top to bottom. Rows in files are read block by block and need no memory.
    ///
    /// # Errors
    /// The first error of `visit`, or of a file.
    pub fn for_each_row<E: From<io::Error>>(
        &self,
        visit: impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.source {
            RowSource::Memory(_) => self.rows().try_for_each(visit),
            RowSource::Files(files) => files.for_each_row(self.len, visit),
        }
    }

    /// The columns from left to right: the n-gram, the year in an answer by year, then the numbers.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows from top to bottom. Rows in files are all read into memory first; [`for_each_row`](Self::for_each_row) needs none.
    ///
    /// # Panics
    /// If rows in files cannot be read.
    pub fn rows(&self) -> Rows<'_> {
        let store = self.store().expect("the rows of the answer are in a temporary file, which can be read");
        Rows { store, left: self.len, next: 0, ngram: &[], years: YearRows::default() }
    }

    /// Whether an n-gram may contain a tab or a line end. `false` is certain; `true` may stand for an n-gram without a
    /// row. It takes one look at the memory of the n-grams, and not at the rows.
    pub fn may_contain_separator(&self) -> bool {
        match &self.source {
            RowSource::Memory(store) => memchr2(b'\t', b'\n', &store.keys.bytes).is_some(),
            RowSource::Files(files) => files.parts.iter().any(|part| part.has_separator),
        }
    }

    /// Whether all n-grams are UTF-8, by one look at their memory. `true` is certain; `false` may stand for an n-gram without
    /// a row.
    pub fn has_only_utf8(&self) -> bool {
        let keys = match &self.source {
            RowSource::Memory(store) => &store.keys,
            RowSource::Files(files) => return files.parts.iter().all(|part| part.is_utf8),
        };
        let starts_key = |text: &str| keys.ends.iter().all(|&end| text.is_char_boundary(end));
        keys.bytes.is_ascii() || str::from_utf8(&keys.bytes).is_ok_and(starts_key)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The matches of all rows together; a word that is selected twice is added twice. `None` if the answer has no
    /// column of matches. The sum of sums of 64 bits cannot overflow.
    pub fn matches_total(&self) -> Option<u128> {
        let first = self
            .columns
            .iter()
            .position(|column| column.kind != ColumnType::Text && column.name != "year")?;
        let is_matches =
            |column: &Column| column.kind == ColumnType::Integer && column.name == Measure::Matches.name();
        let index = self.columns.iter().position(is_matches)? - first;
        let matches = |row: Row<'_>| match row.values.get(index) {
            Some(Value::Integer(matches)) => u128::from(matches),
            _ => 0,
        };
        let mut sum = 0;
        let read = self.for_each_row(|row| {
            sum += matches(row);
            io::Result::Ok(())
        });
        // Rows that cannot be read are an error where the answer is written.
        read.ok().map(|()| sum)
    }

    /// The indices of those among the selected words that do not occur, whether they have a row or not. Of equal words it is
    /// the first.
    pub fn absent(&self) -> &[u32] {
        &self.absent
    }

    /// The account of the lines of the input.
    pub fn lines(&self) -> LineTally {
        self.lines
    }
}

/// The rows of an [`Answer`] from top to bottom.
pub struct Rows<'a> {
    store: &'a RowStore,
    /// Rows that are still to come.
    left: usize,
    /// The index of the next [`RowRef`](super::row_store::RowRef).
    next: usize,
    /// The n-gram of `years`.
    ngram: &'a [u8],
    /// In an answer of encoded rows: the rows of the current n-gram that are still to come.
    years: YearRows<'a>,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    /// Inlined together with the decoding of a row, which nearly every call does. A row that went through memory would
    /// cost twice as much.
    #[inline(always)]
    fn next(&mut self) -> Option<Row<'a>> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some((year, sums)) = self.years.next() {
                let values = Values::integers(&sums[..self.store.width]);
                return Some(Row { file: None, ngram: self.ngram, year: Some(year), values });
            }
            let row = self.take_ref()?;
            if row.is_some() {
                return row;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Rows<'_> {}

impl<'a> Rows<'a> {
    /// Takes the next reference: its row, or nothing yet if its rows are encoded. `None` after the last one.
    #[inline(never)]
    fn take_ref(&mut self) -> Option<Option<Row<'a>>> {
        let store = self.store;
        let row = store.get_prefetched(self.next)?;
        self.next += 1;
        let index = row.index as usize;
        let range = index * store.width..(index + 1) * store.width;
        let ngram = store.keys.get(row.slot);
        let values = match &store.values {
            RowValues::Integers(numbers) => Values::integers(&numbers[range]),
            RowValues::Reals(numbers) => Values::reals(&numbers[range]),
            RowValues::ByYear(rows) => {
                (self.ngram, self.years) = (ngram, rows.rows(row.index, store.width));
                return Some(None);
            }
        };
        Some(Some(Row { file: None, ngram, year: store.years.get(index).copied(), values }))
    }
}
