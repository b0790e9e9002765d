//! Events: what happens, one JSON object a line, for a program that started this one (`--events`).
//!
//! `docs/stats.md` describes each event and its fields.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::reporter::{PeriodicReport, Reporter};
use crate::input::{Progress, Source};
use crate::job::{JobError, Stats};
use crate::output::{self, OutputError};

/// What happened.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(in crate::cli) enum Event<'a> {
    /// How far the reading has come.
    Progress { read_bytes: u64, total_bytes: u64, lines: u64, seconds: f64 },
    /// What is no failure and may still surprise.
    Note { text: &'a str },
    /// A line was left out, as the options allow.
    LeftOut { file: String, line: u64, reason: String },
    /// The count failed.
    Failed { about: About, file: Option<String>, line: Option<u64>, reason: &'a str, message: &'a str },
    /// The answer, or each index, is written. Only an answer has statistics.
    Done {
        #[serde(skip_serializing_if = "Option::is_none")]
        stats: Option<&'a Stats>,
    },
}

/// What a failure is about.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum About {
    Input,
    Output,
}

/// Where events go.
static EVENTS: OnceLock<Mutex<File>> = OnceLock::new();

/// Has events written to this file from now on.
pub(in crate::cli) fn open(path: &Path) -> Result<(), OutputError> {
    let file = output::open_log(path).map_err(|error| OutputError::File { path: path.to_owned(), error })?;
    let _ = EVENTS.set(Mutex::new(file));
    Ok(())
}

/// Writes the event, if events are asked for. A reader that is gone is no failure.
pub(in crate::cli) fn emit(event: &Event<'_>) {
    if let Some(file) = EVENTS.get()
        && let Ok(mut line) = serde_json::to_vec(event)
    {
        line.push(b'\n');
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line);
    }
}

/// Writes the failure, with the place in the input that it is about.
pub(super) fn failed(error: &anyhow::Error, message: &str) {
    let (file, line) = error.downcast_ref().and_then(place).unzip();
    let (file, line) = (file.map(Source::to_string), line.flatten());
    let about = if error.is::<OutputError>() { About::Output } else { About::Input };
    let mut reason = message;
    if let Some(file) = &file {
        reason = strip(reason, file);
    }
    if let Some(line) = line {
        reason = strip(strip(reason, &format!("line {line}")), &format!("document {line}"));
    }
    emit(&Event::Failed { about, file, line, reason, message });
}

/// `text` without the place that it begins with.
fn strip<'a>(text: &'a str, place: &str) -> &'a str {
    text.strip_prefix(place).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(text)
}

/// The file that an error is about, and the line where it is about one.
fn place(error: &JobError) -> Option<(&Source, Option<u64>)> {
    match error {
        JobError::BadLine { file, line, .. } => Some((file, Some(*line))),
        JobError::Poison(lines) => Some((&lines.source, Some(lines.quarantined.range.origin.first_line))),
        JobError::Input(error) => Some((error.file()?, error.line())),
        JobError::ResultTooLarge { file, .. } => Some((file, None)),
        JobError::BesidesPoison { error, .. } => place(error),
        _ => None,
    }
}

/// Writes progress until the reporter is dropped; nothing if no events are asked for.
pub(in crate::cli) fn report_progress(progress: &Arc<Progress>) -> Option<io::Result<Reporter>> {
    EVENTS.get()?;
    Some(Reporter::start(ProgressEvents { progress: Arc::clone(progress), started: Instant::now() }))
}

struct ProgressEvents {
    progress: Arc<Progress>,
    started: Instant,
}

impl PeriodicReport for ProgressEvents {
    fn interval(&self) -> Duration {
        Duration::from_millis(100)
    }

    fn report(&mut self) {
        emit(&Event::Progress {
            read_bytes: self.progress.read_bytes(),
            total_bytes: self.progress.total_bytes(),
            lines: self.progress.lines(),
            seconds: self.started.elapsed().as_secs_f64(),
        });
    }

    fn finish(&mut self) {
        self.report();
    }
}
