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

/// Rows of one n-gram that follow each other. They are summed here, so that the table is probed once a run: a real
/// file has about 65 rows to an n-gram.
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
