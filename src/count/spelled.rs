use std::collections::HashMap;

use super::answer::{Answer, Column, Row};
use super::filter::typed;
use super::plan::{Plan, Selection};

/// An answer in which the words that were asked for are spelled as they were asked for.
///
/// Without case `Queen` and `QUEEN` are one n-gram, and the answer has its row twice, under its own name. Here the first
/// of the two is the word that was asked for first, and so on.
#[derive(Debug)]
pub struct Spelled<'a> {
    answer: &'a Answer,
    /// By the row; empty where n-grams are their own names.
    names: Vec<&'a [u8]>,
}

impl<'a> Spelled<'a> {
    /// The answer of a count by this plan.
    pub fn new(answer: &'a Answer, plan: &'a Plan) -> Self {
        let mut names = Vec::new();
        if let (Selection::Words(words), true) = (&plan.selection, plan.filter.ignore_case) {
            let mut spellings: HashMap<Vec<u8>, Vec<&[u8]>> = HashMap::new();
            for word in words {
                spellings.entry(typed(word, true)).or_default().push(word);
            }
            let mut seen: HashMap<(&[u8], Option<u32>), usize> = HashMap::new();
            names.extend(answer.rows().map(|row| {
                let before = seen.entry((row.ngram, row.year)).or_default();
                let spelling = spellings.get(row.ngram).and_then(|spellings| spellings.get(*before));
                *before += 1;
                spelling.copied().unwrap_or(row.ngram)
            }));
        }
        Self { answer, names }
    }

    /// The columns of the answer.
    pub fn columns(&self) -> &'a [Column] {
        self.answer.columns()
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let mut names = self.names.iter();
        self.answer.rows().map(move |row| match names.next() {
            Some(name) => Row { ngram: name, ..row },
            None => row,
        })
    }
}
