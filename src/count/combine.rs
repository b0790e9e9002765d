use std::mem::replace;

use super::error::CountError;
use super::partial::Partial;
use super::plan::Plan;
use super::sums::Sums;

/// Adds partial counts up as far as some memory goes: when its sums have grown beyond that it hands them on and begins
/// anew. What it gives is again partial, an n-gram may come several times, but bounded memory and one pass are enough.
///
/// N-grams come out in the order in which they first came in, so that what was sorted stays sorted, whatever the order.
pub struct Combiner {
    plan: Plan,
    sums: Sums,
    limit: usize,
}

impl Combiner {
    /// What the sums may grow to in bytes, before they are handed on: about a million n-grams. More would gain nothing with
    /// Google's files, in which the rows of an n-gram stand together, and steps of a cluster have little memory.
    pub const USUAL_BYTES: usize = 64 << 20;

    /// A combiner of the partial counts of `plan` that hands on what it has at `limit` bytes.
    pub fn new(plan: &Plan, limit: usize) -> Self {
        let plan = plan.without_words();
        Self { sums: Sums::new(&plan), plan, limit }
    }

    /// Adds a partial count, and gives what is to be handed on now, if something is. Lines and bad lines are left to the
    /// caller.
    ///
    /// # Errors
    /// [`CountError::Overflow`] if a sum does not fit, [`CountError::Damaged`] if the partial count contradicts itself.
    pub fn merge(&mut self, partial: &Partial) -> Result<Option<Partial>, CountError> {
        partial.check(&self.plan)?;
        self.sums.merge(partial, &self.plan)?;
        Ok((self.sums.bytes(&self.plan) >= self.limit).then(|| self.take()))
    }

    /// What is left to be handed on.
    pub fn finish(mut self) -> Partial {
        self.take()
    }

    fn take(&mut self) -> Partial {
        replace(&mut self.sums, Sums::new(&self.plan)).into_partial()
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
    fn what_came_is_added_up_in_the_order_in_which_it_came() {
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
    fn sums_that_have_grown_too_large_are_handed_on_and_forgotten() {
        for by_year in [false, true] {
            let plan = Plan { by_year, ..Plan::default() };
            let mut combiner = Combiner::new(&plan, 1000);
            let years: &[u32] = if by_year { &[1999] } else { &[] };
            let mut out = Partial::default();
            for number in 0..1000 {
                let handed_on =
                    combiner.merge(&partial(&[(&format!("{}", number % 500), years, &[1])])).unwrap();
                out = out.append(handed_on.unwrap_or_default(), 0);
                assert!(combiner.sums.len() <= 1000 / 20);
            }
            out = out.append(combiner.finish(), 0);
            let mut total = 0;
            out.visit(by_year, 1, |_, _, sums| {
                total += sums[0];
                Ok::<_, CountError>(())
            })
            .unwrap();
            assert_eq!((total, out.lengths.len()), (1000, 1000));
        }
    }
}
