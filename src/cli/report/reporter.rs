//! A thread that reports at a fixed interval until it is dropped.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is reported, and how often.
pub(super) trait PeriodicReport: Send + 'static {
    /// The time between two reports.
    fn interval(&self) -> Duration;

    /// The state of the work while it goes on.
    fn report(&mut self);

    /// The state when the work has ended.
    fn finish(&mut self);
}

/// The thread. It only reads the counters of the work, so that reporting costs the work nothing.
pub(in crate::cli) struct Reporter {
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reporter {
    /// Starts the thread; the first report comes after one interval.
    ///
    /// # Errors
    /// If the system has no room for another thread.
    pub(super) fn start(mut report: impl PeriodicReport) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let run = move || {
            while ended.recv_timeout(report.interval()) == Err(RecvTimeoutError::Timeout) {
                report.report();
            }
            report.finish();
        };
        let thread = thread::Builder::new().name("reporter".into()).spawn(run)?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Reporter {
    /// Waits for the last report.
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
