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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{BadLines, Mapper, Plan};

    /// The reducer after one chunk for each text.
    fn reduced(selection: Selection, chunks: &[&str]) -> Result<Reducer, CountError> {
        let mut reducer = Reducer::new(&selection);
        let mapper = Mapper::new(&Plan { selection, bad_lines: BadLines::Skip });
        for chunk in chunks {
            reducer.merge(&mapper.map(chunk.as_bytes())?)?;
        }
        Ok(reducer)
    }

    fn words(words: &[&str]) -> Selection {
        Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    #[test]
    fn an_ngram_that_lies_across_chunks_is_summed_over_all_of_them() {
        let chunks = ["a\t1\t1\t1\nb\t1\t2\t1\n", "b\t2\t4\t1\nbad\n", "", "b\t3\t8\t1\nc\t1\t16\t1\n"];
        let answer = reduced(Selection::All, &chunks).unwrap().finish(&Order::default());
        let expected: [(&[u8], u64); 3] = [(b"c", 16), (b"b", 14), (b"a", 1)];
        assert_eq!(answer.iter().collect::<Vec<_>>(), expected);
        assert_eq!(answer.lines(), LineTally { read: 6, counted: 5, bad: 1, ..LineTally::default() });
        assert_eq!(answer.matches_total(), 31);
    }

    #[test]
    fn no_chunk_at_all_gives_an_empty_answer() {
        let answer = reduced(Selection::All, &[]).unwrap().finish(&Order::default());
        assert!(answer.is_empty());
        let answer = reduced(words(&["a"]), &[]).unwrap().finish(&Order::default());
        assert_eq!(answer.iter().collect::<Vec<_>>(), [(&b"a"[..], 0)]);
    }

    #[test]
    fn a_sum_over_chunks_beyond_64_bits_is_an_error() {
        let large = format!("a\t1\t{}\t1\n", u64::MAX);
        let error = reduced(Selection::All, &[&large, "a\t1\t1\t1\n"]).err();
        assert_eq!(error, Some(CountError::Overflow { ngram: b"a".to_vec() }));
        assert_eq!(error.unwrap().to_string(), "the matches of `a` add up to more than 18446744073709551615");
    }

    #[test]
    fn a_partial_count_that_cannot_be_true_is_refused() {
        let mut unconserved = Partial::default();
        unconserved.lines.read = 1;
        let unasked =
            Partial { keys: b"b".to_vec(), lengths: vec![1], tallies: vec![1], ..Partial::default() };
        for partial in [unconserved, unasked] {
            let refused = Reducer::new(&words(&["a"])).merge(&partial);
            assert!(matches!(refused, Err(CountError::Damaged(_))), "{partial:?}");
        }
    }

    #[test]
    fn lines_in_quarantine_stay_accounted_for() {
        let mut reducer = reduced(Selection::All, &["a\t1\t1\t1\n"]).unwrap();
        reducer.quarantine(20_000);
        let lines = reducer.finish(&Order::default()).lines();
        assert_eq!((lines.read, lines.quarantined), (20_001, 20_000));
        assert!(lines.is_conserved());
    }
}
