//! Hints: the flags that avoid an error. The library, which does not know them, speaks of values only.

use crate::exec::ExecError;
use crate::input::InputError;
use crate::job::JobError;
use crate::record::Unsupported;

/// Text to add to the message of an error; empty for most.
pub(super) fn hint(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref() {
        Some(JobError::Exec(ExecError::CannotSplit)) => "; use --feed pipe",
        Some(JobError::Input(InputError::Refused { why, .. })) => match why.downcast_ref() {
            Some(Unsupported::YearsOrMatches) => ", and --format counts reads it as ngram, matches, volumes",
            Some(Unsupported::TableFormat(_)) => ", and --format text counts words",
            Some(Unsupported::Binary) => "; --format text counts it all the same",
            _ => "",
        },
        _ => "",
    }
}
