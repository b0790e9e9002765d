//! Rows of an answer and their columns.

use std::fmt;

use bstr::BStr;

use crate::count::encoding::MAX_SUMS;

/// The type of the values in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// Bytes, usually UTF-8.
    Text,
    /// A `u64`, or a `u32` if it is a year.
    Integer,
    /// An `f64`, never infinite and never NaN.
    Real,
}

/// A column of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name, one word: `ngram`, `year`, `matches`, `matches_share` and the like.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ColumnType,
}

/// One number of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count.
    Integer(u64),
    /// A relative frequency or a mean.
    Real(f64),
}

/// The numbers of one row, one for each column behind the n-gram and the year. All have the same type.
///
/// ```
/// use ngramcount::count::{Value, Values};
///
/// let values = Values::integers(&[7, 3]);
/// assert_eq!(values.get(1), Some(Value::Integer(3)));
/// assert_eq!(values.iter().count(), 2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// Integers, or the bits of real numbers.
    bits: [u64; MAX_SUMS],
    len: u8,
    real: bool,
}

impl Values {
    /// Counts.
    ///
    /// # Panics
    /// If there are more than four, the number of measures.
    #[inline(always)]
    pub fn integers(numbers: &[u64]) -> Self {
        Self::new(numbers.iter().copied(), false)
    }

    /// Relative frequencies or means.
    ///
    /// # Panics
    /// As [`integers`](Self::integers).
    pub fn reals(numbers: &[f64]) -> Self {
        Self::new(numbers.iter().map(|number| number.to_bits()), true)
    }

    /// Reals by their bits.
    pub(super) fn of_real_bits(bits: &[u64]) -> Self {
        Self::new(bits.iter().copied(), true)
    }

    #[inline(always)]
    fn new(numbers: impl ExactSizeIterator<Item = u64>, real: bool) -> Self {
        let mut values = Self { bits: [0; MAX_SUMS], len: numbers.len() as u8, real };
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

/// One row of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// The name of the file, in an answer by files.
    pub file: Option<&'a str>,
    /// The bytes of the n-gram.
    pub ngram: &'a [u8],
    /// The year, in an answer by year.
    pub year: Option<u32>,
    /// The numbers.
    pub values: Values,
}

impl fmt::Display for Row<'_> {
    /// The row as a line of TSV. Bytes that are not UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.file {
            write!(f, "{file}\t")?;
        }
        BStr::new(self.ngram).fmt(f)?;
        if let Some(year) = self.year {
            write!(f, "\t{year}")?;
        }
        self.values.iter().try_for_each(|value| match value {
            Value::Integer(number) => write!(f, "\t{number}"),
            Value::Real(number) => write!(f, "\t{number}"),
        })
    }
}
