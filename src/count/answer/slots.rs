//! Selection of the n-grams that have rows, by their slots.

use super::final_sums::FinalSums;
use super::options::Sort;
use super::row_store::RowRef;
use super::sort::{self, SortKey};
use super::top_k::TopK;
use crate::count::error::CountError;

/// The n-grams that have rows, in the order in which their rows are made; `None` for all in the order of their slots.
pub(super) fn select_slots(
    sums: &FinalSums,
    query: Option<&[u32]>,
    sort: Option<Sort>,
    min_count: Option<u64>,
) -> Option<Vec<u32>> {
    let all = || 0..sums.keys.len() as u32;
    let mut slots = match (query, sort) {
        (None, Some(Sort::Ngram)) if sums.in_order => all().collect(),
        // The n-grams are sorted and not their rows: an n-gram may have hundreds of rows, and its years ascend.
        (query, Some(Sort::Ngram)) => {
            let key = |slot| SortKey::by_ngram(RowRef { slot, index: slot }, &sums.keys);
            let mut keys: Vec<_> = match query {
                Some(query) => query.iter().copied().map(key).collect(),
                None => all().map(key).collect(),
            };
            sort::sort_by_ngram(&mut keys, &sums.keys);
            keys.into_iter().map(|key| key.row.slot).collect()
        }
        (Some(query), _) => query.to_vec(),
        (None, _) if min_count.is_some() => all().collect(),
        (None, _) => return None,
    };
    if let Some(min_count) = min_count {
        slots.retain(|&slot| sums.first_total(slot) >= min_count.into());
    }
    Some(slots)
}

/// The first `top` of `slots`, or of all: by the first measure over all years, largest first, then by the bytes of the
/// n-gram, unless they are sorted already.
pub(super) fn first_slots(
    sums: &FinalSums,
    slots: Option<Vec<u32>>,
    sort: Option<Sort>,
    top: usize,
) -> Result<Vec<u32>, CountError> {
    let mut top_k = TopK::new(&sums.keys, sort, Some(top), 1, Vec::new());
    for slot in each_slot(&slots, sums.keys.len()) {
        // A total beyond 64 bits counts as the largest.
        let total = u64::try_from(sums.first_total(slot)).unwrap_or(u64::MAX);
        top_k.push(slot, None, &[total])?;
    }
    Ok(top_k.finish().0.into_iter().map(|row| row.slot).collect())
}

/// `slots`, or the numbers below `len`.
pub(super) fn each_slot(slots: &Option<Vec<u32>>, len: usize) -> impl Iterator<Item = u32> {
    (0..slots.as_ref().map_or(len, Vec::len))
        .map(move |index| slots.as_ref().map_or(index as u32, |slots| slots[index]))
}
