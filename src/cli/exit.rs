//! The one place where an ending becomes an exit code.

use std::process::ExitCode;

use super::plan::UsageError;
use crate::job::{JobError, Stats};

/// The command line is wrong.
pub(super) const USAGE: u8 = 2;
/// The job failed; nothing was written.
const FAILED: u8 = 1;
/// Some lines were left out, as was allowed.
const INCOMPLETE: u8 = 3;
/// The supervisor gave up.
const GAVE_UP: u8 = 4;
/// Added to the number of the signal that ended the program, as shells do.
const SIGNALLED: u8 = 128;

/// The code of a count that has been written.
pub(super) fn of_stats(stats: &Stats) -> ExitCode {
    of_completeness(stats.complete)
}

/// The code of an answer in which all lines are, or all but those that were to be left out.
pub(super) fn of_completeness(complete: bool) -> ExitCode {
    if complete { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) }
}

/// The code of a failure. A signal outweighs whatever it made fail.
pub(super) fn of_error(error: &anyhow::Error, signal: Option<u8>) -> ExitCode {
    ExitCode::from(match signal {
        Some(signal) => of_signal(signal),
        None if error.is::<UsageError>() => USAGE,
        None if error.downcast_ref().is_some_and(JobError::gave_up) => GAVE_UP,
        None => FAILED,
    })
}

/// The code of a program that a signal ended.
pub(super) fn of_signal(signal: u8) -> u8 {
    SIGNALLED + signal
}
