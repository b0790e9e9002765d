use std::hint::black_box;

use super::partial::LineTally;
use super::plan::Measure;
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    /// Counts.
    Integers(&'a [u64]),
    /// Shares or means.
    Reals(&'a [f64]),
}

impl<'a> Values<'a> {
    /// How many they are.
    pub fn len(self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Reals(values) => values.len(),
        }
    }

    /// Whether there is none, which no answer has.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number at `index`, from 0.
    pub fn get(self, index: usize) -> Option<Value> {
        match self {
            Self::Integers(values) => values.get(index).map(|&value| Value::Integer(value)),
            Self::Reals(values) => values.get(index).map(|&value| Value::Real(value)),
        }
    }

    /// The numbers from left to right.
    pub fn iter(self) -> impl Iterator<Item = Value> + 'a {
        (0..self.len()).filter_map(move |index| self.get(index))
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
    pub values: Values<'a>,
}

/// The finished count.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) columns: Vec<Column>,
    /// Each with its own n-grams, its rows sorted.
    pub(super) parts: Vec<Part>,
    /// With several parts: from which one each row is, from top to bottom. A byte a row, so that nothing else has to be
    /// moved to where the parts become one.
    pub(super) turns: Vec<u8>,
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) lines: LineTally,
}

/// The rows of some of the n-grams.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub names: Names,
    /// From top to bottom.
    pub places: Vec<Place>,
    /// By [`Place::at`]; empty in an answer that is not by years.
    pub years: Vec<u32>,
    /// By [`Place::at`], `width` of each.
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

    fn fetch(&self, places: &[Place]) {
        let width = self.width;
        let letters =
            |place: &Place| usize::from(self.names.get(place.slot).first().is_some_and(|&a| a > b' '));
        let some = match &self.numbers {
            Numbers::Integers(numbers) => {
                places.iter().map(|place| usize::from(numbers[place.at as usize * width] > 0)).sum::<usize>()
            }
            Numbers::Reals(_) => 0,
        };
        let ends = places.iter().map(|place| self.names.ends[place.slot as usize]).fold(0, |a, b| a ^ b);
        black_box((some, ends));
        black_box(places.iter().map(letters).sum::<usize>());
    }
}

/// Where a row is in its part. Aligned as what a place is sorted in, see [`Board::finish`](super::board::Board::finish).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(8))]
pub(super) struct Place {
    /// The position of its n-gram.
    pub slot: u32,
    /// The position of its year and its numbers.
    pub at: u32,
}

/// The numbers of all rows.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    Integers(Vec<u64>),
    Reals(Vec<f64>),
}

impl Answer {
    /// The columns from left to right: the n-gram, the year in an answer by years, then the numbers.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        let mut next = vec![0; self.parts.len()];
        (0..self.rows).map(move |row| {
            let index = self.turns.get(row).map_or(0, |&part| usize::from(part));
            let part = &self.parts[index];
            let place = part.place(next[index]).unwrap_or_else(|| unreachable!("a row for each turn"));
            next[index] += 1;
            let at = place.at as usize;
            let range = at * self.width..(at + 1) * self.width;
            Row {
                ngram: part.names.get(place.slot),
                year: part.years.get(at).copied(),
                values: match &part.numbers {
                    Numbers::Integers(numbers) => Values::Integers(&numbers[range]),
                    Numbers::Reals(numbers) => Values::Reals(&numbers[range]),
                },
            }
        })
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
        let index = |place: &Place| place.at as usize * self.width + matches - first;
        let of = |part: &Part| match &part.numbers {
            Numbers::Integers(numbers) => {
                Some(part.places.iter().map(|place| u128::from(numbers[index(place)])).sum::<u128>())
            }
            Numbers::Reals(_) => None,
        };
        self.parts.iter().map(of).sum()
    }

    /// What became of the lines of the input.
    pub fn lines(&self) -> LineTally {
        self.lines
    }
}
