//! `--hadoop`: what Hadoop Streaming reads on the stderr of a step.
//!
//! A line `reporter:counter:GROUP,NAME,AMOUNT` adds to a counter of the job, a line `reporter:status:TEXT` shows what the
//! task does. Either tells Hadoop that the task is alive; one that is silent for `mapreduce.task.timeout` (ten minutes,
//! unless set shorter) is killed. So a thread of its own speaks, also while the step waits for its input.

use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use crate::input;

const GROUP: &str = "ngramcount";
const EVERY: Duration = Duration::from_secs(3);

/// What a step has done so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    pub read: Arc<input::Progress>,
    pub rows_written: Arc<AtomicU64>,
}

/// Speaks to Hadoop until it is dropped.
pub(super) struct Reporter {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reporter {
    pub(super) fn start(step: &'static str, progress: Progress) -> std::io::Result<Self> {
        let (end, ended) = bounded::<()>(0);
        let speak = move || {
            let mut told = (0, 0);
            status(step, told);
            loop {
                let going_on = ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout);
                let now = (progress.read.lines(), progress.rows_written.load(Ordering::Relaxed));
                for (name, before, now) in [("lines read", told.0, now.0), ("rows written", told.1, now.1)] {
                    count(name, now - before);
                }
                told = now;
                status(step, told);
                if !going_on {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("hadoop".into()).spawn(speak)?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Adds to a counter of the job.
pub(super) fn count(name: &str, amount: u64) {
    if amount > 0 {
        report(format_args!("counter:{GROUP},{name},{amount}"));
    }
}

fn status(step: &str, (read, written): (u64, u64)) {
    report(format_args!("status:{step}: {read} lines read, {written} rows written"));
}

/// One line in one piece, so that no other comes between its parts.
fn report(what: impl Display) {
    let _ = std::io::stderr().write_all(format!("reporter:{what}\n").as_bytes());
}
