//! Merge of runs: the sums of each n-gram over all of them.

use std::fs::File;

use super::cursor::Cursor;
use super::error::SpillError;
use super::loser_tree::LoserTree;
use super::run::Run;
use super::store::SpillTarget;
use crate::count::{CountError, NgramSums, Plan};

/// Takes the n-grams of a merge in the order of their bytes.
pub(super) trait MergeOutput {
    /// Begins an n-gram, greater than all before, with its sums in the first run that has it.
    fn begin(&mut self, ngram: &[u8], sums: NgramSums<'_>) -> Result<(), SpillError>;

    /// Adds the sums of the current n-gram in another run.
    fn add(&mut self, sums: NgramSums<'_>) -> Result<(), SpillError>;
}

/// Merges the n-grams of `runs` from `low` on and below `high`.
pub(super) fn merge(
    runs: Vec<Run>,
    files: &[SpillTarget],
    low: &[u8],
    high: Option<&[u8]>,
    plan: &Plan,
    output: &mut impl MergeOutput,
) -> Result<(), SpillError> {
    let opened = files.iter().map(SpillTarget::open_to_read).collect::<Result<Vec<File>, _>>()?;
    let mut cursors = Vec::with_capacity(runs.len());
    for run in runs {
        let number = run.file as usize;
        let (Some(target), Some(file)) = (files.get(number), opened.get(number)) else {
            return Err(CountError::Damaged("it is in a file that does not exist").into());
        };
        cursors.extend(Cursor::open(target, file, run, low, high, plan.measures.count(), plan.by_year)?);
    }
    let mut tree = LoserTree::new(cursors);
    let mut length = None;
    while let Some((cursor, shared)) = tree.least() {
        let ngram = cursor.ngram();
        // An n-gram that shares all its bytes with one that is as long is the same.
        if length == Some(ngram.len()) && shared == ngram.len() {
            output.add(cursor.sums())?;
        } else {
            length = Some(ngram.len());
            output.begin(ngram, cursor.sums())?;
        }
        tree.advance()?;
    }
    Ok(())
}
