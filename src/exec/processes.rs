//! Chunks mapped by supervised copies of this program. Not built yet.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use super::{Effort, ExecError, Executor, Mapped};
use crate::count::Plan;
use crate::input::{Chunks, Watch};

/// The executor whose workers are processes.
#[derive(Debug)]
pub struct Processes;

impl Processes {
    /// An executor with that many worker processes.
    pub fn new(_workers: NonZeroUsize) -> Self {
        Self
    }
}

impl Executor for Processes {
    fn run(
        &mut self,
        _chunks: Chunks,
        _plan: &Plan,
        _stop: &Watch,
        _reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<Effort, ExecError> {
        Err(ExecError::NotBuilt("processes"))
    }
}

/// Becomes a worker, and never returns, if this process was started as one.
pub fn serve_if_worker() {}
