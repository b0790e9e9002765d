//! Sequential executor: one loop without threads and queues. It is the reference: the answers of the other executors must
//! equal its answer byte for byte.

use super::{ExecError, ExecFailure, ExecStats, Executor, Mapped, Reduction};
use crate::count::{Mapper, Plan};
use crate::input::{CancelToken, Chunks};

/// Executor that does everything in the calling thread.
#[derive(Debug, Default)]
pub struct Sequential;

impl Executor for Sequential {
    fn run(
        &mut self,
        chunks: Chunks,
        plan: &Plan,
        cancel: &CancelToken,
        reduction: &mut dyn Reduction,
    ) -> Result<ExecStats, ExecFailure> {
        let mapper = Mapper::new(plan);
        let mut stats = ExecStats { workers: 1, ..ExecStats::default() };
        for chunk in chunks {
            if cancel.is_cancelled() {
                return Err(ExecError::Stopped.into());
            }
            let chunk = chunk?;
            stats.attempts += 1;
            let rules = reduction.map_rules().map_err(ExecError::Spill)?;
            let next = chunk.end();
            if reduction.merge(Mapped::map(&chunk, &mapper, plan, &rules)?).is_break() {
                return Ok(stats);
            }
            if reduction.wants_pause() && reduction.paused(next).is_break() {
                return Ok(stats);
            }
        }
        loop {
            let tasks = reduction.next_tasks().map_err(ExecError::Spill)?;
            if tasks.is_empty() {
                return Ok(stats);
            }
            for task in tasks {
                if cancel.is_cancelled() {
                    return Err(ExecError::Stopped.into());
                }
                if reduction.add_reduced(task.run().map_err(ExecError::Spill)?).is_break() {
                    return Ok(stats);
                }
            }
        }
    }
}
