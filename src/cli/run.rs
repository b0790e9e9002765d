//! From the command line to the exit code.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use super::args::Args;
use super::plan::{self, Intent};
use super::progress::Progress;
use super::signals::Signals;
use super::{exit, messages};
use crate::input::{Source, Watch};
use crate::job::{self, Stats};
use crate::output::{Format, OutputError};

/// Does what the command line asks for and says how it went.
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return messages::usage(&error),
    };
    let watch = Arc::new(Watch::new());
    let signals = match Signals::listen(Arc::clone(&watch)) {
        Ok(signals) => signals,
        Err(error) => {
            let error = anyhow::Error::new(error).context("cannot listen for signals");
            messages::error(&error);
            return exit::of_error(&error, None);
        }
    };
    let counted = plan::resolve(args).and_then(|intent| count(&intent, &watch, &signals));
    match counted {
        Ok(stats) => exit::of_stats(&stats),
        Err(error) => {
            messages::error(&error);
            exit::of_error(&error, signals.caught())
        }
    }
}

fn count(intent: &Intent, watch: &Arc<Watch>, signals: &Signals) -> anyhow::Result<Stats> {
    intent.output.check()?;
    if let Some(file) = &intent.stats_json {
        file.check()?;
    }
    if intent.verbose {
        messages::intent(&intent.config);
    }
    if intent.config.sources == [Source::Stdin] && io::stdin().is_terminal() {
        messages::say("reading standard input; end it with Ctrl-D, or see --help");
    }

    let progress = intent.progress.then(|| Progress::start(Arc::clone(watch)));
    let report = job::run(&intent.config, watch);
    drop(progress);
    let job::Report { answer, stats, bad_lines } = report?;

    // The statistics wait under a temporary name until the answer is safe: both appear, or none.
    let stats_json = match &intent.stats_json {
        Some(file) => Some(file.stage(|out| write_json(&stats, out))?),
        None => None,
    };
    reader_may_go(intent.output.write(|out| Format::Tsv.write(&answer, false, &mut signals.guard(out))))?;
    if let Some(staged) = stats_json {
        staged.publish()?;
    }
    messages::bad_lines(&stats, &bad_lines);
    if intent.stats {
        messages::summary(&stats);
    }
    Ok(stats)
}

/// `| head` has seen enough: that is no failure.
fn reader_may_go(written: Result<(), OutputError>) -> Result<(), OutputError> {
    match written {
        Err(OutputError::ReaderGone) => Ok(()),
        other => other,
    }
}

fn write_json(stats: &Stats, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, stats)?;
    out.write_all(b"\n")
}
