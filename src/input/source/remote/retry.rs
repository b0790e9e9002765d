//! Waiting for the next attempt, and the end of all attempts.

use std::thread;
use std::time::{Duration, Instant};

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
