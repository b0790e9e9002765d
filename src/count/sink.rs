//! Where the numbers of a chunk go, n-gram by n-gram.

use super::error::CountError;
use super::packed::{Packed, Packer};
use super::partial::{BadLine, LineTally, Partial};
use super::plan::{MEASURES, Measure, Measures};
use super::table::Table;

/// What one row adds to its n-gram, by the place of the measure in [`Measure`].
pub(super) type Amounts = [u64; MEASURES];

#[inline(always)]
pub(super) fn amounts(matches: u64, volumes: u64, pages: u64, lines: u64) -> Amounts {
    let mut amounts = [0; _];
    amounts[Measure::Matches as usize] = matches;
    amounts[Measure::Volumes as usize] = volumes;
    amounts[Measure::Pages as usize] = pages;
    amounts[Measure::Lines as usize] = lines;
    amounts
}

/// Takes the rows of one n-gram after another. Three shapes of it, so that the plain count pays for no other.
pub(super) trait Sink {
    /// A row of the n-gram at hand.
    fn row(&mut self, year: u32, amounts: Amounts);

    /// Whether the years of an n-gram should come ascending.
    const IN_ORDER: bool;

    /// The rows of the n-gram at hand are void.
    fn clear(&mut self);

    /// The rows of the n-gram at hand have come; this is its key. Without a row nothing is counted.
    fn end(&mut self, key: &[u8]) -> Result<(), CountError>;

    /// The count of the chunk.
    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial;
}

/// Matches and nothing else.
pub(super) struct Plain {
    table: Table,
    sum: u64,
    overflown: bool,
}

impl Plain {
    pub(super) fn new() -> Self {
        Self { table: Table::new(), sum: 0, overflown: false }
    }
}

impl Sink for Plain {
    const IN_ORDER: bool = false;

    #[inline(always)]
    fn clear(&mut self) {
        self.sum = 0;
        self.overflown = false;
    }

    #[inline(always)]
    fn row(&mut self, _: u32, amounts: Amounts) {
        let (sum, overflown) = self.sum.overflowing_add(amounts[Measure::Matches as usize]);
        self.sum = sum;
        // A branch that is never taken costs less than a flag that is always written.
        if overflown {
            self.overflown = true;
        }
    }

    #[inline]
    fn end(&mut self, key: &[u8]) -> Result<(), CountError> {
        let measure = Measure::Matches;
        let overflow = || CountError::Overflow { ngram: key.to_vec(), measure };
        if self.overflown {
            return Err(overflow());
        }
        self.table.add(key, self.sum).map_err(|_| overflow())?;
        self.sum = 0;
        Ok(())
    }

    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial {
        Partial::of_table(self.table, lines, bad)
    }
}

/// Any measures, all years together.
pub(super) struct Wide<'m> {
    measures: &'m Measures,
    table: Table,
    sums: Amounts,
    overflown: [bool; MEASURES],
}

impl<'m> Wide<'m> {
    pub(super) fn new(measures: &'m Measures) -> Self {
        let table = Table::with_width(measures.count());
        Self { measures, table, sums: [0; MEASURES], overflown: [false; MEASURES] }
    }
}

impl Sink for Wide<'_> {
    const IN_ORDER: bool = false;

    #[inline(always)]
    fn clear(&mut self) {
        self.sums = [0; MEASURES];
        self.overflown = [false; MEASURES];
    }

    #[inline(always)]
    fn row(&mut self, _: u32, amounts: Amounts) {
        for (index, amount) in amounts.into_iter().enumerate() {
            let (sum, overflown) = self.sums[index].overflowing_add(amount);
            self.sums[index] = sum;
            self.overflown[index] |= overflown;
        }
    }

    #[inline]
    fn end(&mut self, key: &[u8]) -> Result<(), CountError> {
        let mut sums = [0; MEASURES];
        for (sum, measure) in sums.iter_mut().zip(self.measures.iter()) {
            if self.overflown[measure as usize] {
                return Err(CountError::Overflow { ngram: key.to_vec(), measure });
            }
            *sum = self.sums[measure as usize];
        }
        self.clear();
        let sums = &sums[..self.measures.count()];
        self.table.add_all(key, sums).map_err(CountError::overflow(key, self.measures))
    }

    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial {
        Partial::of_table(self.table, lines, bad)
    }
}

/// Any measures, each year by itself. It needs no table: rows of an n-gram come together, and one that comes back later
/// simply stands there twice.
pub(super) struct ByYear<'m> {
    measures: &'m Measures,
    /// The first measure, and the others, which mostly are none.
    first: Measure,
    others: Vec<Measure>,
    partial: Partial,
    /// Where the rows of the n-gram at hand begin in `partial.series`.
    start: usize,
    packer: Packer,
    in_order: bool,
}

impl<'m> ByYear<'m> {
    pub(super) fn new(measures: &'m Measures) -> Self {
        let mut others = measures.iter();
        Self {
            measures,
            first: others.next().unwrap_or(Measure::Matches),
            others: others.collect(),
            partial: Partial::default(),
            start: 0,
            packer: Packer::default(),
            in_order: true,
        }
    }

    /// Makes ready for the next n-gram.
    #[inline(always)]
    fn begin(&mut self) {
        self.start = self.partial.series.len();
        self.packer = Packer::default();
        self.in_order = true;
    }

    /// Sorts the rows of the n-gram at hand by year, and adds up those of the same year.
    #[cold]
    fn put_in_order(&mut self, key: &[u8]) -> Result<(), CountError> {
        let width = self.measures.count();
        let packed = self.partial.series.split_off(self.start);
        let mut rows: Vec<(u32, Amounts)> = Packed::new(&packed, width).collect();
        rows.sort_by_key(|&(year, _)| year);
        let mut packer = Packer::default();
        for rows in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut sums = [0_u64; MEASURES];
            for (_, amounts) in rows {
                for ((sum, amount), measure) in sums.iter_mut().zip(amounts).zip(self.measures.iter()) {
                    let overflow = || CountError::Overflow { ngram: key.to_vec(), measure };
                    *sum = sum.checked_add(*amount).ok_or_else(overflow)?;
                }
            }
            packer.push(&mut self.partial.series, rows[0].0, sums[0], sums[1..width].iter().copied());
        }
        Ok(())
    }
}

impl Sink for ByYear<'_> {
    const IN_ORDER: bool = true;

    #[inline(always)]
    fn clear(&mut self) {
        self.partial.series.truncate(self.start);
        self.begin();
    }

    #[inline(always)]
    fn row(&mut self, year: u32, amounts: Amounts) {
        if year <= self.packer.last() && self.partial.series.len() > self.start {
            self.in_order = false;
        }
        let others = self.others.iter().map(|&measure| amounts[measure as usize]);
        self.packer.push(&mut self.partial.series, year, amounts[self.first as usize], others);
    }

    fn end(&mut self, key: &[u8]) -> Result<(), CountError> {
        if !self.in_order {
            self.put_in_order(key)?;
        }
        let bytes = self.partial.series.len() - self.start;
        if bytes > 0 {
            self.partial.keys.extend_from_slice(key);
            self.partial.lengths.push(key.len() as u32);
            self.partial.spans.push(bytes as u32);
        }
        self.begin();
        Ok(())
    }

    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial {
        Partial { lines, bad, ..self.partial }
    }
}
