//! Mapper: counts chunks by a plan.

use super::accumulator::{Accumulator, MatchesAccumulator, MeasuresAccumulator, YearAccumulator};
use super::key_filter::KeyFilter;
use super::row_counter::RowCounter;
use super::text::{TableSizeHint, TextIndex, count_text, index_text};
use crate::count::error::CountError;
use crate::count::partial::Partial;
use crate::count::plan::{Measure, Plan};
use crate::record::{Format, LineError, Record, counts, lines, v1, v2, v3};

/// Counts chunks, each one by itself.
///
/// ```
/// use ngramcount::count::{Format, Mapper, Plan};
///
/// let partial = Mapper::new(&Plan::default()).map(Format::Text, b"to be or not to be\n")?;
/// assert_eq!(partial.iter()?.next(), Some((&b"to"[..], 2)));
/// # Ok::<(), ngramcount::count::CountError>(())
/// ```
pub struct Mapper {
    plan: Plan,
    /// An error if the plan has too many words; the first chunk reports it.
    keys: Result<KeyFilter, CountError>,
    table_size: TableSizeHint,
}

impl Mapper {
    /// A mapper for the chunks of one job.
    pub fn new(plan: &Plan) -> Self {
        Self { plan: plan.without_words(), keys: KeyFilter::new(plan), table_size: TableSizeHint::default() }
    }

    /// The plan, without the words that it may select.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Counts the lines of `bytes`, which are in `format`. The last one may lack its end.
    ///
    /// With [`BadLines::Fail`](crate::count::BadLines::Fail) the count ends at the first bad line, which is then the
    /// only one in [`Partial::bad`]. The rest of that partial count is incomplete and of no use.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum of an n-gram does not fit 64 bits, [`CountError::Lacks`] if the plan asks for
    /// something that the format does not hold, [`CountError::TooManyNgrams`] if a table is full.
    pub fn map(&self, format: Format, bytes: &[u8]) -> Result<Partial, CountError> {
        self.plan.suits(format)?;
        let keys = self.keys.as_ref().map_err(CountError::clone)?;
        let measures = &self.plan.measures;
        if format.is_text() {
            count_text(&self.plan, keys, &self.table_size, format, bytes)
        } else if self.plan.separates_years() {
            self.map_rows(keys, format, bytes, YearAccumulator::new(measures))
        } else if measures.iter().eq([Measure::Matches]) {
            self.map_rows(keys, format, bytes, MatchesAccumulator::new())
        } else {
            self.map_rows(keys, format, bytes, MeasuresAccumulator::new(measures))
        }
    }

    /// Counts lines as [`map`](Self::map) does. If each file has its own sums, these are the sums of `file`.
    ///
    /// # Errors
    /// Those of [`map`](Self::map).
    pub(crate) fn map_of_file(&self, file: u32, format: Format, bytes: &[u8]) -> Result<Partial, CountError> {
        let partial = self.map(format, bytes)?;
        Ok(if self.plan.per_file { partial.in_year(file, self.plan.measures.count()) } else { partial })
    }

    /// Indexes the words of a text, from which its n-grams can be sorted without a table; `None` if the plan or the text asks for
    /// the table.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    pub(crate) fn index_text(&self, format: Format, bytes: &[u8]) -> Result<Option<TextIndex>, CountError> {
        let keys = self.keys.as_ref().map_err(CountError::clone)?;
        let sortable =
            format.is_text() && !self.plan.per_file && self.plan.text.longest > 1 && keys.keeps_words;
        if !sortable {
            return Ok(None);
        }
        self.plan.suits(format)?;
        index_text(&self.plan, keys, format, bytes)
    }

    fn map_rows<A: Accumulator>(
        &self,
        keys: &KeyFilter,
        format: Format,
        bytes: &[u8],
        accumulator: A,
    ) -> Result<Partial, CountError> {
        let mut counter = RowCounter::new(&self.plan, keys, accumulator);
        match format {
            Format::V2 => counter.add_rows(v2::records(bytes)),
            Format::V3 => v3::visit_lines(bytes, &mut counter),
            Format::V1 => counter.add_rows(lines(bytes).map(v1::parse)),
            _ => {
                let volumes = self.plan.measures.has(Measure::Volumes);
                counter.add_rows(lines(bytes).map(|line| row_of_counts(line, volumes)));
            }
        }
        counter.finish()
    }
}

/// A line of `counts` as a row without a year. Volumes may be missing if the plan does not count them.
fn row_of_counts(line: &[u8], volumes_needed: bool) -> Result<Record<'_>, LineError> {
    let counts::CountRecord { ngram, matches, volumes } = counts::parse(line)?;
    if volumes_needed && volumes.is_none() {
        return Err(LineError::Fields { expected: 3, found: 2 });
    }
    Ok(Record { ngram, year: 0, matches, volumes: volumes.unwrap_or(0), pages: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::partial::{BadLine, LineTally};
    use crate::count::plan::{BadLines, Selection};
    use crate::record::LineError;

    fn mapper(words: &[&str], bad_lines: BadLines) -> Mapper {
        let selection = match words {
            [] => Selection::All,
            words => Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect()),
        };
        Mapper::new(&Plan { selection, bad_lines, ..Plan::default() })
    }

    fn counts(partial: &Partial) -> Vec<(&str, u64)> {
        let counts = partial.iter().unwrap();
        counts.map(|(ngram, matches)| (std::str::from_utf8(ngram).unwrap(), matches)).collect()
    }

    fn tally(counted: u64, filtered: u64, bad: u64) -> LineTally {
        LineTally { read: counted + filtered + bad, counted, filtered, bad, quarantined: 0 }
    }

    /// The three published rows of a word, with neighbours.
    const ROWS: &str = "Aalst\t1999\t7\t3\nAardvark\t1822\t2\t1\nAardvark\t1824\t3\t1\nAardvark\t1827\t10\t9\n\
                        Aardvark_NOUN\t1827\t100\t9\naardvark\t1827\t1000\t9\n";

    #[test]
    fn all_rows_of_each_ngram_are_summed() {
        let partial = mapper(&[], BadLines::Fail).map(Format::V2, ROWS.as_bytes()).unwrap();
        let expected = [("Aalst", 7), ("Aardvark", 15), ("Aardvark_NOUN", 100), ("aardvark", 1000)];
        assert_eq!(counts(&partial), expected);
        assert_eq!((partial.lines, partial.bad), (tally(6, 0, 0), vec![]));
    }

    #[test]
    fn only_selected_words_are_counted_and_other_rows_are_filtered() {
        let partial =
            mapper(&["zebra", "Aardvark"], BadLines::Fail).map(Format::V2, ROWS.as_bytes()).unwrap();
        assert_eq!(counts(&partial), [("Aardvark", 15)]);
        assert_eq!(partial.lines, tally(3, 3, 0));
    }

    #[test]
    fn rows_of_an_ngram_that_are_apart_are_summed_too() {
        let text = "b\t1\t1\t1\na\t1\t2\t1\nb\t2\t4\t1\r\na\t1\t8\t1";
        let partial = mapper(&[], BadLines::Fail).map(Format::V2, text.as_bytes()).unwrap();
        assert_eq!(counts(&partial), [("b", 5), ("a", 10)]);
    }

    #[test]
    fn a_chunk_without_lines_has_an_empty_count() {
        assert_eq!(mapper(&[], BadLines::Fail).map(Format::V2, b""), Ok(Partial::default()));
    }

    #[test]
    fn a_word_with_zero_matches_is_in_the_count() {
        let partial = mapper(&["a"], BadLines::Fail).map(Format::V2, b"a\t1\t0\t0\n").unwrap();
        assert_eq!(counts(&partial), [("a", 0)]);
    }

    #[test]
    fn the_first_bad_line_ends_the_count_even_among_rows_that_are_filtered() {
        let text = "a\t1\t1\t1\na\t1\t1\nb\tx\t1\t1\na\t1\t1\t1\n";
        for words in [&[][..], &["zebra"]] {
            let partial = mapper(words, BadLines::Fail).map(Format::V2, text.as_bytes()).unwrap();
            let error = LineError::Fields { expected: 4, found: 3 };
            assert_eq!(partial.bad, [BadLine { line: 1, error }]);
            assert_eq!((partial.lines.read, partial.lines.bad), (2, 1));
            assert!(partial.lines.is_balanced());
        }
    }

    #[test]
    fn skipped_lines_are_counted_and_the_first_five_described() {
        let text = "a\t1\t1\t1\n".to_owned() + &"bad\n".repeat(7) + "a\t1\t2\t1\n";
        let partial = mapper(&[], BadLines::Skip).map(Format::V2, text.as_bytes()).unwrap();
        assert_eq!(counts(&partial), [("a", 3)]);
        assert_eq!(partial.lines, tally(2, 0, 7));
        assert_eq!(partial.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error_within_a_run_and_across_runs() {
        let large = format!("a\t1\t{}\t1\n", u64::MAX);
        let overflow = Err(CountError::Overflow { ngram: b"a".to_vec(), measure: Measure::Matches });
        for text in [format!("{large}a\t1\t1\t1\n"), format!("{large}b\t1\t1\t1\na\t1\t1\t1\n")] {
            assert_eq!(mapper(&[], BadLines::Skip).map(Format::V2, text.as_bytes()), overflow);
            // N-grams that are not selected are not summed.
            assert!(mapper(&["b"], BadLines::Skip).map(Format::V2, text.as_bytes()).is_ok());
        }
    }
}
