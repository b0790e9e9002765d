//! Messages of workers: each frame is checked against the scheduler's leases before it takes effect.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::Supervisor;
use crate::crash::{Crash, Ending};
use crate::failure::Failure;
use crate::scheduler::{AttemptEnd, ProtocolViolation};
use crate::stats::Attempt;
use crate::task::TaskError;
use crate::wire::{self, Frame, FrameError, FrameKind, Header};

/// Shortest interval between two measurements of a worker's memory, unless attempts are being recorded.
const MEMORY_INTERVAL: Duration = Duration::from_millis(100);

/// End of an attempt that the worker survived.
enum AttemptResult {
    Answer(Result<Vec<u8>, Failure>),
    Panic(String),
}

impl Supervisor {
    /// Handles one frame from a worker. An error describes what is wrong with the frame; then no state has
    /// changed.
    pub(super) fn handle_frame(&mut self, slot: usize, frame: Frame) -> Result<(), String> {
        let now = self.now();
        let Frame { header, payload } = frame;
        let Header { kind, task, attempt, .. } = header;
        let Some(child) = self.children[slot].as_mut() else { return Ok(()) };
        let worker = child.worker;
        let undecodable = |error: FrameError| error.to_string();
        let too_large = |error: Failure| error.to_string();
        let violation = |error: ProtocolViolation| error.to_string();
        match kind {
            FrameKind::Hello => {
                child.tasks = Some(wire::decode(&payload).map_err(undecodable)?);
                let ready = self.children.iter().flatten().filter(|child| child.tasks.is_some()).count();
                self.stats.most_ready = self.stats.most_ready.max(ready);
                self.scheduler.worker_ready(now, worker).map_err(violation)
            }
            FrameKind::Refused => {
                let reason: String = wire::decode(&payload).map_err(undecodable)?;
                child.record_refusal(reason.clone());
                self.stats.refusal = Some(reason);
                Ok(())
            }
            FrameKind::Begin => {
                self.scheduler.attempt_began(now, worker, task, attempt).map_err(violation)?;
                self.record_begin(slot, header, now);
                Ok(())
            }
            FrameKind::Progress => {
                self.scheduler.attempt_progressed(now, worker, task, attempt).map_err(violation)?;
                match &mut self.config.on_progress {
                    Some(observer) => observer(&payload).map_err(undecodable),
                    None => Ok(()),
                }
            }
            FrameKind::Piece => {
                // A worker that sends a large result does not hang.
                self.scheduler.attempt_progressed(now, worker, task, attempt).map_err(violation)?;
                child.result.push(&payload);
                Ok(())
            }
            FrameKind::Done => {
                let result = child.result.finish(payload);
                self.attempt_ended(slot, header, AttemptResult::Answer(result))
            }
            FrameKind::Failed => {
                let payload = child.result.finish(payload).map_err(too_large)?;
                let error: TaskError = wire::decode(&payload).map_err(undecodable)?;
                self.attempt_ended(slot, header, AttemptResult::Answer(Err(error.into())))
            }
            FrameKind::Panicked => {
                let payload = child.result.finish(payload).map_err(too_large)?;
                let message = wire::decode(&payload).map_err(undecodable)?;
                self.attempt_ended(slot, header, AttemptResult::Panic(message))
            }
            kind => Err(FrameError::unexpected(kind).to_string()),
        }
    }

    fn record_begin(&mut self, slot: usize, header: Header, now: Duration) {
        let Header { task, attempt, .. } = header;
        // A task that was cancelled on its way has no attempt: its worker is killed.
        let (Some(pending), Some(child)) = (self.tasks.get(task), self.children[slot].as_mut()) else {
            return;
        };
        self.stats.attempts += 1;
        self.stats.retried += u64::from(attempt > 1);
        child.running = Some(Attempt {
            task,
            part_of: Some(pending.origin).filter(|&origin| origin != task),
            attempt,
            worker: slot,
            incarnation: child.worker.incarnation,
            pid: child.pid,
            queued: pending.queued.as_secs_f64(),
            started: now.as_secs_f64(),
            ended: now.as_secs_f64(),
            bytes: pending.payload.len() as u64,
            items: pending.items,
            outcome: "",
            peak_memory: 0,
        });
    }

    fn attempt_ended(&mut self, slot: usize, header: Header, result: AttemptResult) -> Result<(), String> {
        let Header { task, attempt, .. } = header;
        let Some(child) = self.children[slot].as_mut() else { return Ok(()) };
        let (end, outcome) = match result {
            AttemptResult::Answer(Ok(_)) => (AttemptEnd::Answered, "done"),
            AttemptResult::Answer(Err(_)) => (AttemptEnd::Answered, "failed"),
            AttemptResult::Panic(_) => (AttemptEnd::Panicked, "panicked"),
        };
        // The result counts only if the scheduler confirms that this worker runs this attempt.
        let confirmed =
            self.scheduler.attempt_ended(self.started.elapsed(), child.worker, task, attempt, end);
        confirmed.map_err(|error| error.to_string())?;
        let first = child.peak_memory == 0;
        if first || self.config.on_attempt.is_some() || self.memory_measured.elapsed() >= MEMORY_INTERVAL {
            child.measure_memory();
            self.memory_measured = Instant::now();
        }
        if first {
            child.measure_shared_memory();
        }
        self.stats.record_memory(slot, child.own_memory());
        match (self.tasks.get_mut(task), result) {
            (Some(pending), AttemptResult::Answer(answer)) => pending.answer = Some(answer),
            (Some(pending), AttemptResult::Panic(message)) => {
                child.drain_stderr();
                pending.crash = Some(Crash {
                    ending: Ending::Panicked { message },
                    task: Some(task),
                    attempt,
                    worker: slot,
                    pid: child.pid,
                    stderr: child.stderr_tail(),
                });
            }
            (None, _) => {}
        }
        let (attempt, peak_memory) = (child.running.take(), child.peak_memory);
        self.record_attempt(attempt, outcome, peak_memory);
        Ok(())
    }

    /// Passes the record of an ended attempt to the observer.
    pub(super) fn record_attempt(
        &mut self,
        attempt: Option<Attempt>,
        outcome: &'static str,
        peak_memory: u64,
    ) {
        let ended = self.started.elapsed().as_secs_f64();
        if let (Some(observer), Some(attempt)) = (&mut self.config.on_attempt, attempt) {
            let attempt = Attempt { ended, outcome, peak_memory, ..attempt };
            // A panic in the caller's code must not end the pool. The panic hook has printed its message.
            let _ = catch_unwind(AssertUnwindSafe(|| observer(&attempt)));
        }
    }
}
