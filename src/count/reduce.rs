use super::answer::{Answer, Order};
use super::error::CountError;
use super::filter::typed;
use super::finish::finish;
use super::partial::{LineTally, Partial};
use super::plan::{Plan, Selection};
use super::sums::Sums;

/// Sums partial counts, in any order, into an answer.
///
/// It trusts that each chunk is merged once; who hands out chunks sees to that.
pub struct Reducer {
    plan: Plan,
    sums: Sums,
    /// With a selection by words: the position of each, as often as it was asked for.
    asked: Option<Vec<u32>>,
    lines: LineTally,
    failure: Option<CountError>,
}

impl Reducer {
    /// A reducer for the partial counts of one job.
    pub fn new(plan: &Plan) -> Self {
        let mut sums = Sums::new(plan);
        let asked = match &plan.selection {
            Selection::All => None,
            // All words go in now, so that the one that never occurs has its sum of 0.
            Selection::Words(words) => {
                let word = |word: &Vec<u8>| sums.slot(&typed(word, plan.filter.ignore_case));
                Some(words.iter().map(word).collect())
            }
        };
        Self { plan: plan.without_words(), sums, asked, lines: LineTally::default(), failure: None }
    }

    /// Adds the partial count of a chunk. Its bad lines are only counted here: where they stand is known to the caller
    /// alone.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::Damaged`] if the partial count contradicts itself.
    /// After an error nothing is merged any more; each call gives that error again.
    pub fn merge(&mut self, partial: &Partial) -> Result<(), CountError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if let Err(failure) = self.try_merge(partial) {
            return Err(self.failure.insert(failure).clone());
        }
        self.lines += partial.lines;
        Ok(())
    }

    fn try_merge(&mut self, partial: &Partial) -> Result<(), CountError> {
        if !partial.lines.is_conserved() {
            return Err(CountError::Damaged("its lines do not add up"));
        }
        partial.check(&self.plan)?;
        if self.asked.is_some() && !partial.ngrams()?.all(|ngram| self.sums.contains(ngram)) {
            return Err(CountError::Damaged("it counts an n-gram that was not asked for"));
        }
        self.sums.merge(partial, &self.plan)
    }

    /// Accounts for lines that no worker could count.
    pub fn quarantine(&mut self, lines: u64) {
        self.lines.read += lines;
        self.lines.quarantined += lines;
    }

    /// The answer, in the order asked for.
    ///
    /// # Errors
    /// [`CountError::NoTotal`] if shares are asked for and there is nothing to divide by. If something could not be
    /// merged, that.
    pub fn finish(self, order: &Order) -> Result<Answer, CountError> {
        match self.failure {
            Some(failure) => Err(failure),
            None => finish(self.sums.into_counted(), self.asked, self.lines, &self.plan, order),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{BadLines, Format, Mapper, Measure, Row, Value};

    /// The reducer after one chunk for each text.
    fn reduced(selection: Selection, chunks: &[&str]) -> Result<Reducer, CountError> {
        let plan = Plan { selection, bad_lines: BadLines::Skip, ..Plan::default() };
        let mut reducer = Reducer::new(&plan);
        let mapper = Mapper::new(&plan);
        for chunk in chunks {
            reducer.merge(&mapper.map(Format::V2, chunk.as_bytes())?)?;
        }
        Ok(reducer)
    }

    fn rows(answer: &Answer) -> Vec<(&[u8], u64)> {
        let matches = |row: Row<'_>| {
            row.values.get(0).map_or(0, |value| match value {
                Value::Integer(matches) => matches,
                Value::Real(_) => panic!("a real number"),
            })
        };
        answer.rows().map(|row| (row.ngram, matches(row))).collect::<Vec<_>>()
    }

    fn words(words: &[&str]) -> Selection {
        Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    #[test]
    fn an_ngram_that_lies_across_chunks_is_summed_over_all_of_them() {
        let chunks = ["a\t1\t1\t1\nb\t1\t2\t1\n", "b\t2\t4\t1\nbad\n", "", "b\t3\t8\t1\nc\t1\t16\t1\n"];
        let answer = reduced(Selection::All, &chunks).unwrap().finish(&Order::default()).unwrap();
        let expected: [(&[u8], u64); 3] = [(b"c", 16), (b"b", 14), (b"a", 1)];
        assert_eq!(rows(&answer), expected);
        assert_eq!(answer.lines(), LineTally { read: 6, counted: 5, bad: 1, ..LineTally::default() });
        assert_eq!(answer.matches_total(), Some(31));
    }

    #[test]
    fn no_chunk_at_all_gives_an_empty_answer() {
        let answer = reduced(Selection::All, &[]).unwrap().finish(&Order::default()).unwrap();
        assert!(answer.is_empty());
        let answer = reduced(words(&["a"]), &[]).unwrap().finish(&Order::default()).unwrap();
        assert_eq!(rows(&answer), [(&b"a"[..], 0)]);
    }

    #[test]
    fn a_sum_over_chunks_beyond_64_bits_is_an_error() {
        let large = format!("a\t1\t{}\t1\n", u64::MAX);
        let error = reduced(Selection::All, &[&large, "a\t1\t1\t1\n"]).err();
        assert_eq!(error, Some(CountError::Overflow { ngram: b"a".to_vec(), measure: Measure::Matches }));
        assert_eq!(error.unwrap().to_string(), "the matches of `a` add up to more than 18446744073709551615");
    }

    #[test]
    fn a_partial_count_that_cannot_be_true_is_refused() {
        let mut unconserved = Partial::default();
        unconserved.lines.read = 1;
        let unasked =
            Partial { keys: b"b".to_vec(), lengths: vec![1], tallies: vec![1], ..Partial::default() };
        for partial in [unconserved, unasked] {
            let plan = Plan { selection: words(&["a"]), ..Plan::default() };
            let mut reducer = Reducer::new(&plan);
            let refused = reducer.merge(&partial);
            assert!(matches!(refused, Err(CountError::Damaged(_))), "{refused:?}");
            assert_eq!(reducer.merge(&Partial::default()), refused, "nothing is merged after an error");
            assert_eq!(reducer.finish(&Order::default()).err(), refused.err());
        }
    }

    #[test]
    fn lines_in_quarantine_stay_accounted_for() {
        let mut reducer = reduced(Selection::All, &["a\t1\t1\t1\n"]).unwrap();
        reducer.quarantine(20_000);
        let lines = reducer.finish(&Order::default()).unwrap().lines();
        assert_eq!((lines.read, lines.quarantined), (20_001, 20_000));
        assert!(lines.is_conserved());
    }
}
