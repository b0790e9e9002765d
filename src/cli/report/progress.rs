//! Progress of the reading: a bar on a terminal, one line each second elsewhere.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, HumanCount, HumanFloatCount, ProgressBar, ProgressStyle};

use super::messages;
use super::reporter::{PeriodicReport, Reporter};
use crate::input::Progress;

const SIZE_KNOWN: &str =
    "{wide_bar} {percent:>3}%  {decimal_bytes} of {decimal_total_bytes}  {msg}  {eta} left";
const SIZE_UNKNOWN: &str = "{spinner} {decimal_bytes}  {msg}  {elapsed}";

/// Shows the counters of `progress` on stderr until the reporter is dropped.
pub(in crate::cli) fn start(progress: Arc<Progress>) -> io::Result<Reporter> {
    let started = Instant::now();
    if !io::stderr().is_terminal() {
        return Reporter::start(ProgressLines { progress, started });
    }
    let bar = ProgressBar::no_length();
    bar.set_style(style(SIZE_UNKNOWN));
    Reporter::start(Bar { progress, started, bar })
}

/// A bar that is redrawn in place.
struct Bar {
    progress: Arc<Progress>,
    started: Instant,
    bar: ProgressBar,
}

impl PeriodicReport for Bar {
    fn interval(&self) -> Duration {
        Duration::from_millis(100)
    }

    fn report(&mut self) {
        let total = self.progress.total_bytes();
        // The sizes are known once the job has opened its files.
        if total > 0 && self.bar.length().is_none() {
            self.bar.set_style(style(SIZE_KNOWN));
            self.bar.set_length(total);
        }
        self.bar.set_position(self.progress.read_bytes());
        self.bar.set_message(rate(&self.progress, self.started.elapsed()));
    }

    fn finish(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Plain lines, for a stderr that is not a terminal.
struct ProgressLines {
    progress: Arc<Progress>,
    started: Instant,
}

impl PeriodicReport for ProgressLines {
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn report(&mut self) {
        messages::say(line(&self.progress, self.started.elapsed()));
    }

    fn finish(&mut self) {
        self.report();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are well formed")
}

fn rate(progress: &Progress, elapsed: Duration) -> String {
    let per_second = progress.lines() as f64 / elapsed.as_secs_f64().max(1e-3);
    let mut text = format!("{} lines/s", HumanFloatCount(per_second.round()));
    let fetched = progress.traffic().bytes;
    if fetched > 0 {
        let per_second = fetched as f64 / elapsed.as_secs_f64().max(1e-3);
        text += &format!(", {}/s fetched", DecimalBytes(per_second as u64));
    }
    text
}

fn line(progress: &Progress, elapsed: Duration) -> String {
    let (read, total) = (progress.read_bytes(), progress.total_bytes());
    let mut text = DecimalBytes(read).to_string();
    if total > 0 {
        text += &format!(" of {}", DecimalBytes(total));
    }
    text += &format!(", {} lines, {}", HumanCount(progress.lines()), rate(progress, elapsed));
    if read > 0 && read < total {
        let left = elapsed.as_secs_f64() * (total - read) as f64 / read as f64;
        text += &format!(", {left:.0} s left");
    }
    text
}
