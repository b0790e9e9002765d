//! The finished answer and the iterator of its rows.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use memchr::memchr2;

use super::row::{Column, ColumnType, Row, Value, Values};
use super::row_file::{FileCursor, RowFiles};
use super::row_store::{RowStore, RowValues};
use crate::count::encoding::YearRows;
use crate::count::error::CountError;
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

    /// The rows in memory, if they are there.
    pub(crate) fn store(&self) -> Option<&RowStore> {
        match &self.source {
            RowSource::Memory(store) => Some(store),
            RowSource::Files(_) => None,
        }
    }

    /// Whether the rows are in files, from which [`rows`](Self::rows) reads them.
    pub fn is_in_files(&self) -> bool {
        self.store().is_none()
    }

    /// Checks that all rows that were read so far are those that were written. Rows in files end early where they are not.
    ///
    /// # Errors
    /// [`CountError::Damaged`].
    pub fn check_read(&self) -> Result<(), CountError> {
        match &self.source {
            RowSource::Files(files) if files.damaged.load(Relaxed) => {
                Err(CountError::Damaged("rows of the answer in a temporary file are not what was written"))
            }
            _ => Ok(()),
        }
    }

    /// The columns from left to right: the n-gram, the year in an answer by year, then the numbers.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> Rows<'_> {
        let (source, width) = match &self.source {
            RowSource::Memory(store) => (RowsFrom::Memory { store, next: 0 }, store.width),
            RowSource::Files(files) => (RowsFrom::Files(FileCursor::new(files)), files.layout.width),
        };
        Rows { source, width, left: self.len, ngram: &[], years: YearRows::default() }
    }

    /// Whether an n-gram may contain a tab or a line end. `false` is certain; `true` may stand for an n-gram without a
    /// row. It takes one look at the memory of the n-grams, and not at the rows.
    pub fn may_contain_separator(&self) -> bool {
        match &self.source {
            RowSource::Memory(store) => memchr2(b'\t', b'\n', &store.keys.bytes).is_some(),
            RowSource::Files(files) => files.parts.iter().any(|part| part.has_separator),
        }
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
        Some(self.rows().map(matches).sum())
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
    source: RowsFrom<'a>,
    /// The numbers of a row.
    width: usize,
    /// Rows that are still to come.
    left: usize,
    /// The n-gram of `years`.
    ngram: &'a [u8],
    /// In an answer of encoded rows: the rows of the current n-gram that are still to come.
    years: YearRows<'a>,
}

/// The rows that are still to come.
enum RowsFrom<'a> {
    Memory {
        store: &'a RowStore,
        /// The index of the next [`RowRef`](super::row_store::RowRef).
        next: usize,
    },
    Files(FileCursor<'a>),
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
                let values = Values::integers(&sums[..self.width]);
                return Some(Row { ngram: self.ngram, year: Some(year), values });
            }
            let row = self.take_next()?;
            if row.is_some() {
                return row;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Rows in files may end early, see [`Answer::check_read`].
        let least = if matches!(self.source, RowsFrom::Memory { .. }) { self.left } else { 0 };
        (least, Some(self.left))
    }
}

impl<'a> Rows<'a> {
    /// Takes the next row, or nothing yet if rows are encoded by year. `None` after the last one.
    #[inline(never)]
    fn take_next(&mut self) -> Option<Option<Row<'a>>> {
        let (store, next) = match &mut self.source {
            RowsFrom::Memory { store, next } => (*store, next),
            RowsFrom::Files(cursor) => {
                let stored = cursor.next()?;
                let Some(years) = stored.years else { return Some(Some(stored.row)) };
                (self.ngram, self.years) = (stored.row.ngram, YearRows::new(years, self.width));
                return Some(None);
            }
        };
        let row = store.get_prefetched(*next)?;
        *next += 1;
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
        Some(Some(Row { ngram, year: store.years.get(index).copied(), values }))
    }
}
