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
