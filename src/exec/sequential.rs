//! The plain loop: read a chunk, map it, hand it on. No thread, no queue, nothing to go wrong,
//! which makes it the oracle that the other executors must equal byte for byte.

use std::ops::ControlFlow;

use super::{Effort, ExecError, Executor, Mapped};
use crate::count::{Mapper, Plan};
use crate::input::{Chunks, Watch};

/// The executor that does everything in the calling thread.
#[derive(Debug, Default)]
pub struct Sequential;

impl Executor for Sequential {
    fn run(
        &mut self,
        chunks: Chunks,
        plan: &Plan,
        stop: &Watch,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<Effort, ExecError> {
        let mapper = Mapper::new(plan);
        let mut effort = Effort { workers: 1, ..Effort::default() };
        for chunk in chunks {
            if stop.stopped() {
                return Err(ExecError::Stopped);
            }
            let chunk = chunk?;
            effort.attempts += 1;
            if reduce(Mapped::map(&chunk, &mapper, plan)?).is_break() {
                break;
            }
        }
        Ok(effort)
    }
}
