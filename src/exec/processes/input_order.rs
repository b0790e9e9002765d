//! Input order: restores the line numbers of splits, which are mapped in any order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::map_split::{MappedSplit, SplitOutcome};
use crate::count::Plan;
use crate::exec::{EarliestFailure, ExecError, Mapped};
use crate::input::Split;

/// Holds back counts that name lines by their number until all splits before them in their file are counted, because
/// only then is the number of their first line known.
pub(super) struct ReorderBuffer<'p> {
    plan: &'p Plan,
    /// The file of each split.
    files: Vec<u32>,
    /// By the number of the split: its lines, and its count if it is still to be handed on.
    counted: BTreeMap<u64, (u64, Option<MappedSplit>)>,
    /// The first split that is not counted, and the lines before it in its file.
    next: u64,
    lines_before_next: u64,
    /// Lines before each split that was passed.
    lines_before: Vec<u64>,
    next_chunk_id: u64,
}

impl<'p> ReorderBuffer<'p> {
    pub fn new(plan: &'p Plan, splits: &[Split]) -> Self {
        ReorderBuffer {
            plan,
            files: splits.iter().map(|split| split.file).collect(),
            counted: BTreeMap::new(),
            next: 0,
            lines_before_next: 0,
            lines_before: Vec::new(),
            next_chunk_id: splits.len() as u64,
        }
    }

    /// A chunk number after those of all splits.
    pub fn new_chunk_id(&mut self) -> u64 {
        self.next_chunk_id += 1;
        self.next_chunk_id - 1
    }

    pub fn lines_before(&self, split: &Split) -> u64 {
        self.lines_before.get(split.id as usize).copied().unwrap_or(self.lines_before_next)
    }

    pub fn insert(&mut self, split: u64, lines: u64, count: Option<MappedSplit>) {
        self.counted.insert(split, (lines, count));
    }

    /// Hands on every count that can be: one without a line number at once, the others in input order.
    pub fn release(
        &mut self,
        failures: &mut EarliestFailure<ExecError>,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        let plan = self.plan;
        let mut hand_on =
            |mapped: MappedSplit, lines_before: u64| match with_line_numbers(mapped, lines_before, plan) {
                Ok(mapped) => reduce(mapped),
                Err(error) => {
                    failures.record(error.chunk(), error);
                    ControlFlow::Break(())
                }
            };
        for (_, count) in self.counted.values_mut() {
            let names_no_line = |mapped: &mut MappedSplit| {
                mapped.partial.bad.is_empty() && mapped.outcome == SplitOutcome::Counted
            };
            if let Some(mapped) = count.take_if(names_no_line)
                && hand_on(mapped, 0).is_break()
            {
                flow = ControlFlow::Break(());
            }
        }
        while let Some((lines, count)) = self.counted.remove(&self.next) {
            if let Some(mapped) = count
                && hand_on(mapped, self.lines_before_next).is_break()
            {
                flow = ControlFlow::Break(());
            }
            self.lines_before.push(self.lines_before_next);
            let file = self.files[self.next as usize];
            self.next += 1;
            let same_file = self.files.get(self.next as usize) == Some(&file);
            self.lines_before_next = if same_file { self.lines_before_next + lines } else { 0 };
        }
        flow
    }
}

fn with_line_numbers(mapped: MappedSplit, lines_before: u64, plan: &Plan) -> Result<Mapped, ExecError> {
    let MappedSplit { split, partial, counts, outcome } = mapped;
    if let SplitOutcome::LineTooLong { line, limit } = outcome {
        return Err(ExecError::Input(split.line_too_long(line + lines_before, limit)));
    }
    let mut origin = split.origin();
    origin.first_line += lines_before;
    Mapped::new(split.id, origin, counts.lines, partial, plan)
}
