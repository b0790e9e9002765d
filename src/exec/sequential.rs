//! Sequential executor: one loop without threads and queues. It is the reference: the answers of the other executors must
//! equal its answer byte for byte.

use std::ops::ControlFlow;

use super::{ExecError, ExecFailure, ExecStats, Executor, Mapped};
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
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<ExecStats, ExecFailure> {
        let mapper = Mapper::new(plan);
        let mut stats = ExecStats { workers: 1, ..ExecStats::default() };
        for chunk in chunks {
            if cancel.is_cancelled() {
                return Err(ExecError::Stopped.into());
            }
            let chunk = chunk?;
            stats.attempts += 1;
            if reduce(Mapped::map(&chunk, &mapper, plan)?).is_break() {
                break;
            }
        }
        Ok(stats)
    }
}
