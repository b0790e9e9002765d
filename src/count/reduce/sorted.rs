//! The n-grams of a partial count in the order of their bytes.

use std::mem::take;

use crate::count::answer::{RowRef, SortKey, sort_by_ngram};
use crate::count::encoding::YearRows;
use crate::count::error::CountError;
use crate::count::ngram_table::{TableError, merge_years};
use crate::count::partial::{NgramSums, Partial};
use crate::count::plan::Plan;

/// Calls `visit` with each n-gram of a partial count and its sums, in the order of the bytes of the n-grams, each n-gram once.
///
/// # Errors
/// [`CountError::Damaged`] if the partial count contradicts itself, [`CountError::Overflow`] if it has an n-gram several times and
/// the sums do not fit; otherwise the first error of `visit`.
pub(crate) fn visit_sorted<E: From<CountError>>(
    mut partial: Partial,
    plan: &Plan,
    mut visit: impl FnMut(&[u8], NgramSums<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let width = plan.measures.count();
    let ranges = partial.take_year_ranges(plan.by_year, width)?;
    let keys = partial.take_arena()?;
    let mut order: Vec<SortKey> =
        (0..keys.len() as u32).map(|slot| SortKey::by_ngram(RowRef { slot, index: slot }, &keys)).collect();
    sort_by_ngram(&mut order, &keys);
    let (mut totals, mut merged) = (vec![0; width], Vec::new());
    for same in order.chunk_by(|a, b| keys.get(a.row.slot) == keys.get(b.row.slot)) {
        let (first, others) = (same[0].row.slot, &same[1..]);
        let ngram = keys.get(first);
        let overflow = |error: TableError| CountError::of_table(error, ngram, &plan.measures);
        if plan.by_year {
            let rows = |slot: u32| &partial.year_row_bytes()[ranges[slot as usize].clone()];
            if others.is_empty() {
                visit(ngram, NgramSums::ByYear(rows(first)))?;
                continue;
            }
            merged.clear();
            merged.extend_from_slice(rows(first));
            for other in others {
                let before = take(&mut merged);
                let (before, more) =
                    (YearRows::new(&before, width), YearRows::new(rows(other.row.slot), width));
                merge_years(before, more, width, &mut merged).map_err(overflow)?;
            }
            visit(ngram, NgramSums::ByYear(&merged))?;
        } else {
            let sums = |slot: u32| &partial.all_sums()[slot as usize * width..][..width];
            if others.is_empty() {
                visit(ngram, NgramSums::AllYears(sums(first)))?;
                continue;
            }
            totals.copy_from_slice(sums(first));
            for other in others {
                for (index, (total, amount)) in totals.iter_mut().zip(sums(other.row.slot)).enumerate() {
                    let sum = total.checked_add(*amount);
                    *total = sum.ok_or_else(|| overflow(TableError::Overflow { sum: index }))?;
                }
            }
            visit(ngram, NgramSums::AllYears(&totals))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_grams_come_in_the_order_of_their_bytes_and_each_once() {
        let mut partial = Partial::default();
        for (ngram, sum) in [("b", 1), ("a b", 2), ("b", 4), ("a", 8), ("", 16)] {
            partial.push(ngram.as_bytes(), &[], &[sum]);
        }
        let mut found = Vec::new();
        visit_sorted(partial, &Plan::default(), |ngram, sums| {
            let NgramSums::AllYears(sums) = sums else { panic!("not by year") };
            found.push((String::from_utf8_lossy(ngram).into_owned(), sums[0]));
            Ok::<_, CountError>(())
        })
        .unwrap();
        let expected = [("", 16), ("a", 8), ("a b", 2), ("b", 5)].map(|(ngram, sum)| (ngram.to_owned(), sum));
        assert_eq!(found, expected);
    }

    #[test]
    fn years_of_one_n_gram_are_merged_and_a_sum_that_does_not_fit_is_an_error() {
        let plan = Plan { by_year: true, ..Plan::default() };
        let mut partial = Partial::default();
        partial.push(b"a", &[1999, 2001], &[1, 2]);
        partial.push(b"a", &[2000, 2001], &[4, 8]);
        let mut found = Vec::new();
        let mut visit = |_: &[u8], sums: NgramSums<'_>| {
            let NgramSums::ByYear(rows) = sums else { panic!("by year") };
            found.extend(YearRows::new(rows, 1).map(|(year, sums)| (year, sums[0])));
            Ok::<_, CountError>(())
        };
        visit_sorted(partial.clone(), &plan, &mut visit).unwrap();
        assert_eq!(found, [(1999, 1), (2000, 4), (2001, 10)]);
        partial.push(b"a", &[2001], &[u64::MAX]);
        let error = visit_sorted(partial, &plan, |_, _| Ok::<_, CountError>(())).unwrap_err();
        assert!(matches!(error, CountError::Overflow { .. }), "{error}");
    }
}
