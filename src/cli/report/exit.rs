//! Exit codes. No other file chooses one.

use std::process::ExitCode;

use crate::cli::flags::UsageError;
use crate::job::JobError;

/// The job failed. An output file is not created or changed.
pub(in crate::cli) const FAILED: u8 = 1;
/// The command line is wrong.
pub(super) const USAGE: u8 = 2;
/// Some lines were left out, as the options allow.
const INCOMPLETE: u8 = 3;
/// A restart budget or a retry budget was spent.
const GAVE_UP: u8 = 4;
/// Added to the number of the signal that ended the program, as shells do.
const SIGNAL_BASE: u8 = 128;

/// The code of a success: whether every line was counted, or some were left out as the options allow.
pub(in crate::cli) fn for_completeness(complete: bool) -> ExitCode {
    if complete { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) }
}

/// The code of a failure. A signal takes precedence over the error, which it may have caused, unless the command line is
/// wrong.
pub(in crate::cli) fn for_error(error: &anyhow::Error, signal: Option<u8>) -> ExitCode {
    ExitCode::from(match signal {
        _ if error.is::<UsageError>() => USAGE,
        Some(signal) => for_signal(signal),
        None if error.downcast_ref().is_some_and(JobError::gave_up) => GAVE_UP,
        None => FAILED,
    })
}

/// The code of a program that a signal ended.
pub(in crate::cli) fn for_signal(signal: u8) -> u8 {
    SIGNAL_BASE + signal
}
