//! How far the reading is: a bar on a terminal, a line a second elsewhere.
//!
//! A thread of its own looks at the counters of [`input::Progress`], so that following the job costs it
//! nothing.

use std::io::IsTerminal;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use indicatif::{DecimalBytes, HumanCount, HumanFloatCount, ProgressBar, ProgressStyle};

use super::messages;
use crate::input;

const BAR_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(1);

const SIZE_KNOWN: &str =
    "{wide_bar} {percent:>3}%  {decimal_bytes} of {decimal_total_bytes}  {msg}  {eta} left";
const SIZE_UNKNOWN: &str = "{spinner} {decimal_bytes}  {msg}  {elapsed}";

/// A progress display that goes on until it is dropped.
pub(super) struct Progress {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn start(counters: Arc<input::Progress>) -> Self {
        let (end, ended) = bounded(0);
        let thread = thread::spawn(move || {
            let mut display = if std::io::stderr().is_terminal() { Display::bar() } else { Display::Lines };
            let started = Instant::now();
            let every = match display {
                Display::Bar(_) => BAR_EVERY,
                Display::Lines => LINE_EVERY,
            };
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                display.show(&counters, started.elapsed());
            }
            display.finish(&counters, started.elapsed());
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum Display {
    Bar(ProgressBar),
    Lines,
}

impl Display {
    fn bar() -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(style(SIZE_UNKNOWN));
        Self::Bar(bar)
    }

    fn show(&mut self, counters: &input::Progress, elapsed: Duration) {
        match self {
            Self::Lines => messages::say(line(counters, elapsed)),
            Self::Bar(bar) => {
                let total = counters.total_bytes();
                // The sizes are known once the job has opened its files.
                if total > 0 && bar.length().is_none() {
                    bar.set_style(style(SIZE_KNOWN));
                    bar.set_length(total);
                }
                bar.set_position(counters.read_bytes());
                bar.set_message(rate(counters, elapsed));
            }
        }
    }

    /// A bar goes away when it is full; lines end with one that says how it ended.
    fn finish(&mut self, counters: &input::Progress, elapsed: Duration) {
        match self {
            Self::Lines => messages::say(line(counters, elapsed)),
            Self::Bar(bar) => bar.finish_and_clear(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are well formed")
}

fn rate(counters: &input::Progress, elapsed: Duration) -> String {
    let per_second = counters.lines() as f64 / elapsed.as_secs_f64().max(1e-3);
    format!("{} lines/s", HumanFloatCount(per_second.round()))
}

fn line(counters: &input::Progress, elapsed: Duration) -> String {
    let (read, total) = (counters.read_bytes(), counters.total_bytes());
    let mut text = DecimalBytes(read).to_string();
    if total > 0 {
        text += &format!(" of {}", DecimalBytes(total));
    }
    text += &format!(", {} lines, {}", HumanCount(counters.lines()), rate(counters, elapsed));
    if read > 0 && read < total {
        let left = elapsed.as_secs_f64() * (total - read) as f64 / read as f64;
        text += &format!(", {left:.0} s left");
    }
    text
}
