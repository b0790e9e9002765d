//! Reduce tasks in workers, processes or threads.

use std::ops::ControlFlow;

use super::CANCEL_POLL_INTERVAL;
use crate::exec::{EarliestFailure, ExecError, Reduction};
use crate::input::{CancelToken, Place};
use crate::pool::{Backend, Failure, PoolOf, Task, TaskError};
use crate::spill::{ReduceOutput, ReduceTask};

/// Task: merges a range of n-grams of all runs.
pub(super) struct ReduceRange;

impl Task for ReduceRange {
    const NAME: &'static str = "reduce-range";
    type Input = ReduceTask;
    type Output = ReduceOutput;

    fn run(task: ReduceTask) -> Result<ReduceOutput, TaskError> {
        task.run().map_err(TaskError::new)
    }
}

/// Runs the tasks of the reduction, round by round, and records what fails.
pub(in crate::exec) fn run<B: Backend>(
    pool: &PoolOf<B>,
    cancel: &CancelToken,
    failures: &mut EarliestFailure<ExecError>,
    reduction: &mut dyn Reduction,
) {
    loop {
        match reduction.next_tasks() {
            Ok(tasks) if tasks.is_empty() => return,
            Ok(tasks) => {
                if run_round(pool, tasks, cancel, failures, reduction).is_break() {
                    return;
                }
            }
            Err(error) => return failures.record(Place::END, error.into()),
        }
    }
}

fn run_round<B: Backend>(
    pool: &PoolOf<B>,
    tasks: Vec<ReduceTask>,
    cancel: &CancelToken,
    failures: &mut EarliestFailure<ExecError>,
    reduction: &mut dyn Reduction,
) -> ControlFlow<()> {
    let mut window = pool.window::<ReduceRange>();
    let mut pending = tasks.into_iter();
    let mut flow = ControlFlow::Continue(());
    while flow.is_continue() && pending.len() > 0 || !window.is_empty() {
        if cancel.is_cancelled() {
            failures.record(Place::END, ExecError::Stopped);
            return ControlFlow::Break(());
        }
        while flow.is_continue() && window.has_room() {
            let Some(task) = pending.next() else { break };
            window.push(task);
        }
        let result = match window.recv_timeout(CANCEL_POLL_INTERVAL) {
            Some(result) => result,
            None => continue,
        };
        match (result.output, result.lost.into_iter().next()) {
            (Some(output), _) if flow.is_continue() => flow = reduction.add_reduced(output),
            (None, Some((_, why))) => {
                failures.record(Place::END, to_exec_error(result.index, why));
                flow = ControlFlow::Break(());
            }
            _ => {}
        }
    }
    flow
}

fn to_exec_error(task: usize, why: Failure) -> ExecError {
    match why {
        Failure::Task(error) => ExecError::Uncountable { chunk: task as u64, error },
        Failure::GaveUp(why) => ExecError::GaveUp(why),
        Failure::Stopped => ExecError::Stopped,
        error => ExecError::Reduce { task, error },
    }
}
