//! Advice: the options that an error is about. Library errors speak of values; a person changes options.

use std::path::Path;

#[cfg(feature = "plot")]
use crate::cli::flags::picture_advice;
use crate::count::{CountError, LineError};
use crate::exec::ExecError;
use crate::input::InputError;
use crate::job::JobError;
#[cfg(feature = "plot")]
use crate::output::plot::PlotError;
use crate::partials::PartialsError;
use crate::record::Unsupported;

/// The error with its causes in one line, with the options that it is about.
pub(super) fn describe(error: &anyhow::Error) -> String {
    let (option, advice) = options(error);
    format!("{option}{error:#}{advice}")
}

/// What stands before and after the text of the error.
fn options(error: &anyhow::Error) -> (&'static str, &'static str) {
    match error.downcast_ref() {
        Some(JobError::Count(CountError::ManyYears { .. })) => {
            return ("--smoothing: ", "; choose fewer with --years");
        }
        Some(JobError::Exec(ExecError::CannotSplit)) => return ("", "; use --feed pipe"),
        Some(JobError::Input(InputError::Refused { why, .. })) => {
            let advice = match why.downcast_ref() {
                Some(Unsupported::YearsOrMatches) => {
                    ", and --format counts reads it as ngram, matches, volumes"
                }
                Some(Unsupported::TableFormat(_)) => ", and --format text counts words",
                Some(Unsupported::Binary) => {
                    "; if it is UTF-16, add --encoding utf-16le, and --format text counts it all the same"
                }
                _ => "",
            };
            return ("", advice);
        }
        Some(JobError::BadLine { error, .. }) => return ("", of_bad_line(error)),
        _ => {}
    }
    match error.downcast_ref() {
        Some(PartialsError::Unsorted { .. }) => return ("", ", or leave out --sorted"),
        Some(PartialsError::Count(CountError::OutOfMemory)) => {
            return ("", ", or sort them and use `reduce --sorted`");
        }
        _ => {}
    }
    #[cfg(feature = "plot")]
    if let Some(error) = error.downcast_ref::<PlotError>() {
        return ("", picture_advice(error));
    }
    ("", "")
}

/// The advice for a malformed line.
pub(super) fn of_bad_line(error: &LineError) -> &'static str {
    match error {
        LineError::NotUtf8 { .. } => "; name its encoding, as --encoding windows-1252",
        _ => "",
    }
}

/// Names the file of corpus totals if the error is that it lacks a year.
pub(in crate::cli) fn name_totals_file(error: JobError, totals: Option<&Path>) -> anyhow::Error {
    let lacks_year = matches!(error, JobError::Count(CountError::NoTotal { .. }));
    let error = anyhow::Error::new(error);
    match totals {
        Some(path) if lacks_year => error.context(path.display().to_string()),
        _ => error,
    }
}
