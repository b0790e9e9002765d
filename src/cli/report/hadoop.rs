//! Reports to Hadoop Streaming on the stderr of a step (`--hadoop`).
//!
//! A line `reporter:counter:GROUP,NAME,AMOUNT` adds to a counter of the job; a line `reporter:status:TEXT` sets the status
//! of the task. Hadoop kills a task that reports neither for `mapreduce.task.timeout` (ten minutes by default). The
//! reports therefore come from a thread, which goes on while the step waits for its input.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::reporter::{PeriodicReport, Reporter};
use crate::input::Progress;

const GROUP: &str = "ngramcount";

/// What a step has done so far. Clones share the counters.
#[derive(Debug, Clone)]
pub(in crate::cli) struct StepCounters {
    progress: Arc<Progress>,
    rows_written: Arc<AtomicU64>,
}

impl StepCounters {
    /// Counters at zero rows; `progress` counts the lines.
    pub fn new(progress: Arc<Progress>) -> Self {
        Self { progress, rows_written: Arc::default() }
    }

    /// Adds to the rows that were written.
    pub fn add_rows(&self, rows: u64) {
        self.rows_written.fetch_add(rows, Ordering::Relaxed);
    }
}

/// Reports the status at once, then status and counters every 3 seconds and at the end.
pub(in crate::cli) fn start(step: &'static str, counters: StepCounters) -> io::Result<Reporter> {
    let report = StepReport { step, counters, lines_read: 0, rows_written: 0 };
    report.status();
    Reporter::start(report)
}

/// Adds to a counter of the Hadoop job.
pub(in crate::cli) fn add_to_counter(name: &str, amount: u64) {
    if amount > 0 {
        write_line(format_args!("counter:{GROUP},{name},{amount}"));
    }
}

/// The report on one step, with the numbers that were last reported.
struct StepReport {
    step: &'static str,
    counters: StepCounters,
    lines_read: u64,
    rows_written: u64,
}

impl StepReport {
    fn status(&self) {
        let Self { step, lines_read, rows_written, .. } = self;
        write_line(format_args!("status:{step}: {lines_read} lines read, {rows_written} rows written"));
    }
}

impl PeriodicReport for StepReport {
    fn interval(&self) -> Duration {
        Duration::from_secs(3)
    }

    fn report(&mut self) {
        let (lines, rows) =
            (self.counters.progress.lines(), self.counters.rows_written.load(Ordering::Relaxed));
        add_to_counter("lines read", lines - self.lines_read);
        add_to_counter("rows written", rows - self.rows_written);
        (self.lines_read, self.rows_written) = (lines, rows);
        self.status();
    }

    fn finish(&mut self) {
        self.report();
    }
}

/// Writes a whole line with one call, so that no other output comes between its parts.
fn write_line(what: impl Display) {
    let _ = io::stderr().write_all(format!("reporter:{what}\n").as_bytes());
}
