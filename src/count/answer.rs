use std::fmt;
use std::hint::black_box;

use super::packed::Packed;
use super::partial::LineTally;
use super::plan::{MEASURES, Measure};
use super::series::Span;
use super::table::Names;
use crate::record::totals::Totals;

/// Which rows the answer has, what they say, and in what order they come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// One row for each n-gram and year. The plan must keep the years apart.
    pub by_year: bool,
    /// Divide by the totals of the corpus in the same years. The plan must keep the years apart, even if the rows do not.
    pub relative_to: Option<Totals>,
    /// In an answer by years: the mean of each year and so many on both sides of it.
    pub smoothing: Option<u32>,
    /// How rows are sorted. `None` is the natural order: words that were asked for stay as they were asked, unless
    /// `top` is set; an answer by years is sorted by n-gram, everything else and all with `top` by matches.
    pub sort: Option<Sort>,
    /// Only the first so many rows.
    pub top: Option<usize>,
    /// Only n-grams with at least so many matches, or whatever is counted first, in all their years together.
    pub min_count: Option<u64>,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Most matches first, or whatever the first column of numbers says; among equals by the bytes of the n-gram and
    /// the year.
    Matches,
    /// By the bytes of the n-gram and the year.
    Ngram,
}

/// What a column of the answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes, usually UTF-8.
    Text,
    /// A `u64`, or a `u32` where it is a year.
    Integer,
    /// An `f64`, never infinite and never NaN.
    Real,
}

/// A column of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading, one word: `ngram`, `year`, `matches`, `matches_share` and the like.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// One number of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count.
    Integer(u64),
    /// A share or a mean.
    Real(f64),
}

/// The numbers of one row, one for each column behind the n-gram and the year. All are of one kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// Integers, or the bits of real numbers.
    bits: [u64; MEASURES],
    len: u8,
    real: bool,
}

impl Values {
    /// Counts.
    ///
    /// # Panics
    /// If there are more of them than measures, of which there are four.
    #[inline(always)]
    pub fn integers(numbers: &[u64]) -> Self {
        Self::new(numbers.iter().copied(), false)
    }

    /// Shares or means.
    ///
    /// # Panics
    /// As [`integers`](Self::integers).
    pub fn reals(numbers: &[f64]) -> Self {
        Self::new(numbers.iter().map(|number| number.to_bits()), true)
    }

    #[inline(always)]
    fn new(numbers: impl ExactSizeIterator<Item = u64>, real: bool) -> Self {
        let mut values = Self { bits: [0; MEASURES], len: numbers.len() as u8, real };
        numbers.enumerate().for_each(|(index, bits)| values.bits[index] = bits);
        values
    }

    /// The number at `index`, from 0.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        let bits = *self.bits[..self.len.into()].get(index)?;
        Some(if self.real { Value::Real(f64::from_bits(bits)) } else { Value::Integer(bits) })
    }

    /// The numbers from left to right.
    #[inline(always)]
    pub fn iter(&self) -> impl Iterator<Item = Value> {
        (0..self.len.into()).filter_map(|index| self.get(index))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One row of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// The bytes of the n-gram.
    pub ngram: &'a [u8],
    /// The year, in an answer by years.
    pub year: Option<u32>,
    /// The numbers.
    pub values: Values,
}

/// The finished count.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) columns: Vec<Column>,
    pub(super) part: Part,
    pub(super) rows: usize,
    pub(super) lines: LineTally,
}

/// The rows, sorted.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub names: Names,
    /// From top to bottom.
    pub places: Vec<Place>,
    /// By [`Place::at`]; empty in an answer that is not by years.
    pub years: Vec<u32>,
    /// By [`Place::at`].
    pub numbers: Numbers,
    pub width: usize,
}

/// Rows of which the memory is fetched together. What is fetched for them fits the first-level cache.
const TOGETHER: usize = 64;

impl Part {
    /// The place of a row, for who asks for one row after the other.
    ///
    /// Sorted rows lie anywhere in a large table, so each is three waits for memory. From time to time the next few
    /// dozen rows are looked at here for no other purpose than that they are waited for together.
    #[inline]
    pub(super) fn place(&self, row: usize) -> Option<Place> {
        if row.is_multiple_of(TOGETHER) {
            self.fetch(&self.places[row..self.places.len().min(row + TOGETHER)]);
        }
        self.places.get(row).copied()
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        let rows = |place: &Place| self.packed(*place).count_rows().unwrap_or(0);
        match self.numbers {
            Numbers::Packed { .. } => self.places.iter().map(rows).sum(),
            _ => self.places.len(),
        }
    }

    /// The packed rows of a place.
    fn packed(&self, place: Place) -> Packed<'_> {
        match &self.numbers {
            Numbers::Packed { spans, bytes } => {
                Packed::new(&bytes[spans[place.at as usize].range()], self.width)
            }
            _ => Packed::default(),
        }
    }

    fn fetch(&self, places: &[Place]) {
        let width = self.width;
        let letters =
            |place: &Place| usize::from(self.names.get(place.slot).first().is_some_and(|&a| a > b' '));
        let some = match &self.numbers {
            Numbers::Integers(numbers) => {
                places.iter().map(|place| usize::from(numbers[place.at as usize * width] > 0)).sum::<usize>()
            }
            Numbers::Reals(_) => 0,
            Numbers::Packed { spans, bytes } => {
                let first =
                    |place: &Place| bytes.get(spans[place.at as usize].start).map_or(0, |&byte| byte.into());
                places.iter().map(first).sum::<usize>()
            }
        };
        let ends = places.iter().map(|place| self.names.ends[place.slot as usize]).fold(0, |a, b| a ^ b);
        black_box((some, ends));
        black_box(places.iter().map(letters).sum::<usize>());
    }
}

/// Where a row is. Aligned as what a place is sorted in, see [`Board::finish`](super::board::Board::finish).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(8))]
pub(super) struct Place {
    /// The position of its n-gram.
    pub slot: u32,
    /// The position of its year and its numbers.
    pub at: u32,
}

/// The numbers of all rows: `width` of each, or packed rows with their years, in which case a place has all rows of its
/// n-gram.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    Integers(Vec<u64>),
    Reals(Vec<f64>),
    Packed { spans: Vec<Span>, bytes: Vec<u8> },
}

impl Answer {
    /// The columns from left to right: the n-gram, the year in an answer by years, then the numbers.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> Rows<'_> {
        Rows { part: &self.part, left: self.rows, next: 0, ngram: &[], packed: Packed::default() }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The matches of all rows together; a word that was asked for twice is in it twice. Sums of 64 bits each cannot
    /// overflow this one. `None` if the answer does not say how many matches there are.
    pub fn matches_total(&self) -> Option<u128> {
        let first =
            self.columns.iter().position(|column| column.kind != Kind::Text && column.name != "year")?;
        let is_matches =
            |column: &Column| column.kind == Kind::Integer && column.name == Measure::Matches.name();
        let matches = self.columns.iter().position(is_matches)?;
        let index = matches - first;
        let matches = |row: Row<'_>| match row.values.get(index) {
            Some(Value::Integer(matches)) => u128::from(matches),
            _ => 0,
        };
        Some(self.rows().map(matches).sum())
    }

    /// What became of the lines of the input.
    pub fn lines(&self) -> LineTally {
        self.lines
    }
}

/// The rows of an [`Answer`] from top to bottom.
pub struct Rows<'a> {
    part: &'a Part,
    left: usize,
    /// How many places have been taken.
    next: usize,
    /// Of packed rows: those of the n-gram at hand that are still to come.
    ngram: &'a [u8],
    packed: Packed<'a>,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    /// Inlined, and with it what nearly every call does: unpacking a row. A row that went through memory would cost
    /// twice as much.
    #[inline(always)]
    fn next(&mut self) -> Option<Row<'a>> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some((year, sums)) = self.packed.next() {
                let values = Values::integers(&sums[..self.part.width]);
                return Some(Row { ngram: self.ngram, year: Some(year), values });
            }
            let row = self.take_place()?;
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
    /// The row of the next place, or nothing yet if its rows are packed. `None` if there is no further place.
    #[inline(never)]
    fn take_place(&mut self) -> Option<Option<Row<'a>>> {
        let part = self.part;
        let place = part.place(self.next)?;
        self.next += 1;
        let at = place.at as usize;
        let range = at * part.width..(at + 1) * part.width;
        let ngram = part.names.get(place.slot);
        let values = match &part.numbers {
            Numbers::Integers(numbers) => Values::integers(&numbers[range]),
            Numbers::Reals(numbers) => Values::reals(&numbers[range]),
            Numbers::Packed { .. } => {
                (self.ngram, self.packed) = (ngram, part.packed(place));
                return Some(None);
            }
        };
        Some(Some(Row { ngram, year: part.years.get(at).copied(), values }))
    }
}
