use std::cmp::Ordering;

use super::partial::LineTally;
use super::table::Table;

/// Which rows the answer has, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// How rows are sorted. `None` is the natural order: words that were asked for stay as they were asked, unless
    /// `top` is set; everything else is sorted by matches.
    pub sort: Option<Sort>,
    /// Only the first so many rows.
    pub top: Option<usize>,
    /// Only n-grams with at least so many matches.
    pub min_count: Option<u64>,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Most matches first; among equals by the bytes of the n-gram.
    Matches,
    /// By the bytes of the n-gram.
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
    table: Table,
    /// Positions in `table`, one a row.
    rows: Vec<u32>,
    lines: LineTally,
}

impl Answer {
    pub(super) fn new(table: Table, asked: Option<Vec<u32>>, lines: LineTally, order: &Order) -> Self {
        let natural = match asked {
            Some(_) if order.top.is_none() => None,
            _ => Some(Sort::Matches),
        };
        let mut rows = asked.unwrap_or_else(|| (0..).take(table.len()).collect());
        if let Some(min_count) = order.min_count {
            rows.retain(|&slot| table.get(slot).1 >= min_count);
        }
        match order.sort.or(natural) {
            Some(Sort::Matches) => sort(&mut rows, order.top, |&a, &b| {
                let ((a, a_matches), (b, b_matches)) = (table.get(a), table.get(b));
                b_matches.cmp(&a_matches).then_with(|| a.cmp(b))
            }),
            Some(Sort::Ngram) => {
                sort(&mut rows, order.top, |&a, &b| table.get(a).0.cmp(table.get(b).0));
            }
            None => {}
        }
        Self { table, rows, lines }
    }

    /// The columns from left to right: the n-gram, the year in an answer by years, then the numbers.
    pub fn columns(&self) -> &[Column] {
        const COLUMNS: [Column; 2] =
            [Column { name: "ngram", kind: Kind::Text }, Column { name: "matches", kind: Kind::Integer }];
        &COLUMNS
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|&slot| Row {
            ngram: self.table.get(slot).0,
            year: None,
            values: Values::Integers(self.table.sum(slot)),
        })
    }

    /// The rows: an n-gram and its matches.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        self.rows.iter().map(|&slot| self.table.get(slot))
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The matches of all rows together; a word that was asked for twice is in it twice. Sums of 64 bits each cannot
    /// overflow this one.
    pub fn matches_total(&self) -> u128 {
        self.iter().map(|(_, matches)| u128::from(matches)).sum()
    }

    /// What became of the lines of the input.
    pub fn lines(&self) -> LineTally {
        self.lines
    }
}

/// Sorts rows and keeps the first `top`. Those are picked out before they are sorted: ten rows of a million need one
/// pass over the million, not its order.
///
/// No two rows are equal but those of a word that was asked for twice, so an unstable sort gives one answer.
fn sort(rows: &mut Vec<u32>, top: Option<usize>, mut compare: impl FnMut(&u32, &u32) -> Ordering) {
    if let Some(top) = top
        && top < rows.len()
    {
        rows.select_nth_unstable_by(top, &mut compare);
        rows.truncate(top);
    }
    rows.sort_unstable_by(compare);
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [(&str, u64); 5] = [("b", 7), ("é", 7), ("B", 7), ("a", 100), ("z", 0)];

    fn rows(asked: Option<&[&str]>, order: Order) -> Vec<String> {
        let mut table = Table::new();
        for (ngram, matches) in COUNTS {
            table.add(ngram.as_bytes(), matches).unwrap();
        }
        let asked = asked.map(|words| words.iter().map(|word| table.slot(word.as_bytes())).collect());
        let answer = Answer::new(table, asked, LineTally::default(), &order);
        assert_eq!(answer.len(), answer.iter().count());
        answer.iter().map(|(ngram, matches)| format!("{}={matches}", bstr::BStr::new(ngram))).collect()
    }

    fn order(sort: Option<Sort>, top: Option<usize>, min_count: Option<u64>) -> Order {
        Order { sort, top, min_count }
    }

    #[test]
    fn everything_is_sorted_by_matches_and_then_by_bytes_unless_asked_otherwise() {
        let by_matches = ["a=100", "B=7", "b=7", "é=7", "z=0"];
        assert_eq!(rows(None, Order::default()), by_matches);
        assert_eq!(rows(None, order(Some(Sort::Matches), None, None)), by_matches);
        let by_ngram = ["B=7", "a=100", "b=7", "z=0", "é=7"];
        assert_eq!(rows(None, order(Some(Sort::Ngram), None, None)), by_ngram);
    }

    #[test]
    fn top_keeps_the_first_rows_of_the_order() {
        let sorted =
            [Sort::Matches, Sort::Ngram].map(|sort| (sort, rows(None, order(Some(sort), None, None))));
        for (sort, all) in sorted {
            for top in 0..=7 {
                assert_eq!(
                    rows(None, order(Some(sort), Some(top), None)),
                    all[..top.min(5)],
                    "{sort:?} {top}"
                );
            }
        }
    }

    #[test]
    fn a_smallest_count_leaves_out_rarer_ngrams() {
        assert_eq!(rows(None, order(None, None, Some(7))), ["a=100", "B=7", "b=7", "é=7"]);
        assert_eq!(rows(None, order(None, Some(2), Some(8))), ["a=100"]);
        assert_eq!(rows(Some(&["z", "b"]), order(None, None, Some(1))), ["b=7"]);
    }

    #[test]
    fn words_stay_in_the_order_in_which_they_were_asked_for() {
        let words = ["z", "a", "absent", "b", "a"];
        assert_eq!(rows(Some(&words), Order::default()), ["z=0", "a=100", "absent=0", "b=7", "a=100"]);
    }

    #[test]
    fn words_are_sorted_where_an_order_or_the_first_few_are_asked_for() {
        let words = ["z", "a", "absent", "b", "a"];
        let by_matches = ["a=100", "a=100", "b=7", "absent=0", "z=0"];
        assert_eq!(rows(Some(&words), order(Some(Sort::Matches), None, None)), by_matches);
        assert_eq!(rows(Some(&words), order(None, Some(3), None)), by_matches[..3]);
        let by_ngram = ["a=100", "a=100", "absent=0", "b=7", "z=0"];
        assert_eq!(rows(Some(&words), order(Some(Sort::Ngram), None, None)), by_ngram);
    }
}
