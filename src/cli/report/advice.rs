//! Advice: the options that an error is about. Library errors speak of values; a person changes options.

use std::path::Path;

use crate::cli::flags::Typed;
#[cfg(feature = "plot")]
use crate::cli::flags::picture_advice;
use crate::count::{CountError, LineError};
use crate::exec::ExecError;
use crate::input::{InputError, PackedFault, Source, WindowLimit};
use crate::job::JobError;
use crate::output::OutputError;
#[cfg(feature = "plot")]
use crate::output::plot::PlotError;
use crate::partials::PartialsError;
use crate::record::Unsupported;

/// The error with its causes in one line, with the options that it is about.
pub(super) fn describe(error: &anyhow::Error, typed: &Typed) -> String {
    if let Some(option) = output_of(error).and_then(|path| typed.option_of(path)) {
        return format!("{option} {error:#}");
    }
    if let Some(JobError::Input(InputError::NotFound { file: Source::Path(path) })) = error.downcast_ref()
        && let Some(ngram) = typed.unquoted(path)
    {
        return format!("{error:#}; for the n-gram `{ngram}` type --word '{ngram}'");
    }
    if let Some(JobError::Input(InputError::Refused { file, why })) = error.downcast_ref()
        && let Some(Unsupported::Tar) = why.downcast_ref()
    {
        return format!("{error:#}; to count what is in it type `{} | ngramcount`", tar_of(file));
    }
    let (option, advice) = options(error);
    format!("{option}{error:#}{advice}")
}

/// The file that could not be written.
fn output_of(error: &anyhow::Error) -> Option<&Path> {
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(OutputError::File { path, .. }), _) => Some(path),
        (Some(OutputError::Ngram { destination, .. }), _) => Some(Path::new(destination)),
        (_, Some(JobError::Exec(ExecError::AttemptLog { path, .. }))) => Some(path),
        _ => None,
    }
}

/// What stands before and after the text of the error.
fn options(error: &anyhow::Error) -> (&'static str, &'static str) {
    match error.downcast_ref() {
        Some(JobError::Count(CountError::ManyYears { .. })) => {
            return ("--smoothing: ", "; choose fewer with --years");
        }
        Some(JobError::Exec(ExecError::CannotSplit)) => return ("", "; use --feed pipe"),
        Some(JobError::Input(InputError::Packed { fault: PackedFault::Window { bytes, .. }, .. }))
            if bytes.is_none_or(|bytes| bytes <= WindowLimit::LARGEST) =>
        {
            return ("", "; --memory allows more");
        }
        Some(JobError::Input(InputError::Refused { why, .. })) => {
            let advice = match why.downcast_ref() {
                Some(Unsupported::YearsOrMatches) => {
                    ", and --format counts reads it as ngram, matches, volumes"
                }
                Some(Unsupported::TableFormat(_)) => ", and --format text counts words",
                Some(Unsupported::Binary) => {
                    "; if it is UTF-16, add --encoding utf-16le, and --format text counts it all the same"
                }
                Some(Unsupported::PackedTwice(_)) => {
                    "; undo the outer one, and pipe what comes of it into ngramcount"
                }
                _ => "",
            };
            return ("", advice);
        }
        Some(JobError::BadLine { line: 1, error, .. }) if names_a_column(error) => {
            return ("", "; if line 1 names the columns, remove it, or add --bad-lines skip");
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

/// The command that writes all that is in an archive to its standard output.
fn tar_of(file: &Source) -> String {
    let name = match file {
        Source::Path(path) => path.to_string_lossy(),
        _ => "FILE".into(),
    };
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    match name.chars().all(is_plain) && !name.starts_with('-') {
        true => format!("tar -xOf {name}"),
        false => format!("tar -xOf '{}'", name.replace('\'', "'\\''")),
    }
}

/// Whether a field that should hold numbers holds a name.
fn names_a_column(error: &LineError) -> bool {
    let (LineError::NotANumber { text, .. } | LineError::NotAYear { text }) = error else { return false };
    text.contains(char::is_alphabetic) && !text.contains(|c: char| c.is_ascii_digit())
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
        Some(path) if lacks_year => error.context(format!("--relative-to {}", path.display())),
        _ => error,
    }
}
