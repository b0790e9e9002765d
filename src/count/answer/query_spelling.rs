//! The answer with the spelling of the query.

use std::collections::HashMap;

use super::row::{Column, Row};
use super::rows::Answer;
use crate::count::plan::{Plan, Selection};

/// An answer in which the selected words have the spelling of the selection.
///
/// If case is ignored, `Queen` and `QUEEN` are one n-gram, and the answer has its row twice, as `queen`. Here the first
/// of the two rows has the spelling that was selected first, and so on.
#[derive(Debug)]
pub struct QuerySpelling<'a> {
    answer: &'a Answer,
    /// The spelling of each row; empty if n-grams have their own.
    spellings: Vec<&'a [u8]>,
}

impl<'a> QuerySpelling<'a> {
    /// The answer of a count by `plan`.
    pub fn new(answer: &'a Answer, plan: &'a Plan) -> Self {
        let mut rows = Vec::new();
        if let (Selection::Words(words), true) = (&plan.selection, plan.filter.ignore_case) {
            let mut spellings: HashMap<Vec<u8>, Vec<&[u8]>> = HashMap::new();
            for word in words {
                spellings.entry(plan.filter.query_key(word)).or_default().push(word);
            }
            let mut seen: HashMap<(&[u8], Option<u32>), usize> = HashMap::new();
            rows.extend(answer.rows().map(|row| {
                let before = seen.entry((row.ngram, row.year)).or_default();
                let spelling = spellings.get(row.ngram).and_then(|spellings| spellings.get(*before));
                *before += 1;
                spelling.copied().unwrap_or(row.ngram)
            }));
        }
        Self { answer, spellings: rows }
    }

    /// The columns of the answer.
    pub fn columns(&self) -> &'a [Column] {
        self.answer.columns()
    }

    /// As [`Answer::may_contain`].
    pub fn may_contain(&self, bytes: [u8; 2]) -> bool {
        !self.spellings.is_empty() || self.answer.may_contain(bytes)
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let mut spellings = self.spellings.iter();
        self.answer.rows().map(move |row| match spellings.next() {
            Some(spelling) => Row { ngram: spelling, ..row },
            None => row,
        })
    }
}
