//! `ngramcount index`: builds the indexes of files and writes them.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::flags::{IndexArgs, ResolvedIndex, Typed, index_destination};
use crate::cli::report::events::{self, Event};
use crate::cli::report::{exit, messages, progress};
use crate::cli::signals::Signals;
use crate::input::{BuiltIndex, Control, Source, index_of};
use crate::job;
use crate::output::{Destination, OutputError};

/// Builds and writes the index of each file. A file that gets none is named, and the others are not affected.
pub(in crate::cli) fn run(args: IndexArgs, control: &Control, signals: &Signals) -> anyhow::Result<ExitCode> {
    let ResolvedIndex { sources, format, spacing, workers, folder, http, progress } = args.resolve()?;
    let events = events::report_progress(&control.progress);
    let progress = progress.then(|| progress::start(Arc::clone(&control.progress)));
    let failures = Mutex::new(Vec::new());
    let finished = |source: &Source, built: anyhow::Result<BuiltIndex>| {
        let written = built.and_then(|index| Ok(write(&index, folder.as_deref())?));
        if let Err(error) = written {
            let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
            failures.push((sources.iter().position(|other| other == source), error));
        }
    };
    // A folder that cannot be written to shows before its files are read.
    let mut writable = Vec::new();
    for source in &sources {
        match index_destination(source, folder.as_deref()).map(|index| index.check()) {
            Some(Err(error)) => finished(source, Err(error.into())),
            _ => writable.push(source.clone()),
        }
    }
    let build = |source: &Source, built: Result<BuiltIndex, job::JobError>| {
        finished(source, built.map_err(anyhow::Error::from));
    };
    job::build_indexes(&writable, format, spacing, workers, &http, control, &build);
    drop((progress, events));
    let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort_by_key(|(place, _)| *place);
    // The last one is reported by the caller, with the exit code.
    let (all, failed) = (sources.len(), failures.len());
    let last = failures.pop();
    // After an interruption the files that were not read are no failures of their own.
    let is_stopped =
        |error: &anyhow::Error| matches!(error.downcast_ref(), Some(job::JobError::Stopped { .. }));
    failures.retain(|(_, error)| !is_stopped(error));
    failures.iter().for_each(|(_, error)| messages::error(error, &Typed::default()));
    match last {
        Some((_, error)) if is_stopped(&error) => {
            anyhow::bail!("interrupted; {} of {all} indexes were written", all - failed)
        }
        Some((_, error)) => Err(error),
        None => {
            events::emit(&Event::Done { stats: None });
            Ok(exit::for_completeness(signals.caught().is_none()))
        }
    }
}

/// Writes the indexes that a count of `sources` has built. Each file that has none then is noted.
pub(in crate::cli) fn write_all(built: &[BuiltIndex], sources: &[Source], folder: Option<&Path>) {
    for index in built {
        if let Err(error) = write(index, folder) {
            messages::note(format_args!("an index was not written: {error}"));
        }
    }
    for source in sources.iter().filter(|source| built.iter().all(|index| index.file != **source)) {
        let has_one = index_of(source, folder).is_some_and(|index| index.path().is_some_and(Path::exists));
        if !has_one {
            messages::note(format_args!(
                "{source} has got no index: only gzip files and plain files in UTF-8 can"
            ));
        }
    }
}

/// Writes an index, whole or not at all.
fn write(index: &BuiltIndex, folder: Option<&Path>) -> Result<(), OutputError> {
    match index_destination(&index.file, folder) {
        // A count would not read it from a FIFO or a device, and to write to one may wait for ever.
        Some(Destination::File(path)) if path.exists() && !path.is_file() => {
            Err(OutputError::File { path, error: io::Error::other("it is no regular file") })
        }
        Some(destination) => destination.write(|out| out.write_all(&index.bytes)),
        None => Ok(()),
    }
}
