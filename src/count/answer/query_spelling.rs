//! The spelling of the query: which selected word each row of an answer is.

use std::collections::HashMap;

use super::rows::Answer;
use crate::count::plan::{Plan, Selection};

/// For each row of `answer`, the index of its word in the selection of `plan`; empty if n-grams have their own spelling.
///
/// If case is ignored, `Queen` and `QUEEN` are one n-gram, and the answer has its row twice, as `queen`. The first of the
/// two rows is that of the word that was selected first, and so on.
pub fn spellings_of_rows(answer: &Answer, plan: &Plan) -> Vec<u32> {
    let (Selection::Words(words), true) = (&plan.selection, plan.filter.ignore_case) else {
        return Vec::new();
    };
    let mut spellings: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
    for (index, word) in (0..).zip(words) {
        spellings.entry(plan.filter.query_key(word)).or_default().push(index);
    }
    let mut seen: HashMap<(&[u8], Option<u32>), usize> = HashMap::new();
    answer
        .rows()
        .map_while(|row| {
            let before = seen.entry((row.ngram, row.year)).or_default();
            let index = spellings.get(row.ngram)?.get(*before).copied();
            *before += 1;
            index
        })
        .collect()
}
