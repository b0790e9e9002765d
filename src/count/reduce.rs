use std::sync::Arc;

use super::answer::{Answer, Order};
use super::error::CountError;
use super::filter::typed;
use super::finish::finish;
use super::partial::{LineTally, Partial};
use super::plan::{Plan, Selection};
use super::shares::Shares;
use super::sums::Sums;

/// Sums partial counts, in any order, into an answer.
///
/// It trusts that each chunk is merged once; who hands out chunks sees to that.
pub struct Reducer {
    plan: Arc<Plan>,
    /// What the calling thread has merged; with `shares` it is empty.
    sums: Vec<Sums>,
    /// The threads that merge in its place.
    shares: Option<Shares>,
    /// How many of them there may be, and from how many n-grams on.
    sharing: (usize, usize),
    /// With a selection by words: the position of each, as often as it was asked for.
    asked: Option<Vec<u32>>,
    lines: LineTally,
    failure: Option<Unmerged>,
}

/// Why a chunk's partial count could not be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unmerged {
    /// The number of the chunk.
    pub chunk: u64,
    /// The reason.
    pub error: CountError,
}

/// More merging threads than this have nothing to do: one thread hands them their work.
const MOST_THREADS: usize = 32;

impl Reducer {
    /// So many n-grams make several threads worth their while, see `docs/performance.md`.
    pub const MANY: usize = 1 << 20;

    /// A reducer for the partial counts of one job. All merging is done by the thread that asks for it.
    pub fn new(plan: &Plan) -> Self {
        let mut sums = Sums::new(plan, Default::default());
        let asked = match &plan.selection {
            Selection::All => None,
            // All words go in now, so that the one that never occurs has its sum of 0.
            Selection::Words(words) => {
                let word = |word: &Vec<u8>| sums.slot(&typed(word, plan.filter.ignore_case));
                Some(words.iter().map(word).collect())
            }
        };
        let plan = Arc::new(plan.without_words());
        Self {
            plan,
            sums: vec![sums],
            shares: None,
            sharing: (1, Self::MANY),
            asked,
            lines: LineTally::default(),
            failure: None,
        }
    }

    /// From `many` different n-grams on, up to `threads` threads merge, each the n-grams of some hashes. The answer is
    /// the same. A selection by words is never worth it.
    #[must_use]
    pub fn sharing(mut self, threads: usize, many: usize) -> Self {
        self.sharing = (threads.min(MOST_THREADS), many);
        self
    }

    /// Adds the partial count of a chunk. Its bad lines are only counted here: where they stand is known to the caller
    /// alone.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::Damaged`] if the partial count contradicts itself.
    /// Where other threads merge, an overflow may be told by a later call, with the number of its own chunk. After an
    /// error nothing is merged any more; each call gives that error again.
    pub fn merge(&mut self, chunk: u64, partial: Partial) -> Result<(), Unmerged> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let lines = partial.lines;
        let merged = self.try_merge(chunk, partial).map_err(|error| Unmerged { chunk, error });
        if let Err(failure) = merged {
            return Err(self.failure.insert(failure).clone());
        }
        self.lines += lines;
        match &self.shares {
            Some(shares) if shares.failed() => self.settle(),
            _ => Ok(()),
        }
    }

    fn try_merge(&mut self, chunk: u64, partial: Partial) -> Result<(), CountError> {
        if !partial.lines.is_conserved() {
            return Err(CountError::Damaged("its lines do not add up"));
        }
        partial.check(&self.plan)?;
        if let Some(shares) = &self.shares {
            return shares.merge(chunk, partial);
        }
        let asked = self.asked.is_some();
        for sums in &mut self.sums {
            if asked && !partial.ngrams()?.all(|ngram| sums.contains(ngram)) {
                return Err(CountError::Damaged("it counts an n-gram that was not asked for"));
            }
            sums.merge(&partial, &self.plan)?;
        }
        self.share()
    }

    /// Hands the sums to threads if they are too many for this one.
    fn share(&mut self) -> Result<(), CountError> {
        let (threads, many) = self.sharing;
        if threads < 2 || self.asked.is_some() {
            return Ok(());
        }
        if let Some(sums) = self.sums.pop_if(|sums| sums.len() >= many) {
            match Shares::start(threads, sums.hasher(), &self.plan) {
                Ok(shares) => {
                    // No sum overflows where nothing is yet, so the number of the chunk will not be told.
                    shares.merge(0, sums.into_partial())?;
                    self.shares = Some(shares);
                }
                // The system has no threads left. Then it is done without them.
                Err(_) => {
                    self.sums.push(sums);
                    self.sharing.0 = 1;
                }
            }
        }
        Ok(())
    }

    /// Waits until all that was given is merged.
    ///
    /// # Errors
    /// [`CountError::Overflow`], if that has not been told before.
    pub fn settle(&mut self) -> Result<(), Unmerged> {
        if let Some(shares) = self.shares.take() {
            match shares.finish() {
                Ok(sums) => self.sums = sums,
                Err(failure) => self.failure = self.failure.take().or(Some(failure)),
            }
        }
        self.failure.clone().map_or(Ok(()), Err)
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
    pub fn finish(mut self, order: &Order) -> Result<Answer, CountError> {
        self.settle().map_err(|unmerged| unmerged.error)?;
        let counted = self.sums.into_iter().map(Sums::into_counted).collect();
        finish(counted, self.asked, self.lines, &self.plan, order)
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
        for (number, chunk) in (0..).zip(chunks) {
            let partial = mapper.map(Format::V2, chunk.as_bytes())?;
            reducer.merge(number, partial).map_err(|unmerged| unmerged.error)?;
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
            let refused = Reducer::new(&plan).merge(7, partial);
            assert!(
                matches!(refused, Err(Unmerged { chunk: 7, error: CountError::Damaged(_) })),
                "{refused:?}"
            );
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
