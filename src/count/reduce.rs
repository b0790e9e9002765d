use super::answer::{Answer, Order};
use super::error::CountError;
use super::partial::{LineTally, Partial};
use super::select::Selection;
use super::table::Table;

/// Sums partial counts, in any order, into an answer.
///
/// It trusts that each chunk is merged once; who hands out chunks sees to that.
pub struct Reducer {
    table: Table,
    /// With a selection by words: the position of each in the table, as often as it was asked for.
    asked: Option<Vec<u32>>,
    lines: LineTally,
}

impl Reducer {
    /// A reducer for the partial counts of one job.
    pub fn new(selection: &Selection) -> Self {
        let mut table = Table::new();
        let asked = match selection {
            Selection::All => None,
            // All words go in now, so that the one that never occurs has its sum of 0.
            Selection::Words(words) => Some(words.iter().map(|word| table.slot(word)).collect()),
        };
        Self { table, asked, lines: LineTally::default() }
    }

    /// Adds one partial count. Its bad lines are only counted here: where they stand is known to the caller alone.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::Damaged`] if the partial count contradicts itself.
    /// The reducer is of no use after an error.
    pub fn merge(&mut self, partial: &Partial) -> Result<(), CountError> {
        if !partial.lines.is_conserved() {
            return Err(CountError::Damaged("its lines do not add up"));
        }
        for (ngram, matches) in partial.iter()? {
            if self.asked.is_some() && !self.table.contains(ngram) {
                return Err(CountError::Damaged("it counts an n-gram that was not asked for"));
            }
            self.table.add(ngram, matches).map_err(CountError::overflow(ngram))?;
        }
        self.lines += partial.lines;
        Ok(())
    }

    /// The number of different n-grams so far.
    pub fn ngrams(&self) -> usize {
        self.table.len()
    }

    /// Accounts for lines that no worker could count.
    pub fn quarantine(&mut self, lines: u64) {
        self.lines.read += lines;
        self.lines.quarantined += lines;
    }

    /// The answer, in the order asked for.
    pub fn finish(self, order: &Order) -> Answer {
        Answer::new(self.table, self.asked, self.lines, order)
    }
}
