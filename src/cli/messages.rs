//! What is said on stderr. One line an error, `ngramcount:` in front, as Unix tools do.

use std::collections::HashSet;
use std::io::Write;
use std::process::ExitCode;

use bstr::ByteSlice;
use indicatif::{DecimalBytes, HumanCount, HumanFloatCount};

use super::exit;
use crate::count::{Answer, Selection};
use crate::job::{ChunkSize, Config, NamedBadLine, Stats};
use crate::output::Destination;

/// N-grams that a note names; the rest it only counts.
const NAMED: usize = 5;

/// Says something to the person at the terminal.
///
/// Not `eprintln!`, which panics when stderr is closed: an answer is worth more than a remark.
pub(super) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "ngramcount: {text}");
}

/// A failure, with its causes, in one line.
pub(super) fn error(error: &anyhow::Error) {
    say(format_args!("{error:#}"));
}

/// What clap has to say: help and version in full on stdout, an error in one line on stderr.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        if let Err(closed) = Destination::Stdout.check() {
            say(&closed);
            return exit::of_error(&closed.into(), None);
        }
        // Nobody to tell if the reader of the help has gone.
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
    say(line.strip_prefix("error: ").unwrap_or(&line));
    ExitCode::from(exit::USAGE)
}

/// `-v`: what is about to be done.
pub(super) fn intent(config: &Config) {
    let names: Vec<_> = config.sources.iter().map(ToString::to_string).collect();
    say(format_args!(
        "counting {} by {}, {} at most, {}",
        names.join(", "),
        config.executor.name(),
        plural(config.workers.get() as u64, "worker"),
        match config.chunk {
            ChunkSize::Auto => "chunks as they suit".to_owned(),
            ChunkSize::Lines(lines) => format!("{} a chunk", plural(lines.get(), "line")),
        },
    ));
}

/// A text among tables was hardly meant to be added to them.
pub(super) fn mixed(stats: &Stats) {
    let formats = &stats.input.formats;
    if formats.len() > 1 && formats.contains(&"text") {
        say(format_args!("note: {} were added up in one answer; see --format", formats.join(" and ")));
    }
}

/// By years an asked word that does not occur has no row, which a picture, too, passes over in
/// silence.
pub(super) fn missing(config: &Config, answer: &Answer) {
    let Selection::Words(words) = &config.plan.selection else { return };
    if !config.order.by_year || config.order.top.is_some() || config.order.min_count.is_some() {
        return;
    }
    let found: HashSet<&[u8]> = answer.rows().map(|row| row.ngram).collect();
    let key = |word: &[u8]| config.plan.filter.query_key(word);
    let missing: Vec<_> = words.iter().filter(|word| !found.contains(&key(word)[..])).collect();
    for word in missing.iter().take(NAMED) {
        say(format_args!("note: `{}` has no row, it does not occur", word.as_bstr()));
    }
    if missing.len() > NAMED {
        say(format_args!("note: nor do {} more", plural((missing.len() - NAMED) as u64, "n-gram")));
    }
}

/// The lines that were left out: the first ones by name, all of them by number.
pub(super) fn bad_lines(left_out: u64, named: &[NamedBadLine]) {
    for bad in named {
        say(bad);
    }
    if left_out > 0 {
        say(format_args!("{} left out", plural(left_out, "bad line")));
    }
}

/// `--stats`.
pub(super) fn summary(stats: &Stats) {
    let _ = std::io::stderr().write_all(render(stats).as_bytes());
}

fn render(stats: &Stats) -> String {
    let Stats { input, lines, workers, tasks, .. } = stats;
    let seconds = stats.seconds.total;
    let rate = HumanFloatCount((input.lines as f64 / seconds.max(1e-6)).round());
    let memory = match stats.peak_memory_bytes {
        Some(bytes) => format!("{} at the peak", DecimalBytes(bytes)),
        None => "unknown".to_owned(),
    };
    let rows = if stats.by_year { "row" } else { "n-gram" };
    format!(
        "\
input   {files}{formats}, {stored} stored, {unpacked} unpacked, {read}
lines   {counted} counted, {filtered} filtered, {bad} bad, {quarantined} quarantined
answer  {ngrams}{matches}
work    {chunks}, {attempts} ({retried} retried), {count} ({executor}), {restarts}
time    {seconds:.2} s, {rate} lines/s
memory  {memory}
",
        files = plural(input.files, "file"),
        formats = input.formats.iter().map(|name| format!(", {name}")).collect::<String>(),
        stored = DecimalBytes(input.compressed_bytes),
        unpacked = DecimalBytes(input.bytes),
        read = plural(input.lines, "line"),
        counted = HumanCount(lines.counted),
        filtered = HumanCount(lines.filtered),
        bad = HumanCount(lines.bad),
        quarantined = HumanCount(lines.quarantined),
        ngrams = plural(stats.ngrams, rows),
        matches = stats.matches.map_or(String::new(), |matches| format!(", {} matches", human(matches))),
        chunks = plural(stats.chunks, "chunk"),
        attempts = plural(tasks.attempts, "attempt"),
        retried = HumanCount(tasks.retried),
        count = plural(workers.count.into(), "worker"),
        executor = stats.executor,
        restarts = plural(workers.restarts, "restart"),
    )
}

fn human(count: u128) -> String {
    u64::try_from(count).map_or_else(|_| count.to_string(), |count| HumanCount(count).to_string())
}

fn plural(count: u64, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {noun}{end}", HumanCount(count))
}
