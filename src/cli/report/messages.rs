//! Messages on stderr: one line each, after `ngramcount:`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::DecimalBytes;

use super::events::{self, Event};
use super::summary::plural;
use super::{advice, exit};
use crate::cli::flags::{Typed, folder_of_that_name};
use crate::input::Note;
use crate::job::{ChunkSize, Config, LocatedBadLine, PoisonLines};
use crate::output::Destination;
#[cfg(feature = "plot")]
use crate::output::plot::Picture;

/// Writes a message. Not by `eprintln!`, which panics if stderr is closed: a lost message must not cost the answer.
pub(in crate::cli) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "ngramcount: {text}");
}

/// Whether notes are left out (`-q`).
static NO_NOTES: AtomicBool = AtomicBool::new(false);

/// Has notes left out from now on.
pub(in crate::cli) fn leave_out_notes() {
    NO_NOTES.store(true, Ordering::Relaxed);
}

/// Writes a note: what is no failure and may still surprise.
pub(in crate::cli) fn note(text: impl std::fmt::Display) {
    if !NO_NOTES.load(Ordering::Relaxed) {
        let text = text.to_string();
        say(format_args!("note: {text}"));
        events::emit(&Event::Note { text: &text });
    }
}

/// Writes what happened to files and indexes besides, with what to do about it.
pub(in crate::cli) fn input_note(event: &Note) {
    match event {
        Note::IndexIgnored { index, .. } if index.path().is_some_and(Path::is_file) => {
            note(format_args!("{event}; `ngramcount index` makes a new one"));
        }
        event => note(event),
    }
}

/// Reports a failure with its causes.
pub(in crate::cli) fn error(error: &anyhow::Error, typed: &Typed) {
    let message = advice::describe(error, typed);
    say(&message);
    events::failed(error, &message);
}

/// Writes what clap returns instead of arguments: help or the version to stdout, an error in one line to stderr.
pub(in crate::cli) fn clap_output(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        if let Err(closed) = Destination::Stdout.check() {
            say(&closed);
            return exit::for_error(&closed.into(), None);
        }
        // It fails if the reader of the help closed the pipe, which is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>();
    let line = lines.join("; ").replace(":; ", ": ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    match folder_of_that_name() {
        // The tip of clap is about the command.
        Some(meant) => say(format_args!("{}; {meant}", line.split("; tip: ").next().unwrap_or(line))),
        None => say(line),
    }
    ExitCode::from(exit::USAGE)
}

/// The number of files that are named at the start. Further ones are only counted.
const NAMED_FILES: usize = 20;

/// Reports what is about to be counted, and how (`-v`).
pub(in crate::cli) fn start(config: &Config) {
    let mut names: Vec<_> = config.sources.iter().take(NAMED_FILES).map(ToString::to_string).collect();
    if let more @ 1.. = config.sources.len() - names.len() {
        names.push(plural(more as u64, "more file"));
    }
    say(format_args!(
        "counting {} by {}, {} at most, {}, {} of memory",
        names.join(", "),
        config.executor.name(),
        plural(config.workers.get() as u64, "worker"),
        match config.chunk {
            ChunkSize::Auto => "chunks of automatic size".to_owned(),
            ChunkSize::Lines(lines) => format!("{} per chunk", plural(lines.get(), "line")),
        },
        DecimalBytes(config.memory.limit.bytes()),
    ));
}

/// The number of letters that a note names. Further ones are only counted.
#[cfg(feature = "plot")]
const NAMED: usize = 5;

/// Notes the letters of a picture that no font of the machine has. They are drawn as empty boxes.
#[cfg(feature = "plot")]
pub(in crate::cli) fn missing_letters(picture: &Picture) {
    let name = |letter: &char| format!("`{letter}` (U+{:04X})", u32::from(*letter));
    let mut letters: Vec<_> = picture.missing.iter().take(NAMED).map(name).collect();
    if picture.missing.len() > NAMED {
        letters.push(plural((picture.missing.len() - NAMED) as u64, "more letter"));
    }
    if !letters.is_empty() {
        note(format_args!(
            "no font of this machine has {}, drawn as boxes in the picture; install such a font, or write .svg, which \
             the fonts of its reader draw",
            letters.join(", ")
        ));
    }
}

/// Reports lines that were left out because every worker crashed on them.
pub(in crate::cli) fn quarantined(poison: &PoisonLines) {
    say(poison);
    let (file, text) = (poison.source.to_string(), poison.quarantined.to_string());
    let range = &poison.quarantined.range;
    let line = range.origin.first_line;
    let reason = text.strip_prefix(&format!("{range}: ")).unwrap_or(&text).to_owned();
    events::emit(&Event::LeftOut { file, line, reason });
}

/// Reports the bad lines that were left out: names the first ones and counts all.
pub(in crate::cli) fn bad_lines(left_out: u64, named: &[LocatedBadLine]) {
    for bad in named {
        say(bad);
        events::emit(&Event::LeftOut {
            file: bad.source.to_string(),
            line: bad.line,
            reason: bad.error.to_string(),
        });
    }
    if left_out > 0 {
        let advice =
            named.iter().map(|bad| advice::of_bad_line(&bad.error)).find(|advice| !advice.is_empty());
        say(format_args!("{} left out{}", plural(left_out, "bad line"), advice.unwrap_or_default()));
    }
}
