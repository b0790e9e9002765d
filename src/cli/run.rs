//! From the command line to the exit code.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use super::args::{Args, Command};
use super::plan::{self, Intent};
use super::progress::Progress;
use super::signals::Signals;
use super::{exit, messages, roles, sweep};
use crate::count::{CountError, QuerySpelling};
use crate::input::{Source, Watch};
use crate::job::{self, JobError, PoisonLines, Stats};
use crate::output::OutputError;

/// Does what the command line asks for and says how it went.
pub fn run() -> ExitCode {
    let mut args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return messages::usage(&error),
    };
    match args.generate.write() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            let error = anyhow::Error::new(error);
            messages::error(&error);
            return exit::of_error(&error, None);
        }
    }
    let watch = Arc::new(Watch::new());
    let signals = match Signals::listen(Arc::clone(&watch)) {
        Ok(signals) => signals,
        Err(error) => {
            let error = anyhow::Error::new(error).context("cannot listen for signals");
            messages::error(&error);
            return exit::of_error(&error, None);
        }
    };
    let done = match args.command.take() {
        Some(Command::Map(args)) => roles::map(args, &watch, &signals),
        Some(Command::Combine(args)) => roles::combine(args, &watch, &signals),
        Some(Command::Reduce(args)) => roles::reduce(args, &watch, &signals),
        Some(Command::Sweep(args)) => sweep::run(args, &watch).map(|()| ExitCode::SUCCESS),
        None => plan::resolve(args)
            .and_then(|intent| count(&intent, &watch, &signals))
            .map(|stats| exit::of_stats(&stats)),
    };
    match done {
        Ok(code) => code,
        Err(error) => match error.downcast_ref() {
            Some(usage) => messages::usage(usage),
            None => {
                messages::error(&error);
                exit::of_error(&error, signals.caught())
            }
        },
    }
}

fn count(intent: &Intent, watch: &Arc<Watch>, signals: &Signals) -> anyhow::Result<Stats> {
    intent.output.check()?;
    for file in [&intent.stats_json, &intent.quarantine].into_iter().flatten() {
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
    let poison = match &report {
        Ok(report) => &report.quarantined[..],
        Err(JobError::Poison(lines)) => std::slice::from_ref(&**lines),
        Err(_) => &[],
    };
    if let Some(file) = &intent.quarantine {
        file.write(|out| write_poison(poison, out))?;
    }
    let job::Report { answer, mut stats, bad_lines, quarantined } =
        report.map_err(|error| with_totals(error, intent.totals.as_deref()))?;
    if intent.stats || intent.stats_json.is_some() {
        stats.add_matches(&answer);
    }

    // Picture and statistics wait under temporary names until the answer is safe: all appear, or none.
    let spelled = QuerySpelling::new(&answer, &intent.config.plan);
    let picture = intent.output.stage_picture(&spelled)?;
    let stats_json = match &intent.stats_json {
        Some(file) => Some(file.stage(|out| write_json(&stats, out))?),
        None => None,
    };
    reader_may_go(intent.output.write(&spelled, signals))?;
    for staged in [picture, stats_json].into_iter().flatten() {
        staged.publish()?;
    }
    messages::mixed(&stats);
    messages::missing(&intent.config, &answer);
    messages::bad_lines(stats.lines.bad, &bad_lines);
    quarantined.iter().for_each(messages::say);
    if intent.stats {
        messages::summary(&stats);
    }
    Ok(stats)
}

/// Names the file of totals where a year is missing in it.
pub(super) fn with_totals(error: JobError, totals: Option<&Path>) -> anyhow::Error {
    let missing = matches!(error, JobError::Count(CountError::NoTotal { .. }));
    let error = anyhow::Error::new(error);
    match totals {
        Some(path) if missing => error.context(path.display().to_string()),
        _ => error,
    }
}

/// `| head` has seen enough: that is no failure.
fn reader_may_go(written: Result<(), OutputError>) -> Result<(), OutputError> {
    match written {
        Err(OutputError::ReaderGone) => Ok(()),
        other => other,
    }
}

/// The lines as they stand in their files, each after the file's name and the line's number.
fn write_poison(poison: &[PoisonLines], out: &mut dyn Write) -> io::Result<()> {
    for PoisonLines { source, quarantined } in poison {
        let first = quarantined.place.origin.first_line;
        for (number, line) in (first..).zip(quarantined.lines.split_inclusive(|&byte| byte == b'\n')) {
            write!(out, "{source}\t{number}\t")?;
            out.write_all(line.strip_suffix(b"\n").unwrap_or(line))?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

fn write_json(stats: &Stats, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, stats)?;
    out.write_all(b"\n")
}
