//! The ledger: one JSON line for each attempt at a chunk, written as attempts end.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::pool::Attempt;

/// One line. Times are seconds since the job's pool was built; `docs/stats.md` describes each field.
#[derive(Serialize)]
struct Line {
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

/// Written to by the pool's supervisor, closed by the job.
#[derive(Clone)]
pub(super) struct Ledger(Arc<Mutex<Written>>);

struct Written {
    file: BufWriter<File>,
    failure: Option<io::Error>,
}

impl Ledger {
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        Ok(Ledger(Arc::new(Mutex::new(Written { file, failure: None }))))
    }

    /// Enters an attempt. The first failure to write is kept for [`close`](Self::close).
    pub fn enter(&self, attempt: &Attempt) {
        let &Attempt { task, part_of, attempt: number, worker, incarnation, pid, .. } = attempt;
        let &Attempt { queued, started, ended, bytes, items, outcome, peak_memory, .. } = attempt;
        let line = Line {
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
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.failure.is_none() {
            let done = serde_json::to_writer(&mut written.file, &line).map_err(io::Error::from);
            written.failure = done.and_then(|()| written.file.write_all(b"\n")).err();
        }
    }

    /// Ends the ledger.
    pub fn close(self) -> io::Result<()> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match written.failure.take() {
            Some(failure) => Err(failure),
            None => written.file.flush(),
        }
    }
}
