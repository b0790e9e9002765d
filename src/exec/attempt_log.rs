//! Attempt log: one JSON line for each attempt at a task, written as attempts end.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::pool::Attempt;

/// One line. Times are seconds since the job's pool was built; `docs/stats.md` describes each field.
#[derive(Serialize)]
struct AttemptLine {
    task: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<u64>,
    attempt: u32,
    worker: usize,
    incarnation: u64,
    pid: u32,
    queued: f64,
    started: f64,
    ended: f64,
    bytes: u64,
    lines: u64,
    outcome: &'static str,
    peak_memory: u64,
}

/// Handle of the log file. The pool's supervisor appends to it; the job closes it.
#[derive(Clone)]
pub(super) struct AttemptLog(Arc<Mutex<LogFile>>);

struct LogFile {
    file: BufWriter<File>,
    failure: Option<io::Error>,
}

impl AttemptLog {
    pub fn new(file: File) -> Self {
        AttemptLog(Arc::new(Mutex::new(LogFile { file: BufWriter::new(file), failure: None })))
    }

    /// Appends an attempt. The first failure to write is kept for [`close`](Self::close).
    pub fn append(&self, attempt: &Attempt) {
        let &Attempt { task, part_of, attempt: number, worker, incarnation, pid, .. } = attempt;
        let &Attempt { queued, started, ended, bytes, items, outcome, peak_memory, .. } = attempt;
        let line = AttemptLine {
            task,
            part_of,
            attempt: number,
            worker,
            incarnation,
            pid,
            queued,
            started,
            ended,
            bytes,
            lines: items,
            outcome,
            peak_memory,
        };
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.failure.is_none() {
            let written = serde_json::to_writer(&mut log.file, &line).map_err(io::Error::from);
            log.failure = written.and_then(|()| log.file.write_all(b"\n")).err();
        }
    }

    /// Flushes the log, and reports the first failure.
    pub fn close(self) -> io::Result<()> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match log.failure.take() {
            Some(failure) => Err(failure),
            None => log.file.flush(),
        }
    }
}
