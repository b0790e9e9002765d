//! Waiting for the next attempt, and the end of all attempts.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::backoff::Backoff;
use super::fault::RemoteFault;
use crate::input::Control;

/// How long a pause lasts before the cancel token is looked at again.
const CANCEL_INTERVAL: Duration = Duration::from_millis(50);

/// Why a fetch ended early.
#[derive(Debug, Clone)]
pub(in crate::input) enum Stop {
    Fault(RemoteFault),
    Cancelled,
}

impl From<RemoteFault> for Stop {
    fn from(fault: RemoteFault) -> Self {
        Stop::Fault(fault)
    }
}

/// Does work that waits for a server in a thread of its own. A cancelled count leaves it behind.
pub(super) fn interruptible<T: Send + 'static>(
    control: &Control,
    work: impl FnOnce(&Control) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    let (sender, done) = bounded(1);
    let of_thread = control.clone();
    let started = thread::Builder::new().name("fetch".into()).spawn(move || {
        // Nobody waits any more for what a cancelled count asked for.
        let _ = sender.send(work(&of_thread));
    });
    started.map_err(|error| RemoteFault::NoThread(error.to_string()))?;
    loop {
        match done.recv_timeout(CANCEL_INTERVAL) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) if control.cancel.is_cancelled() => return Err(Stop::Cancelled),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(RemoteFault::Panicked.into()),
        }
    }
}

/// Waits for the next attempt, or gives up.
pub(super) fn pause(
    backoff: &mut Backoff,
    cause: String,
    asked: Option<Duration>,
    control: &Control,
) -> Result<(), Stop> {
    let Some(pause) = backoff.failed(asked) else {
        return Err(RemoteFault::GaveUp { cause, attempts: backoff.attempts() }.into());
    };
    control.progress.add_http_retry();
    let end = Instant::now() + pause;
    loop {
        if control.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return Ok(()),
            left => thread::sleep(left.min(CANCEL_INTERVAL)),
        }
    }
}
