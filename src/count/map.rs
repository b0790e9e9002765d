use std::ops::ControlFlow;

use super::error::CountError;
use super::partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
use super::select::{BadLines, Plan, Selection};
use super::table::Table;
use crate::record::{LineError, Row, v2};

/// Counts chunks, each one by itself.
pub struct Mapper {
    /// The n-grams asked for; `None` stands for all.
    asked: Option<Table>,
    bad_lines: BadLines,
}

impl Mapper {
    /// A mapper for the chunks of one job.
    pub fn new(plan: &Plan) -> Self {
        let asked = match &plan.selection {
            Selection::All => None,
            Selection::Words(words) => {
                let mut asked = Table::new();
                for word in words {
                    asked.slot(word);
                }
                Some(asked)
            }
        };
        Self { asked, bad_lines: plan.bad_lines }
    }

    /// Counts the lines of `bytes`. The last one may lack its end.
    ///
    /// Under [`BadLines::Fail`] the count ends at the first bad line, which is then the only one in
    /// [`Partial::bad`]; what was counted up to there is of no use to anyone.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if the matches of an n-gram do not fit 64 bits.
    pub fn map(&self, bytes: &[u8]) -> Result<Partial, CountError> {
        let mut count = Count::new(self);
        let mut outcome = Ok(());
        v2::for_each_row(bytes, |line, row| {
            count.lines.read += 1;
            match row {
                Ok(row) => match count.row(&row) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        outcome = Err(error);
                        ControlFlow::Break(())
                    }
                },
                Err(error) => count.bad_line(line, error),
            }
        });
        outcome?;
        count.finish()
    }
}

/// The count of one chunk under way.
struct Count<'m, 'a> {
    mapper: &'m Mapper,
    table: Table,
    lines: LineTally,
    bad: Vec<BadLine>,
    run: Run<'a>,
}

/// Rows of one n-gram that follow each other, in a real file one for each year in which it occurs. They are summed
/// here, so that the table is probed once for all of them.
struct Run<'a> {
    ngram: &'a [u8],
    asked: bool,
    matches: u64,
    rows: u64,
}

impl<'m, 'a> Count<'m, 'a> {
    fn new(mapper: &'m Mapper) -> Self {
        Self {
            mapper,
            table: Table::new(),
            lines: LineTally::default(),
            bad: Vec::new(),
            run: Run { ngram: &[], asked: false, matches: 0, rows: 0 },
        }
    }

    #[inline(always)]
    fn row(&mut self, row: &Row<'a>) -> Result<(), CountError> {
        // The address settles nearly all rows; see `for_each_row`.
        if !std::ptr::eq(row.ngram, self.run.ngram) && row.ngram != self.run.ngram {
            self.end_run()?;
            let asked = self.mapper.asked.as_ref().is_none_or(|asked| asked.contains(row.ngram));
            self.run = Run { ngram: row.ngram, asked, matches: 0, rows: 0 };
        }
        self.run.rows += 1;
        if self.run.asked {
            let matches = self.run.matches.checked_add(row.matches);
            self.run.matches = matches.ok_or_else(|| CountError::Overflow { ngram: row.ngram.to_vec() })?;
        }
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), CountError> {
        if self.run.asked {
            self.lines.counted += self.run.rows;
            self.table.add(self.run.ngram, self.run.matches).map_err(CountError::overflow(self.run.ngram))
        } else {
            self.lines.filtered += self.run.rows;
            Ok(())
        }
    }

    #[cold]
    fn bad_line(&mut self, line: u64, error: LineError) -> ControlFlow<()> {
        self.lines.bad += 1;
        match self.mapper.bad_lines {
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
        self.end_run()?;
        Ok(Partial::new(self.table, self.lines, self.bad))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapper(words: &[&str], bad_lines: BadLines) -> Mapper {
        let selection = match words {
            [] => Selection::All,
            words => Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect()),
        };
        Mapper::new(&Plan { selection, bad_lines })
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
        let partial = mapper(&[], BadLines::Fail).map(ROWS.as_bytes()).unwrap();
        let expected = [("Aalst", 7), ("Aardvark", 15), ("Aardvark_NOUN", 100), ("aardvark", 1000)];
        assert_eq!(counts(&partial), expected);
        assert_eq!((partial.lines, partial.bad), (tally(6, 0, 0), vec![]));
    }

    #[test]
    fn only_asked_words_that_occur_are_counted_and_the_other_rows_are_filtered() {
        let partial = mapper(&["zebra", "Aardvark"], BadLines::Fail).map(ROWS.as_bytes()).unwrap();
        assert_eq!(counts(&partial), [("Aardvark", 15)]);
        assert_eq!(partial.lines, tally(3, 3, 0));
    }

    #[test]
    fn rows_of_an_ngram_that_are_apart_are_summed_too() {
        let text = "b\t1\t1\t1\na\t1\t2\t1\nb\t2\t4\t1\r\na\t1\t8\t1";
        let partial = mapper(&[], BadLines::Fail).map(text.as_bytes()).unwrap();
        assert_eq!(counts(&partial), [("b", 5), ("a", 10)]);
    }

    #[test]
    fn a_chunk_without_lines_has_an_empty_count() {
        assert_eq!(mapper(&[], BadLines::Fail).map(b""), Ok(Partial::default()));
    }

    #[test]
    fn a_word_without_a_match_occurs_all_the_same() {
        let partial = mapper(&["a"], BadLines::Fail).map(b"a\t1\t0\t0\n").unwrap();
        assert_eq!(counts(&partial), [("a", 0)]);
    }

    #[test]
    fn the_first_bad_line_ends_the_count_also_among_rows_that_are_not_asked_for() {
        let text = "a\t1\t1\t1\na\t1\t1\nb\tx\t1\t1\na\t1\t1\t1\n";
        for words in [&[][..], &["zebra"]] {
            let partial = mapper(words, BadLines::Fail).map(text.as_bytes()).unwrap();
            let error = LineError::Fields { expected: 4, found: 3 };
            assert_eq!(partial.bad, [BadLine { line: 1, error }]);
            assert_eq!((partial.lines.read, partial.lines.bad), (2, 1));
            assert!(partial.lines.is_conserved());
        }
    }

    #[test]
    fn skipped_lines_are_counted_and_the_first_five_described() {
        let text = "a\t1\t1\t1\n".to_owned() + &"bad\n".repeat(7) + "a\t1\t2\t1\n";
        let partial = mapper(&[], BadLines::Skip).map(text.as_bytes()).unwrap();
        assert_eq!(counts(&partial), [("a", 3)]);
        assert_eq!(partial.lines, tally(2, 0, 7));
        assert_eq!(partial.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error_within_a_run_and_across_runs() {
        let large = format!("a\t1\t{}\t1\n", u64::MAX);
        let overflow = Err(CountError::Overflow { ngram: b"a".to_vec() });
        for text in [format!("{large}a\t1\t1\t1\n"), format!("{large}b\t1\t1\t1\na\t1\t1\t1\n")] {
            assert_eq!(mapper(&[], BadLines::Skip).map(text.as_bytes()), overflow);
            // What is not asked for is not summed.
            assert!(mapper(&["b"], BadLines::Skip).map(text.as_bytes()).is_ok());
        }
    }
}
