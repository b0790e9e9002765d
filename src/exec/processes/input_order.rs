//! Input order: restores the line numbers of splits, which are mapped in any order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::map_split::{MappedSplit, SplitOutcome};
use crate::count::Plan;
use crate::exec::{EarliestFailure, ExecError, Mapped, Reduction};
use crate::input::{Place, Split};

/// Holds back counts that name lines by their number until all splits before them in their file are counted, because
/// only then is the number of their first line known.
pub(super) struct ReorderBuffer<'p> {
    plan: &'p Plan,
    /// The place of each split.
    places: Vec<Place>,
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
            places: splits.iter().map(Split::place).collect(),
            counted: BTreeMap::new(),
            next: 0,
            lines_before_next: 0,
            lines_before: Vec::new(),
            next_chunk_id: splits.len() as u64,
        }
    }

    /// The number of the next chunk that is no split: behind those of all splits.
    pub fn next_chunk(&self) -> u64 {
        self.next_chunk_id
    }

    pub fn chunks_were_added(&mut self, chunks: usize) {
        self.next_chunk_id += chunks as u64;
    }

    pub fn place(&self, split: usize) -> Place {
        self.places.get(split).copied().unwrap_or(Place::END)
    }

    pub fn lines_before(&self, split: &Split) -> u64 {
        if split.knows_line_numbers() {
            return 0;
        }
        self.lines_before.get(split.id as usize).copied().unwrap_or(self.lines_before_next)
    }

    pub fn insert(&mut self, split: u64, lines: u64, count: Option<MappedSplit>) {
        self.counted.insert(split, (lines, count));
    }

    /// Hands on every count that can be: one without a line number at once, the others in input order.
    pub fn release(
        &mut self,
        failures: &mut EarliestFailure<ExecError>,
        reduction: &mut dyn Reduction,
    ) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        let plan = self.plan;
        let mut hand_on = |mapped: MappedSplit, lines_before: u64| {
            let place = mapped.split.place();
            match with_line_numbers(mapped, lines_before, plan) {
                Ok(mapped) => reduction.merge(mapped),
                Err(error) => {
                    failures.record(place, error);
                    ControlFlow::Break(())
                }
            }
        };
        for (_, count) in self.counted.values_mut() {
            let names_no_line = |mapped: &mut MappedSplit| {
                mapped.partial.bad.is_empty() && mapped.outcome == SplitOutcome::Counted
                    || mapped.split.knows_line_numbers()
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
            let file = self.place(self.next as usize).file;
            self.next += 1;
            let same_file = self.place(self.next as usize).file == file;
            self.lines_before_next = if same_file { self.lines_before_next + lines } else { 0 };
        }
        flow
    }
}

fn with_line_numbers(mapped: MappedSplit, lines_before: u64, plan: &Plan) -> Result<Mapped, ExecError> {
    let MappedSplit { split, partial, runs, counts, outcome, index: _, was_spilling: _ } = mapped;
    match outcome {
        SplitOutcome::LineTooLong { line, limit } => {
            return Err(ExecError::Input(split.line_too_long(line + lines_before, limit)));
        }
        SplitOutcome::Index { fault } => return Err(ExecError::Input(split.index_fault(fault))),
        SplitOutcome::Counted | SplitOutcome::TooLarge => {}
    }
    let mut origin = split.origin();
    origin.first_line += lines_before;
    Mapped::new(split.id, origin, counts.lines, partial, runs, plan)
}
