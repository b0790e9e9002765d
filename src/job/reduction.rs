//! Reduction of a count: takes the results of an executor, accounts for their lines and adds them up.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::accounting::LineAccounting;
use super::checkpoint::Recorder;
use super::error::JobError;
use crate::exec::{EarliestFailure, ExecError, Mapped, Reduction};
use crate::input::{ChunkBytes, Origin, Place, Split};
use crate::spill::{MapRules, ReduceOutput, ReduceTask, SpillError, SpillingReducer};

/// Adds up the results of one job, and keeps the failure that comes first in the input.
pub(super) struct JobReduction<'a> {
    pub accounting: LineAccounting<'a>,
    pub reducer: SpillingReducer,
    pub failures: EarliestFailure<JobError>,
    /// Larger chunks are read when counts are written as runs.
    pub chunk_bytes: ChunkBytes,
    /// Of a count that keeps a checkpoint.
    pub recorder: Option<Recorder>,
}

impl JobReduction<'_> {
    /// Writes a record of what is merged so far; it is one of the whole input, or of what is before `position`, or of some splits.
    fn record(&mut self, position: Option<Origin>, ended: bool) -> Result<(), SpillError> {
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        recorder.restart_interval();
        // After a failure the sums may lack what is accounted for.
        let Some(accounting) = self.accounting.state().filter(|_| !self.failures.has_failed()) else {
            return Ok(());
        };
        (recorder.state.position, recorder.state.ended) = (position, ended);
        self.reducer.commit(recorder.record(accounting)?)
    }

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
        let (chunk, lines) = (mapped.chunk, mapped.lines);
        let runs = std::mem::take(&mut mapped.runs);
        let done = self
            .accounting
            .add(&mut mapped)
            .and_then(|()| self.reducer.merge(&mapped.partial, runs).map_err(JobError::from));
        self.follow_spilling();
        let done = done.and_then(|()| {
            let Some(recorder) = &mut self.recorder else { return Ok(()) };
            recorder.add(chunk, lines);
            let is_whole = recorder.splits.is_some() && recorder.lines_of_open_split.is_none();
            if is_whole && recorder.is_due() { Ok(self.record(None, false)?) } else { Ok(()) }
        });
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

    fn begin_splits(&mut self, splits: &[Split]) -> Result<BTreeMap<u64, u64>, SpillError> {
        self.recorder.as_mut().map_or(Ok(BTreeMap::new()), |recorder| recorder.begin_splits(splits))
    }

    fn wants_pause(&self) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.splits.is_none() && recorder.is_due())
    }

    fn paused(&mut self, next: Origin) -> ControlFlow<()> {
        match self.record(Some(next), false) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failures.record(Place::END, error.into());
                ControlFlow::Break(())
            }
        }
    }

    fn in_flight_bytes(&self) -> usize {
        self.reducer.in_flight_bytes()
    }

    fn start_spilling(&mut self) -> bool {
        let is_spilling = self.reducer.start_spilling();
        self.follow_spilling();
        is_spilling
    }

    fn next_tasks(&mut self) -> Result<Vec<ReduceTask>, SpillError> {
        if self.failures.has_failed() {
            return Ok(Vec::new());
        }
        let ended = self.recorder.as_ref().is_none_or(|recorder| recorder.state.ended);
        if !ended {
            self.record(None, true)?;
        }
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
