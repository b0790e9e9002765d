//! The count: runs the job, writes the answer and its companions, and reports.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use super::index;
use crate::cli::flags::{ResolvedArgs, ResolvedOutput};
use crate::cli::report::events::{self, Event};
use crate::cli::report::{advice, exit, messages, notes, progress, summary};
use crate::cli::signals::Signals;
use crate::counter::{CounterError, Counts};
use crate::input::{Control, Source};
use crate::job::{JobError, PoisonLines, Stats, remove_checkpoint};
#[cfg(feature = "plot")]
use crate::output::plot;
use crate::output::{OutputError, Staged};

/// Counts, and writes what was asked for.
pub(in crate::cli) fn run(
    args: &ResolvedArgs,
    control: &Control,
    signals: &Signals,
) -> anyhow::Result<ExitCode> {
    check(args)?;
    if args.verbose {
        messages::start(&args.counter.job(args.sources.clone())?);
    }
    if args.sources == [Source::Stdin] && io::stdin().is_terminal() {
        messages::note("reading standard input; end it with Ctrl-D, or see --help");
    }

    let events = events::report_progress(&control.progress);
    let progress = args.progress.then(|| progress::start(Arc::clone(&control.progress)));
    for error in [&events, &progress].into_iter().flatten().filter_map(|reporter| reporter.as_ref().err()) {
        messages::note(format_args!("no progress is shown: cannot start a thread: {error}"));
    }
    let counted = args.counter.clone().control(control.clone()).count_sources(args.sources.clone());
    drop((progress, events));
    let counts = match counted {
        Err(CounterError::Job(error)) => return Err(keep_poison(args, error)),
        counted => counted?,
    };
    write_quarantine(args, counts.quarantined())?;
    let mut stats = counts.stats().clone();
    if args.stats || args.stats_json.is_some() || args.reports_events {
        stats.add_matches(counts.answer());
    }

    // Picture and statistics stay under temporary names until the answer is written: all appear, or none.
    let picture = stage_picture(&args.output, &counts)?;
    let stats_json = match &args.stats_json {
        Some(file) => Some(file.stage(|out| write_json(&stats, out))?),
        None => None,
    };
    let is_delivered = write_answer(&args.output, &counts, signals)?;
    for staged in [picture, stats_json].into_iter().flatten() {
        staged.publish()?;
    }
    if is_delivered
        && let Some(folder) = &args.removed_checkpoint
        && let Err(error) = remove_checkpoint(folder)
    {
        messages::note(format_args!("{}: cannot remove the checkpoint: {error}", folder.display()));
    }
    if args.writes_indexes {
        index::write_all(&control.indexes.take(), &args.sources, args.index_folder.as_deref());
    }
    if let Some(missing) = counts.missing_workers() {
        messages::note(missing);
    }
    notes::write(&args.counter.job(args.sources.clone())?, &counts, args.totals.as_deref());
    messages::bad_lines(stats.lines.bad, counts.bad_lines());
    counts.quarantined().iter().for_each(messages::quarantined);
    if args.stats {
        summary::write(&stats);
    }
    events::emit(&Event::Done { stats: Some(&stats) });
    Ok(exit::for_completeness(stats.complete))
}

/// Checks, before the count, that all outputs can probably be written.
fn check(args: &ResolvedArgs) -> Result<(), OutputError> {
    #[cfg(feature = "plot")]
    if let Some(picture) = &args.output.picture {
        picture.file.check()?;
    }
    args.output.answer.check()?;
    for file in [&args.stats_json, &args.quarantine].into_iter().flatten() {
        file.check()?;
    }
    Ok(())
}

/// Draws the picture, if one was asked for, and writes it under a temporary name.
#[cfg(feature = "plot")]
fn stage_picture<'a>(output: &'a ResolvedOutput, answer: &Counts) -> anyhow::Result<Option<Staged<'a>>> {
    let Some(picture) = &output.picture else {
        return Ok(None);
    };
    let mut chart = plot::by_year(answer, picture.smoothing)?;
    picture.style(&mut chart);
    let drawn = picture.format.render(&chart)?;
    messages::missing_letters(&drawn);
    Ok(Some(picture.file.stage(|out| out.write_all(&drawn.bytes))?))
}

#[cfg(not(feature = "plot"))]
fn stage_picture<'a>(_: &'a ResolvedOutput, _: &Counts) -> anyhow::Result<Option<Staged<'a>>> {
    Ok(None)
}

/// Writes the answer; false if its reader did not want all of it. A reader that closes the pipe early, as `head` does, is no failure.
fn write_answer(output: &ResolvedOutput, answer: &Counts, signals: &Signals) -> Result<bool, OutputError> {
    match output.answer.write(|out| output.write(answer, &mut signals.interruptible(out))) {
        Err(OutputError::BrokenPipe) => Ok(false),
        other => other.map(|()| true),
    }
}

/// Writes the lines that no worker survived before a count failed, and gives the failure. Without such a line the file of
/// an earlier count stays.
fn keep_poison(args: &ResolvedArgs, error: JobError) -> anyhow::Error {
    let (error, found) = error.split_off_poison();
    let last = if let JobError::Poison(lines) = &error { Some(&**lines) } else { None };
    let mut poison = found.iter().chain(last).peekable();
    if poison.peek().is_some()
        && let Err(error) = write_quarantine(args, poison)
    {
        messages::say(format_args!("--quarantine {error}"));
    }
    advice::name_totals_file(error, args.totals.as_deref())
}

/// Writes the lines unchanged, each after the name of its file and its number.
fn write_quarantine<'a>(
    args: &ResolvedArgs,
    poison: impl IntoIterator<Item = &'a PoisonLines>,
) -> Result<(), OutputError> {
    let Some(file) = &args.quarantine else { return Ok(()) };
    file.write(|out| {
        for PoisonLines { source, quarantined } in poison {
            let first = quarantined.range.origin.first_line;
            for (number, line) in (first..).zip(quarantined.lines.split_inclusive(|&byte| byte == b'\n')) {
                write!(out, "{source}\t{number}\t")?;
                out.write_all(line.strip_suffix(b"\n").unwrap_or(line))?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    })
}

fn write_json(stats: &Stats, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, stats)?;
    out.write_all(b"\n")
}
