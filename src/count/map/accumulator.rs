//! Accumulators of one chunk: sums of rows, n-gram by n-gram.

use crate::count::encoding::{MAX_SUMS, YearRowWriter, YearRows};
use crate::count::error::CountError;
use crate::count::ngram_table::{KeyArena, NgramTable};
use crate::count::partial::{BadLine, LineTally, Partial};
use crate::count::plan::{Measure, Measures};

/// One number for each measure, at the index of its variant in [`Measure`].
pub(crate) type PerMeasure = [u64; MAX_SUMS];

#[inline(always)]
pub(crate) fn per_measure(matches: u64, volumes: u64, pages: u64, lines: u64) -> PerMeasure {
    let mut amounts = [0; _];
    amounts[Measure::Matches as usize] = matches;
    amounts[Measure::Volumes as usize] = volumes;
    amounts[Measure::Pages as usize] = pages;
    amounts[Measure::Lines as usize] = lines;
    amounts
}

/// Sums the rows of one n-gram after another. There are three implementations, so that the plain count of matches does
/// not pay for the others.
pub(crate) trait Accumulator {
    /// Whether the years of an n-gram should come ascending.
    const IN_ORDER: bool;

    /// Adds a row of the current n-gram.
    fn add(&mut self, year: u32, amounts: PerMeasure);

    /// Forgets the rows of the current n-gram.
    fn discard(&mut self);

    /// Ends the current n-gram and adds its rows to the count of `key`. Called only if there are rows.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::TooManyNgrams`] if a table is full.
    fn commit(&mut self, key: &[u8]) -> Result<(), CountError>;

    /// The count of the chunk.
    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial;
}

/// Sums matches only, over all years.
pub(crate) struct MatchesAccumulator {
    table: NgramTable,
    sum: u64,
    overflowed: bool,
    measures: Measures,
}

impl MatchesAccumulator {
    pub(crate) fn new() -> Self {
        Self { table: NgramTable::new(), sum: 0, overflowed: false, measures: Measures::default() }
    }
}

impl Accumulator for MatchesAccumulator {
    const IN_ORDER: bool = false;

    #[inline(always)]
    fn discard(&mut self) {
        self.sum = 0;
        self.overflowed = false;
    }

    #[inline(always)]
    fn add(&mut self, _: u32, amounts: PerMeasure) {
        let (sum, overflowed) = self.sum.overflowing_add(amounts[Measure::Matches as usize]);
        self.sum = sum;
        // A branch that is never taken costs less than a flag that is always written.
        if overflowed {
            self.overflowed = true;
        }
    }

    #[inline]
    fn commit(&mut self, key: &[u8]) -> Result<(), CountError> {
        let overflow = || CountError::Overflow { ngram: key.to_vec(), measure: Measure::Matches };
        if self.overflowed {
            return Err(overflow());
        }
        self.table.add(key, self.sum).map_err(|error| CountError::of_table(error, key, &self.measures))?;
        self.sum = 0;
        Ok(())
    }

    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial {
        Partial::of_table(self.table, lines, bad)
    }
}

/// Sums any measures over all years.
pub(crate) struct MeasuresAccumulator<'m> {
    measures: &'m Measures,
    table: NgramTable,
    sums: PerMeasure,
    overflowed: [bool; MAX_SUMS],
}

impl<'m> MeasuresAccumulator<'m> {
    pub(crate) fn new(measures: &'m Measures) -> Self {
        let table = NgramTable::with_width(measures.count());
        Self { measures, table, sums: [0; MAX_SUMS], overflowed: [false; MAX_SUMS] }
    }
}

impl Accumulator for MeasuresAccumulator<'_> {
    const IN_ORDER: bool = false;

    #[inline(always)]
    fn discard(&mut self) {
        self.sums = [0; MAX_SUMS];
        self.overflowed = [false; MAX_SUMS];
    }

    #[inline(always)]
    fn add(&mut self, _: u32, amounts: PerMeasure) {
        for (index, amount) in amounts.into_iter().enumerate() {
            let (sum, overflowed) = self.sums[index].overflowing_add(amount);
            self.sums[index] = sum;
            self.overflowed[index] |= overflowed;
        }
    }

    #[inline]
    fn commit(&mut self, key: &[u8]) -> Result<(), CountError> {
        let mut sums = [0; MAX_SUMS];
        for (sum, measure) in sums.iter_mut().zip(self.measures.iter()) {
            if self.overflowed[measure as usize] {
                return Err(CountError::Overflow { ngram: key.to_vec(), measure });
            }
            *sum = self.sums[measure as usize];
        }
        self.discard();
        let sums = &sums[..self.measures.count()];
        self.table.add_all(key, sums).map_err(|error| CountError::of_table(error, key, self.measures))
    }

    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial {
        Partial::of_table(self.table, lines, bad)
    }
}

/// Sums any measures by year. It needs no table: rows of an n-gram come together, and an n-gram that comes back later is
/// in the count twice.
pub(crate) struct YearAccumulator<'m> {
    measures: &'m Measures,
    first: Measure,
    /// The measures behind the first one, mostly none.
    others: Vec<Measure>,
    keys: KeyArena,
    /// The encoded rows of all n-grams, end to end, and the bytes of each n-gram's rows.
    rows: Vec<u8>,
    row_lengths: Vec<u32>,
    /// The start in `rows` of the current n-gram's.
    start: usize,
    writer: YearRowWriter,
    ascending: bool,
}

impl<'m> YearAccumulator<'m> {
    pub(crate) fn new(measures: &'m Measures) -> Self {
        let mut others = measures.iter();
        Self {
            measures,
            first: others.next().unwrap_or(Measure::Matches),
            others: others.collect(),
            keys: KeyArena::default(),
            rows: Vec::new(),
            row_lengths: Vec::new(),
            start: 0,
            writer: YearRowWriter::default(),
            ascending: true,
        }
    }

    #[inline(always)]
    fn begin_ngram(&mut self) {
        self.start = self.rows.len();
        self.writer = YearRowWriter::default();
        self.ascending = true;
    }

    /// Sorts the rows of the current n-gram by year, and adds up those of the same year.
    #[cold]
    fn sort_years(&mut self, key: &[u8]) -> Result<(), CountError> {
        let width = self.measures.count();
        let encoded = self.rows.split_off(self.start);
        let mut rows: Vec<(u32, [u64; MAX_SUMS])> = YearRows::new(&encoded, width).collect();
        rows.sort_by_key(|&(year, _)| year);
        let mut writer = YearRowWriter::default();
        for rows in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut sums = [0_u64; MAX_SUMS];
            for (_, amounts) in rows {
                for ((sum, amount), measure) in sums.iter_mut().zip(amounts).zip(self.measures.iter()) {
                    let overflow = || CountError::Overflow { ngram: key.to_vec(), measure };
                    *sum = sum.checked_add(*amount).ok_or_else(overflow)?;
                }
            }
            writer.push(&mut self.rows, rows[0].0, sums[0], sums[1..width].iter().copied());
        }
        Ok(())
    }
}

impl Accumulator for YearAccumulator<'_> {
    const IN_ORDER: bool = true;

    #[inline(always)]
    fn discard(&mut self) {
        self.rows.truncate(self.start);
        self.begin_ngram();
    }

    #[inline(always)]
    fn add(&mut self, year: u32, amounts: PerMeasure) {
        if year <= self.writer.last() && self.rows.len() > self.start {
            self.ascending = false;
        }
        let others = self.others.iter().map(|&measure| amounts[measure as usize]);
        self.writer.push(&mut self.rows, year, amounts[self.first as usize], others);
    }

    fn commit(&mut self, key: &[u8]) -> Result<(), CountError> {
        if !self.ascending {
            self.sort_years(key)?;
        }
        let bytes = self.rows.len() - self.start;
        if bytes > 0 {
            self.keys.push(key);
            self.row_lengths.push(bytes as u32);
        }
        self.begin_ngram();
        Ok(())
    }

    fn finish(self, lines: LineTally, bad: Vec<BadLine>) -> Partial {
        Partial::of_year_rows(self.keys, self.rows, self.row_lengths, lines, bad)
    }
}
