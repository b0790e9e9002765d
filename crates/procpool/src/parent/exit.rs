//! Exit of a worker: which [`Ending`] the evidence proves.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;

use crate::crash::Ending;
use crate::scheduler::{KillReason, WorkerId};
use crate::wire::{FrameError, WORKER_MARKER};

/// Limits that an ending may refer to.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub start_timeout: Duration,
    pub task_timeout: Duration,
    pub worker_memory: Option<u64>,
}

/// A worker that was reaped.
#[derive(Debug)]
pub(super) struct WorkerExit {
    pub worker: WorkerId,
    pub pid: u32,
    pub ending: Ending,
    pub stderr: String,
    /// Peak resident memory in bytes.
    pub peak_memory: u64,
    /// The same without the share of other processes.
    pub own_memory: u64,
}

/// What is known about a worker after it was reaped.
#[derive(Debug)]
pub(super) struct ExitEvidence<'a> {
    pub status: io::Result<ExitStatus>,
    /// The reason if the scheduler had it killed.
    pub kill_reason: Option<KillReason>,
    /// What it did wrong on the wire.
    pub protocol_error: Option<String>,
    /// Why it said that it cannot start.
    pub refusal: Option<String>,
    pub said_hello: bool,
    /// It closed its output and did not exit.
    pub closed_output_early: bool,
    /// Its output ended inside a frame.
    pub truncated: bool,
    pub stderr: &'a str,
    pub peak_memory: u64,
}

/// What is wrong if a program runs its usual `main` in place of a worker.
const HINT: &str = "does main begin with serve_if_worker, before it reads or prints anything?";

/// The ending of a worker, by rules in order of precedence:
///
/// 1. a kill by the scheduler, named by its reason;
/// 2. a broken protocol;
/// 3. a refusal to start, or an exit before the hello;
/// 4. an output that was closed or truncated without an exit that explains it;
/// 5. the exit status.
pub(super) fn classify_exit(evidence: ExitEvidence<'_>, limits: &Limits) -> Ending {
    let status = match (evidence.status, evidence.kill_reason) {
        (Err(error), _) => {
            return Ending::BrokenProtocol { what: format!("it cannot be waited for: {error}") };
        }
        (_, Some(KillReason::Cancelled)) => return Ending::Cancelled,
        (_, Some(KillReason::TaskTimeout)) => return Ending::TimedOut { limit: limits.task_timeout },
        (_, Some(KillReason::StartTimeout)) => {
            let waited = limits.start_timeout.as_secs_f64();
            return Ending::CouldNotStart { reason: format!("no hello within {waited} s; {HINT}") };
        }
        (Ok(status), None | Some(KillReason::RetireTimeout)) => status,
    };
    if let Some(what) = evidence.protocol_error {
        let what = if evidence.said_hello { what } else { format!("{what}; {HINT}") };
        return Ending::BrokenProtocol { what };
    }
    if let Some(reason) = evidence.refusal {
        return Ending::CouldNotStart { reason };
    }
    if !evidence.said_hello && status.signal().is_none() {
        let stderr = evidence.stderr.trim();
        let said = if stderr.is_empty() { String::new() } else { format!(": {stderr}") };
        // It ran to its end, or it complained about an option that it does not know.
        let ran_main = status.success() || stderr.contains(WORKER_MARKER.trim_start_matches('-'));
        let hint = if ran_main { format!("; {HINT}") } else { String::new() };
        return Ending::CouldNotStart { reason: format!("{status} before its hello{said}{hint}") };
    }
    if evidence.closed_output_early && status.signal() == Some(Signal::KILL.as_raw()) {
        return Ending::BrokenProtocol { what: "it closed its output pipe without exiting".to_owned() };
    }
    if evidence.truncated && status.success() {
        return Ending::BrokenProtocol { what: FrameError::Truncated.to_string() };
    }
    from_status(status, evidence.stderr, evidence.peak_memory, limits.worker_memory)
}

/// Reports out of memory only with evidence: the message of the allocator, or a SIGKILL when the worker held
/// at least nine tenths of its limit.
fn from_status(status: ExitStatus, stderr: &str, peak_memory: u64, limit: Option<u64>) -> Ending {
    let kill = Signal::KILL.as_raw();
    let abort = Signal::ABORT.as_raw();
    match (status.signal(), status.code()) {
        (Some(signal), _) if signal == abort => {
            let is_message =
                |line: &&str| line.contains("memory allocation of ") && line.ends_with(" failed");
            match stderr.lines().map(str::trim).rfind(is_message) {
                Some(message) => Ending::OutOfMemory { evidence: message.to_owned() },
                None => Ending::Killed { signal },
            }
        }
        (Some(signal), _) => match limit {
            Some(limit) if signal == kill && peak_memory >= limit / 10 * 9 => Ending::OutOfMemory {
                evidence: format!("killed when it held {peak_memory} of {limit} bytes"),
            },
            _ => Ending::Killed { signal },
        },
        (None, code) => Ending::Exited { code: code.unwrap_or(-1) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_is_reported_only_with_evidence() {
        let [killed, aborted] = [Signal::KILL, Signal::ABORT].map(|signal| signal.as_raw());
        let by = |signal| Ending::Killed { signal };
        let oom = |evidence: &str| Ending::OutOfMemory { evidence: evidence.to_owned() };
        let words = "something else\nmemory allocation of 64 bytes failed\n";
        for (signal, stderr, peak, limit, ending) in [
            (killed, "", 90, Some(100), oom("killed when it held 90 of 100 bytes")),
            (killed, "", 89, Some(100), by(killed)),
            (killed, "", u64::MAX, None, by(killed)),
            (killed, words, 0, Some(100), by(killed)),
            (aborted, words, 0, None, oom("memory allocation of 64 bytes failed")),
            (aborted, "I wish memory allocation of this kind were easier", 0, None, by(aborted)),
            (aborted, "", 100, Some(100), by(aborted)),
        ] {
            assert_eq!(from_status(ExitStatus::from_raw(signal), stderr, peak, limit), ending);
        }
    }
}
