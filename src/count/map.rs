use std::ops::ControlFlow;

use super::error::CountError;
use super::filter::{Keys, Years};
use super::partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
use super::plan::{BadLines, Measure, Plan};
use super::sink::{ByYear, Plain, Sink, Wide, amounts};
use super::text::UsualText;
use super::tokens::TextRules;
use crate::record::{Format, LineError, Record, counts, lines, v1, v2, v3};

/// Counts chunks, each one by itself.
pub struct Mapper {
    pub(super) plan: Plan,
    pub(super) keys: Keys,
    pub(super) usual: UsualText,
}

impl Mapper {
    /// A mapper for the chunks of one job.
    pub fn new(plan: &Plan) -> Self {
        Self { plan: plan.without_words(), keys: Keys::new(plan), usual: UsualText::default() }
    }

    /// The plan, without the words that it may ask for.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Counts the lines of `bytes`, which are in `format`. The last one may lack its end.
    ///
    /// Under [`BadLines::Fail`] the count ends at the first bad line, which is then the only one in
    /// [`Partial::bad`]; what was counted up to there is of no use to anyone.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum of an n-gram does not fit 64 bits, [`CountError::Lacks`] if the plan asks for
    /// what the format does not hold.
    pub fn map(&self, format: Format, bytes: &[u8]) -> Result<Partial, CountError> {
        self.plan.suits(format)?;
        let measures = &self.plan.measures;
        if format == Format::Text {
            Ok(self.map_text(bytes))
        } else if self.plan.by_year {
            self.map_rows(format, bytes, ByYear::new(measures))
        } else if measures.iter().eq([Measure::Matches]) {
            self.map_rows(format, bytes, Plain::new())
        } else {
            self.map_rows(format, bytes, Wide::new(measures))
        }
    }

    fn map_rows<S: Sink>(&self, format: Format, bytes: &[u8], sink: S) -> Result<Partial, CountError> {
        let mut count = Count::new(self, sink);
        match format {
            Format::V2 => count.take_all(v2::records(bytes)),
            Format::V3 => v3::visit_lines(bytes, &mut count),
            Format::V1 => count.take_all(lines(bytes).map(v1::parse)),
            Format::Counts | Format::Text => {
                let volumes = self.plan.measures.has(Measure::Volumes);
                count.take_all(lines(bytes).map(|line| counted_row(line, volumes)));
            }
        }
        count.finish()
    }
}

impl Plan {
    /// Whether files in `format` hold what is asked for.
    ///
    /// # Errors
    /// [`CountError::Lacks`] says what they lack.
    pub fn suits(&self, format: Format) -> Result<(), CountError> {
        let lacks = |missing| Err(CountError::Lacks { format, missing });
        if format != Format::Text && self.text != TextRules::default() {
            return lacks("text that is to be cut into n-grams");
        }
        let dated = matches!(format, Format::V1 | Format::V2 | Format::V3);
        if !dated && (self.by_year || self.filter.years != Years::ALL) {
            return lacks("years");
        }
        if self.measures.has(Measure::Pages) && format != Format::V1 {
            return lacks("pages");
        }
        if self.measures.has(Measure::Volumes) && format == Format::Text {
            return lacks("volumes");
        }
        Ok(())
    }
}

/// A line of `counts` as a row of no particular year. Volumes may be missing where nobody asks for them.
fn counted_row(line: &[u8], volumes_wanted: bool) -> Result<Record<'_>, LineError> {
    let counts::CountRecord { ngram, matches, volumes } = counts::parse(line)?;
    if volumes_wanted && volumes.is_none() {
        return Err(LineError::Fields { expected: 3, found: 2 });
    }
    Ok(Record { ngram, year: 0, matches, volumes: volumes.unwrap_or(0), pages: 0 })
}

/// The count of one chunk under way.
struct Count<'m, 'a, S> {
    mapper: &'m Mapper,
    years: Years,
    all_years: bool,
    sink: S,
    lines: LineTally,
    bad: Vec<BadLine>,
    run: Run<'a>,
    outcome: Result<(), CountError>,
}

/// Rows of one n-gram that follow each other, in a real file one for each year in which it occurs. They are summed
/// here, so that the n-gram is looked at once for all of them.
struct Run<'a> {
    ngram: &'a [u8],
    /// The n-gram is one that counts,
    taken: bool,
    /// in each year,
    every_year: bool,
    /// under this key, if that is not the n-gram itself.
    key: Option<Vec<u8>>,
    rows: u64,
    /// Those that do not count: of another n-gram than is asked for, or another year.
    skipped: u64,
}

impl<'m, 'a, S: Sink> Count<'m, 'a, S> {
    fn new(mapper: &'m Mapper, sink: S) -> Self {
        Self {
            mapper,
            years: mapper.plan.filter.years,
            all_years: mapper.plan.filter.years == Years::ALL,
            sink,
            lines: LineTally::default(),
            bad: Vec::new(),
            run: Run { ngram: &[], taken: false, every_year: false, key: None, rows: 0, skipped: 0 },
            outcome: Ok(()),
        }
    }

    #[expect(
        clippy::explicit_counter_loop,
        reason = "with the rows numbered by `zip` the loop takes a fifth longer"
    )]
    fn take_all(&mut self, rows: impl Iterator<Item = Result<Record<'a>, LineError>>) {
        let mut line = 0;
        for row in rows {
            let flow = match row {
                Ok(row) => self.take_row(row),
                Err(error) => self.bad_line(line, error),
            };
            if flow.is_break() {
                return;
            }
            line += 1;
        }
    }

    #[inline(always)]
    fn take_row(&mut self, row: Record<'a>) -> ControlFlow<()> {
        // The address settles nearly all rows; see `v2::rows`.
        if !std::ptr::eq(row.ngram, self.run.ngram) && self.other_run(row.ngram).is_break() {
            return ControlFlow::Break(());
        }
        self.run.rows += 1;
        if self.run.taken && self.years.contain(row.year) {
            self.sink.row(row.year, amounts(row.matches, row.volumes, row.pages, 1));
        } else {
            self.run.skipped += 1;
        }
        ControlFlow::Continue(())
    }

    /// Another n-gram, or the same one at another place. One row of a hundred comes here, so it is kept out of the loop
    /// of the others.
    #[inline(never)]
    fn other_run(&mut self, ngram: &'a [u8]) -> ControlFlow<()> {
        if ngram == self.run.ngram {
            return ControlFlow::Continue(());
        }
        let ended = self.end_run();
        self.begin_run(ngram);
        self.go_on(ended)
    }

    fn go_on(&mut self, outcome: Result<(), CountError>) -> ControlFlow<()> {
        match outcome {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.outcome = Err(error);
                ControlFlow::Break(())
            }
        }
    }

    #[inline(always)]
    fn begin_run(&mut self, ngram: &'a [u8]) {
        self.run = Run { ngram, taken: true, every_year: self.all_years, key: None, rows: 0, skipped: 0 };
        if !self.mapper.keys.takes_all {
            self.look_up();
        }
    }

    #[inline(never)]
    fn look_up(&mut self) {
        let mut scratch = Vec::new();
        let key = self.mapper.keys.key(self.run.ngram, &mut scratch);
        self.run.taken = key.is_some();
        self.run.every_year &= self.run.taken;
        self.run.key = key.filter(|key| *key != self.run.ngram).map(<[u8]>::to_vec);
    }

    fn end_run(&mut self) -> Result<(), CountError> {
        let Run { rows, skipped, .. } = self.run;
        self.lines.read += rows;
        self.lines.filtered += skipped;
        self.lines.counted += rows - skipped;
        if rows == skipped {
            return Ok(());
        }
        self.sink.end(self.run.key.as_deref().unwrap_or(self.run.ngram))
    }

    /// What a year that counts adds to the lines of its n-gram: the first one of a v3 line stands for all of them.
    #[inline(always)]
    fn lines_of_year(&mut self) -> u64 {
        let lines = u64::from(self.mapper.plan.by_year || self.run.skipped == 1);
        self.run.skipped = 0;
        lines
    }

    #[cold]
    fn bad_line(&mut self, line: u64, error: LineError) -> ControlFlow<()> {
        self.lines.read += 1;
        self.lines.bad += 1;
        match self.mapper.plan.bad_lines {
            BadLines::Fail => {
                self.bad = vec![BadLine { line, error }];
                ControlFlow::Break(())
            }
            BadLines::Skip => {
                if self.bad.len() < SHOWN_BAD_LINES {
                    self.bad.push(BadLine { line, error });
                }
                ControlFlow::Continue(())
            }
        }
    }

    fn finish(mut self) -> Result<Partial, CountError> {
        std::mem::replace(&mut self.outcome, Ok(()))?;
        self.end_run()?;
        Ok(self.sink.finish(self.lines, self.bad))
    }
}

/// A v3 line is a whole n-gram. It is counted if one of its years is.
impl<'a, S: Sink> v3::Visitor<'a> for Count<'_, 'a, S> {
    const IN_ORDER: bool = S::IN_ORDER;

    #[inline(always)]
    fn begin(&mut self, ngram: &'a [u8]) {
        self.sink.clear();
        self.begin_run(ngram);
        (self.run.rows, self.run.skipped) = (1, 1);
    }

    #[inline(always)]
    fn year(&mut self, year: v3::Year) {
        if self.run.every_year || self.run.taken && self.years.contain(year.year) {
            let lines = self.lines_of_year();
            self.sink.row(year.year, amounts(year.matches, year.volumes, 0, lines));
        }
    }

    #[inline(always)]
    fn end(&mut self, line: u64, outcome: Result<(), LineError>) -> ControlFlow<()> {
        match outcome {
            Ok(()) => {
                let ended = self.end_run();
                (self.run.rows, self.run.skipped) = (0, 0);
                self.go_on(ended)
            }
            Err(error) => {
                self.sink.clear();
                (self.run.rows, self.run.skipped) = (0, 0);
                self.bad_line(line, error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::Selection;

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
    fn only_asked_words_that_occur_are_counted_and_the_other_rows_are_filtered() {
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
    fn a_word_without_a_match_occurs_all_the_same() {
        let partial = mapper(&["a"], BadLines::Fail).map(Format::V2, b"a\t1\t0\t0\n").unwrap();
        assert_eq!(counts(&partial), [("a", 0)]);
    }

    #[test]
    fn the_first_bad_line_ends_the_count_also_among_rows_that_are_not_asked_for() {
        let text = "a\t1\t1\t1\na\t1\t1\nb\tx\t1\t1\na\t1\t1\t1\n";
        for words in [&[][..], &["zebra"]] {
            let partial = mapper(words, BadLines::Fail).map(Format::V2, text.as_bytes()).unwrap();
            let error = LineError::Fields { expected: 4, found: 3 };
            assert_eq!(partial.bad, [BadLine { line: 1, error }]);
            assert_eq!((partial.lines.read, partial.lines.bad), (2, 1));
            assert!(partial.lines.is_conserved());
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
            // What is not asked for is not summed.
            assert!(mapper(&["b"], BadLines::Skip).map(Format::V2, text.as_bytes()).is_ok());
        }
    }
}
