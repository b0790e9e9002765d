//! Reducer: sums all partial counts of a job.

use std::mem::replace;

use super::sum_table::SumTable;
use crate::count::answer::{Answer, AnswerOptions, build_answer, first_ngrams};
use crate::count::error::CountError;
use crate::count::partial::{LineTally, Partial};
use crate::count::plan::{Plan, Selection};

/// Sums partial counts, in any order, into an answer.
///
/// It does not know chunks: the caller must merge each one exactly once.
///
/// ```
/// use ngramcount::count::{Format, Mapper, AnswerOptions, Plan, Reducer};
///
/// let plan = Plan::default();
/// let mapper = Mapper::new(&plan);
/// let mut reducer = Reducer::new(&plan);
/// for text in ["or not to be", "to be"] {
///     reducer.merge(&mapper.map(Format::Text, text.as_bytes())?)?;
/// }
/// let answer = reducer.finish(&AnswerOptions::default())?;
/// assert_eq!(answer.rows().next().unwrap().ngram, b"be");
/// # Ok::<(), ngramcount::count::CountError>(())
/// ```
pub struct Reducer {
    plan: Plan,
    sums: SumTable,
    /// With a selection by words: the slot of each, in the order of the selection, duplicates included.
    query: Option<Vec<u32>>,
    lines: LineTally,
    /// The first error, if any.
    failure: Option<CountError>,
}

impl Reducer {
    /// A reducer for the partial counts of one job.
    pub fn new(plan: &Plan) -> Self {
        Self::with_sums(plan, SumTable::new(plan))
    }

    fn with_sums(plan: &Plan, mut sums: SumTable) -> Self {
        let (query, failure) = match query_slots(plan, &mut sums) {
            Ok(query) => (query, None),
            Err(error) => (None, Some(error)),
        };
        Self { plan: plan.without_words(), sums, query, lines: LineTally::default(), failure }
    }

    /// Adds the partial count of a chunk. Bad lines are only counted.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::Damaged`] if the partial count contradicts itself,
    /// [`CountError::TooManyNgrams`] if the table is full. After an error nothing is merged any more; each call returns
    /// that error again.
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
        if !partial.lines.is_balanced() {
            return Err(CountError::Damaged("its lines do not add up"));
        }
        if self.query.is_some() && !partial.ngrams()?.all(|ngram| self.sums.contains(ngram)) {
            return Err(CountError::Damaged("it counts an n-gram that was not asked for"));
        }
        self.sums.merge(partial, &self.plan)
    }

    /// The answer in the given order.
    ///
    /// # Errors
    /// [`CountError::NoTotal`] if the answer is relative to totals that have none for a year,
    /// [`CountError::ManyYears`] or [`CountError::TooManyRows`] if there would be too many rows, and the error of
    /// [`merge`](Self::merge), if there was one.
    pub fn finish(self, order: &AnswerOptions) -> Result<Answer, CountError> {
        self.finish_part(order, None)
    }

    /// The answer, if these are the sums of a part of the n-grams: with the first and the last year of all of them.
    pub(crate) fn finish_part(
        self,
        order: &AnswerOptions,
        years: Option<(u32, u32)>,
    ) -> Result<Answer, CountError> {
        match self.failure {
            Some(failure) => Err(failure),
            None => {
                let mut sums = self.sums.into_final_sums(&self.plan);
                sums.years_of_count = years;
                build_answer(sums, self.query, self.lines, &self.plan, order)
            }
        }
    }

    /// The number of different n-grams so far.
    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }

    /// The approximate memory of the sums in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.sums.memory_bytes(&self.plan)
    }

    /// The account of the lines so far.
    pub(crate) fn lines(&self) -> LineTally {
        self.lines
    }

    /// Adds to the account of the lines.
    pub(crate) fn add_lines(&mut self, lines: LineTally) {
        self.lines += lines;
    }

    /// Takes out all sums.
    pub(crate) fn take_sums(&mut self) -> Partial {
        replace(&mut self.sums, SumTable::new(&self.plan)).into_partial()
    }

    /// A copy of all sums.
    pub(crate) fn copy_sums(&self) -> Partial {
        self.sums.clone().into_partial()
    }

    /// Keeps only the first n-grams of an order with a `top`.
    ///
    /// # Errors
    /// [`CountError::TooManyRows`], or that of [`merge`](Self::merge).
    pub(crate) fn keep_first(&mut self, order: &AnswerOptions) -> Result<(), CountError> {
        let sums = replace(&mut self.sums, SumTable::new(&self.plan)).into_final_sums(&self.plan);
        self.merge(&first_ngrams(&sums, order)?)
    }
}

/// The slots of the words of the selection. All words are inserted, so that one that never occurs has a sum of 0.
fn query_slots(plan: &Plan, sums: &mut SumTable) -> Result<Option<Vec<u32>>, CountError> {
    let Selection::Words(words) = &plan.selection else { return Ok(None) };
    let mut slots = Vec::with_capacity(words.len());
    for word in words {
        let key = plan.filter.query_key(word);
        slots.push(sums.slot(&key).map_err(|error| CountError::of_table(error, &key, &plan.measures))?);
    }
    Ok(Some(slots))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::map::Mapper;
    use crate::count::plan::{BadLines, Measure};
    use crate::count::{Format, Row, Value};

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
    fn an_ngram_in_several_chunks_is_summed_over_all_of_them() {
        let chunks = ["a\t1\t1\t1\nb\t1\t2\t1\n", "b\t2\t4\t1\nbad\n", "", "b\t3\t8\t1\nc\t1\t16\t1\n"];
        let answer = reduced(Selection::All, &chunks).unwrap().finish(&AnswerOptions::default()).unwrap();
        let expected: [(&[u8], u64); 3] = [(b"c", 16), (b"b", 14), (b"a", 1)];
        assert_eq!(rows(&answer), expected);
        assert_eq!(answer.lines(), LineTally { read: 6, counted: 5, bad: 1, ..LineTally::default() });
        assert_eq!(answer.matches_total(), Some(31));
    }

    #[test]
    fn without_a_chunk_the_answer_is_empty() {
        let answer = reduced(Selection::All, &[]).unwrap().finish(&AnswerOptions::default()).unwrap();
        assert!(answer.is_empty());
        let answer = reduced(words(&["a"]), &[]).unwrap().finish(&AnswerOptions::default()).unwrap();
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
        let mut unasked = Partial::default();
        unasked.push(b"b", &[], &[1]);
        for partial in [unconserved, unasked] {
            let plan = Plan { selection: words(&["a"]), ..Plan::default() };
            let mut reducer = Reducer::new(&plan);
            let refused = reducer.merge(&partial);
            assert!(matches!(refused, Err(CountError::Damaged(_))), "{refused:?}");
            assert_eq!(reducer.merge(&Partial::default()), refused, "nothing is merged after an error");
            assert_eq!(reducer.finish(&AnswerOptions::default()).err(), refused.err());
        }
    }

    #[test]
    fn more_n_grams_than_a_table_holds_are_an_error_to_the_end() {
        for (by_year, selection) in
            [(false, Selection::All), (true, Selection::All), (false, words(&["a", "b", "c"]))]
        {
            let plan = Plan { by_year, selection, ..Plan::default() };
            let mut sums = SumTable::new(&plan);
            sums.set_limit(2);
            let mut reducer = Reducer::with_sums(&plan, sums);
            let partial =
                Mapper::new(&plan).map(Format::V2, b"a\t1\t1\t1\nb\t1\t1\t1\nc\t1\t1\t1\n").unwrap();
            let full = CountError::TooManyNgrams { limit: 2 };
            assert_eq!(reducer.merge(&partial), Err(full.clone()));
            assert_eq!(reducer.finish(&AnswerOptions::default()).err(), Some(full));
        }
    }
}
