//! Reduction of a count: takes the results of an executor, accounts for their lines and adds them up.

use std::ops::ControlFlow;

use super::accounting::LineAccounting;
use super::error::JobError;
use crate::exec::{EarliestFailure, ExecError, Mapped, Reduction};
use crate::input::{ChunkBytes, Place};
use crate::spill::{MapRules, ReduceOutput, ReduceTask, SpillError, SpillingReducer};

/// Adds up the results of one job, and keeps the failure that comes first in the input.
pub(super) struct JobReduction<'a> {
    pub accounting: LineAccounting<'a>,
    pub reducer: SpillingReducer,
    pub failures: EarliestFailure<JobError>,
    /// Larger chunks are read when counts are written as runs.
    pub chunk_bytes: ChunkBytes,
    pub in_flight_bytes: usize,
}

impl JobReduction<'_> {
    /// Sets the size of chunks when the writing of runs has begun.
    fn follow_spilling(&self) {
        if self.reducer.is_spilling() {
            self.chunk_bytes.set_largest(self.reducer.chunk_bytes());
        }
    }
}

impl Reduction for JobReduction<'_> {
    fn merge(&mut self, mut mapped: Mapped) -> ControlFlow<()> {
        let place = mapped.origin.place();
        let runs = std::mem::take(&mut mapped.runs);
        let done = self
            .accounting
            .add(&mut mapped)
            .and_then(|()| self.reducer.merge(&mapped.partial, runs).map_err(JobError::from));
        self.follow_spilling();
        match done {
            Err(error) => self.failures.record(place, error),
            Ok(()) if !self.failures.is_before(place) => return ControlFlow::Continue(()),
            Ok(()) => {}
        }
        ControlFlow::Break(())
    }

    fn map_rules(&mut self) -> Result<MapRules, SpillError> {
        self.reducer.rules()
    }

    fn in_flight_bytes(&self) -> usize {
        self.in_flight_bytes
    }

    fn start_spilling(&mut self) -> bool {
        let starts = self.reducer.start_spilling();
        self.follow_spilling();
        starts
    }

    fn next_tasks(&mut self) -> Result<Vec<ReduceTask>, SpillError> {
        self.reducer.next_tasks()
    }

    fn add_reduced(&mut self, output: ReduceOutput) -> ControlFlow<()> {
        match self.reducer.add_reduced(output) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failures.record(Place::END, error.into());
                ControlFlow::Break(())
            }
        }
    }
}

impl From<SpillError> for JobError {
    fn from(error: SpillError) -> Self {
        match error {
            SpillError::Count(error) => Self::Count(error),
            error => Self::Exec(ExecError::Spill(error)),
        }
    }
}
