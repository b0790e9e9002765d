//! Combiner: sums partial counts within a memory limit.

use std::mem::replace;

use super::sum_table::SumTable;
use crate::count::error::CountError;
use crate::count::partial::Partial;
use crate::count::plan::Plan;

/// Sums partial counts until a memory limit is reached, then emits the sums and begins anew.
///
/// The output is again partial: an n-gram can be emitted several times. But it needs only bounded memory and one pass.
/// N-grams are emitted in the order in which they first came, so that sorted input stays sorted, whatever the sort key.
///
/// ```
/// use ngramcount::count::{Combiner, Format, Mapper, Plan};
///
/// let plan = Plan::default();
/// let mapper = Mapper::new(&plan);
/// let mut combiner = Combiner::new(&plan, Combiner::DEFAULT_BYTES);
/// for text in ["to be", "or not to be"] {
///     assert_eq!(combiner.merge(&mapper.map(Format::Text, text.as_bytes())?)?, None);
/// }
/// assert_eq!(combiner.finish().iter()?.next(), Some((&b"to"[..], 2)));
/// # Ok::<(), ngramcount::count::CountError>(())
/// ```
pub struct Combiner {
    plan: Plan,
    sums: SumTable,
    limit: usize,
}

impl Combiner {
    /// A default limit in bytes: about a million n-grams. A higher one gains nothing with Google's files, in which the
    /// rows of an n-gram are together, and steps of a cluster have little memory.
    pub const DEFAULT_BYTES: usize = 64 << 20;

    /// A combiner of the partial counts of `plan` that emits its sums when they take `limit` bytes.
    pub fn new(plan: &Plan, limit: usize) -> Self {
        let plan = plan.without_words();
        Self { sums: SumTable::new(&plan), plan, limit }
    }

    /// Adds a partial count, and returns the sums if they have reached the limit. Lines and bad lines are ignored.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::Damaged`] if the partial count contradicts itself,
    /// [`CountError::TooManyNgrams`] if the table is full.
    pub fn merge(&mut self, partial: &Partial) -> Result<Option<Partial>, CountError> {
        self.sums.merge(partial, &self.plan)?;
        Ok((self.sums.memory_bytes(&self.plan) >= self.limit).then(|| self.take()))
    }

    /// The remaining sums.
    pub fn finish(mut self) -> Partial {
        self.take()
    }

    fn take(&mut self) -> Partial {
        replace(&mut self.sums, SumTable::new(&self.plan)).into_partial()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(rows: &[(&str, &[u32], &[u64])]) -> Partial {
        let mut partial = Partial::default();
        for (ngram, years, sums) in rows {
            partial.push(ngram.as_bytes(), years, sums);
        }
        partial
    }

    #[test]
    fn sums_are_emitted_in_the_order_in_which_n_grams_first_came() {
        let mut combiner = Combiner::new(&Plan::default(), usize::MAX);
        let pieces =
            [partial(&[("b", &[], &[1]), ("a", &[], &[2])]), partial(&[("c", &[], &[4]), ("b", &[], &[8])])];
        for piece in &pieces {
            assert_eq!(combiner.merge(piece), Ok(None));
        }
        assert_eq!(combiner.finish(), partial(&[("b", &[], &[9]), ("a", &[], &[2]), ("c", &[], &[4])]));

        let plan = Plan { by_year: true, ..Plan::default() };
        let mut combiner = Combiner::new(&plan, usize::MAX);
        combiner.merge(&partial(&[("b", &[1999, 2001], &[1, 2]), ("a", &[7], &[3])])).unwrap();
        combiner.merge(&partial(&[("b", &[2000, 2001], &[4, 5])])).unwrap();
        let expected = partial(&[("b", &[1999, 2000, 2001], &[1, 4, 7]), ("a", &[7], &[3])]);
        assert_eq!(combiner.finish(), expected);
    }

    #[test]
    fn sums_beyond_the_memory_limit_are_emitted_and_forgotten() {
        for by_year in [false, true] {
            let plan = Plan { by_year, ..Plan::default() };
            let mut combiner = Combiner::new(&plan, 1000);
            let years: &[u32] = if by_year { &[1999] } else { &[] };
            let mut out = Partial::default();
            for number in 0..1000 {
                let emitted =
                    combiner.merge(&partial(&[(&format!("{}", number % 500), years, &[1])])).unwrap();
                out = out.append(emitted.unwrap_or_default(), 0);
                assert!(combiner.sums.len() <= 1000 / 20);
            }
            out = out.append(combiner.finish(), 0);
            let mut total = 0;
            out.visit(by_year, 1, |_, _, sums| {
                total += sums[0];
                Ok::<_, CountError>(())
            })
            .unwrap();
            assert_eq!((total, out.len()), (1000, 1000));
        }
    }
}
