//! Summary of a count (`--stats`).

use std::io::{self, Write};

use indicatif::{DecimalBytes, HumanCount, HumanFloatCount};

use crate::job::Stats;

/// Writes the summary to stderr.
pub(in crate::cli) fn write(stats: &Stats) {
    let _ = io::stderr().write_all(render(stats).as_bytes());
}

fn render(stats: &Stats) -> String {
    let Stats { input, lines, workers, tasks, .. } = stats;
    let seconds = stats.seconds.total;
    let rate = HumanFloatCount((input.lines as f64 / seconds.max(1e-6)).round());
    let memory = match stats.peak_memory_bytes {
        Some(bytes) => format!("{} at the peak", DecimalBytes(bytes)),
        None => "unknown".to_owned(),
    };
    let resumed = stats.resumed.as_ref().map_or(String::new(), |resumed| {
        let (lines, parts) = (plural(resumed.lines, "line"), plural(resumed.parts, "chunk"));
        format!("resumed {lines} in {parts} were counted before\n")
    });
    let spilled = stats.spilled.as_ref().map_or(String::new(), |spilled| {
        let (runs, ngrams) = (plural(spilled.runs, "run"), HumanCount(spilled.ngrams));
        let (bytes, disk) = (DecimalBytes(spilled.bytes), DecimalBytes(spilled.disk_bytes));
        format!(
            "files   {runs} of {ngrams} n-grams, {bytes}; {disk} on disk; {} to reduce\n",
            plural(spilled.reduce_tasks, "task")
        )
    });
    let rows = if stats.by_year { "row" } else { "n-gram" };
    format!(
        "\
input   {files}{formats}, {stored} stored, {unpacked} unpacked, {read}
{resumed}{index}{network}lines   {counted} counted, {filtered} filtered, {bad} bad, {quarantined} quarantined
answer  {ngrams}{matches}
work    {chunks}, {attempts} ({retried} retried), {count} ({executor}), {restarts}
time    {seconds:.2} s, {rate} lines/s
memory  {memory}, limit {limit}
{spilled}",
        limit = DecimalBytes(stats.memory_limit_bytes),
        files = plural(input.files, "file"),
        formats = input.formats.iter().map(|name| format!(", {name}")).collect::<String>(),
        stored = DecimalBytes(input.compressed_bytes),
        unpacked = DecimalBytes(input.bytes),
        read = plural(input.lines, "line"),
        index = input.spans.as_ref().map_or(String::new(), |spans| {
            let (read, all) = (HumanCount(spans.read), plural(spans.read + spans.skipped, "span"));
            format!("index   {read} of {all} read\n")
        }),
        network = input.network.as_ref().map_or(String::new(), |network| {
            let fetched = DecimalBytes(network.fetched_bytes);
            let (requests, retries) = (plural(network.requests, "request"), HumanCount(network.retries));
            format!("network {fetched} fetched, {requests}, {retries} retried\n")
        }),
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

/// The count and the noun, in the plural unless the count is 1.
pub(super) fn plural(count: u64, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {noun}{end}", HumanCount(count))
}
