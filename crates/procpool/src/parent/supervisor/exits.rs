//! Exits of workers: reaping, the record of an exit, and the end of the whole pool.

use super::Supervisor;
use crate::crash::Crash;
use crate::failure::Failure;
use crate::parent::child::Child;
use crate::parent::exit::WorkerExit;
use crate::stats::Attempt;

impl Supervisor {
    /// Reaps a worker whose output has ended, and reports its exit to the scheduler.
    pub(super) fn reap(&mut self, slot: usize) {
        if let Some(mut child) = self.children[slot].take() {
            let running = child.running.take();
            let exit = child.reap(&self.config.limits);
            self.record_exit(exit, running);
        }
    }

    pub(super) fn record_exit(&mut self, exit: WorkerExit, running: Option<Attempt>) {
        let WorkerExit { worker, pid, ending, stderr, peak_memory, own_memory } = exit;
        self.stats.record_memory(worker.slot, own_memory);
        let task = running.as_ref().map(|running| running.task);
        let attempt = running.as_ref().map_or(0, |running| running.attempt);
        self.record_attempt(running, ending.name(), peak_memory);
        let crash = Crash { ending, task, attempt, worker: worker.slot, pid, stderr };
        if let Some(pending) = task.and_then(|task| self.tasks.get_mut(task)) {
            pending.crash = Some(crash.clone());
        }
        self.last_crash = Some(crash);
        self.scheduler.worker_exited(self.now(), worker);
    }

    /// Finds workers that have exited although another process holds their pipes open, such as a process that
    /// a task has started.
    pub(super) fn find_exited_workers(&mut self) {
        for slot in 0..self.children.len() {
            // The memory of a worker that another process kills is known only from an earlier measurement.
            if let Some(child) = &mut self.children[slot] {
                child.measure_memory();
                child.measure_shared_memory();
                self.stats.record_memory(slot, child.own_memory());
            }
            if self.children[slot].as_ref().is_some_and(Child::has_exited) {
                while self.serve(slot) {}
                self.execute_actions();
                if self.children[slot].as_ref().is_some_and(Child::has_exited) {
                    self.reap(slot);
                    self.execute_actions();
                }
            }
        }
    }

    /// Kills every worker and fails every task.
    pub(super) fn end_everything(&mut self, failure: &Failure) {
        // All workers are killed before the first is waited for.
        for child in self.children.iter_mut().flatten() {
            child.measure_memory();
            child.kill();
        }
        for slot in 0..self.children.len() {
            if let Some(mut child) = self.children[slot].take() {
                let running = child.running.take();
                let exit = child.reap(&self.config.limits);
                self.stats.record_memory(slot, exit.own_memory);
                self.record_attempt(running, "stopped", exit.peak_memory);
            }
        }
        for task in self.tasks.ids() {
            self.end_task(task, Err(failure.clone()));
        }
        self.publish_stats();
    }
}
