//! Statistics of a count, with a documented JSON layout. `docs/stats.md` describes each field;
//! a field that changes its meaning or goes away raises [`SCHEMA`].

use std::time::Duration;

use serde::Serialize;

use super::accounting::LineAccounting;
use super::config::Config;
use crate::count::Answer;
use crate::exec::{ExecStats, ExecutorKind, peak_memory};
use crate::input::{Progress, SpanCounts, TrafficCounts};
use crate::spill::SpillStats;

/// The version of the layout below.
const SCHEMA: u32 = 1;

/// Statistics of a count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// The version of this layout.
    pub schema: u32,
    /// The program's version.
    pub ngramcount: &'static str,
    /// The executor's name.
    pub executor: &'static str,
    /// Whether only filters of the plan left lines out.
    pub complete: bool,
    /// Amounts that were read.
    pub input: InputStats,
    /// Lines by their treatment; these add up to `input.lines`.
    pub lines: LineStats,
    /// Chunks that the input was cut into.
    pub chunks: u64,
    /// Whether each row of the answer is of one year.
    pub by_year: bool,
    /// Rows of the answer.
    pub ngrams: u64,
    /// Matches in the answer, added up; null if it does not say how many there are, and until
    /// [`add_matches`](Self::add_matches) has seen all rows.
    pub matches: Option<u128>,
    /// Workers.
    pub workers: WorkerStats,
    /// Attempts of tasks.
    pub tasks: TaskStats,
    /// Times in seconds.
    pub seconds: SecondStats,
    /// The memory that all processes together may take, in bytes.
    pub memory_limit_bytes: u64,
    /// What was counted by an earlier run, and not again; null without a checkpoint of one.
    pub resumed: Option<ResumedStats>,
    /// Partial counts that were written to files; null if all were kept in memory.
    pub spilled: Option<SpilledStats>,
    /// Peak resident memory of this process and its workers, added up, with a page that several of
    /// them hold counted once; null where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
}

/// Amounts that were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputStats {
    /// Files, standard input included.
    pub files: u64,
    /// The formats of their lines, in the order of the files.
    pub formats: Vec<&'static str>,
    /// Bytes as they were stored, compressed or not.
    pub compressed_bytes: u64,
    /// Bytes after unpacking.
    pub bytes: u64,
    /// Lines, with those that were not read because an index shows that all of them are filtered.
    pub lines: u64,
    /// Spans of files with an index; null if no index was used.
    pub spans: Option<SpanStats>,
    /// What came from servers; null if nothing was asked of one.
    pub network: Option<NetworkStats>,
}

/// What came from servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkStats {
    /// Bytes of files and of indexes, as they were sent.
    pub fetched_bytes: u64,
    /// Requests, those that were redirected and those that failed included.
    pub requests: u64,
    /// Requests that were made again because one failed.
    pub retries: u64,
}

/// What was counted by an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResumedStats {
    /// Chunks and splits.
    pub parts: u64,
    /// Lines in them.
    pub lines: u64,
}

/// Partial counts that were written to files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpilledStats {
    /// Sorted runs.
    pub runs: u64,
    /// N-grams in all runs.
    pub ngrams: u64,
    /// Bytes of all runs.
    pub bytes: u64,
    /// Bytes on disk at the end: runs that did not fit the memory, and the sorted rows of the answer.
    pub disk_bytes: u64,
    /// Tasks that merged the runs.
    pub reduce_tasks: u64,
}

/// Spans of files with an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpanStats {
    /// Those that were read.
    pub read: u64,
    /// Those that were not, because no n-gram in them was asked for.
    pub skipped: u64,
}

/// Lines by their treatment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineStats {
    /// Added to the counts.
    pub counted: u64,
    /// Well formed, but left out by a filter of the plan.
    pub filtered: u64,
    /// Left out because they are not in the format.
    pub bad: u64,
    /// Left out because they kept killing workers.
    pub quarantined: u64,
}

/// Workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerStats {
    /// Workers at the same time.
    pub count: u32,
    /// Workers started in place of one that ended.
    pub restarts: u64,
}

/// Attempts of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskStats {
    /// All attempts; `chunks` of them if none was lost.
    pub attempts: u64,
    /// Attempts that were lost and made again.
    pub retried: u64,
}

/// Times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecondStats {
    /// From opening the input to the sorted answer.
    pub total: f64,
}

impl Stats {
    /// Adds up the matches of the answer. Only on request: an answer by years has as many rows as its input has
    /// lines.
    pub fn add_matches(&mut self, answer: &Answer) {
        self.matches = answer.matches_total();
    }

    /// The executor that ran in place of the configured one, and the spans that indexes divided the input into.
    pub(super) fn with_lookup(mut self, executor: ExecutorKind, spans: SpanCounts) -> Self {
        self.executor = executor.name();
        self.input.spans =
            (spans.files > 0).then_some(SpanStats { read: spans.read, skipped: spans.skipped });
        self
    }

    /// What an earlier run had counted.
    pub(super) fn with_resumed(self, resumed: Option<ResumedStats>) -> Self {
        Self { resumed, ..self }
    }

    /// The budget, and what was written to files.
    pub(super) fn with_spilled(mut self, stats: &SpillStats) -> Self {
        let &SpillStats { memory_limit, runs, ngrams, bytes, disk_bytes, reduce_tasks } = stats;
        self.memory_limit_bytes = memory_limit;
        self.spilled = (runs > 0).then_some(SpilledStats { runs, ngrams, bytes, disk_bytes, reduce_tasks });
        self
    }

    pub(super) fn new(
        config: &Config,
        progress: &Progress,
        accounting: &LineAccounting<'_>,
        exec: &ExecStats,
        answer: &Answer,
        elapsed: Duration,
    ) -> Self {
        let lines = accounting.tally();
        Self {
            schema: SCHEMA,
            ngramcount: env!("CARGO_PKG_VERSION"),
            executor: config.executor.name(),
            complete: lines.bad == 0 && lines.quarantined == 0,
            input: InputStats {
                files: config.sources.len() as u64,
                formats: accounting.formats(),
                compressed_bytes: progress.read_bytes(),
                bytes: progress.unpacked_bytes(),
                lines: progress.lines(),
                spans: None,
                network: network(progress.traffic()),
            },
            lines: LineStats {
                counted: lines.counted,
                filtered: lines.filtered,
                bad: lines.bad,
                quarantined: lines.quarantined,
            },
            chunks: accounting.chunks(),
            by_year: config.order.by_year,
            ngrams: answer.len() as u64,
            matches: None,
            workers: WorkerStats { count: exec.workers, restarts: exec.restarts },
            tasks: TaskStats { attempts: exec.attempts, retried: exec.retried },
            seconds: SecondStats { total: elapsed.as_secs_f64() },
            memory_limit_bytes: 0,
            resumed: None,
            spilled: None,
            peak_memory_bytes: peak_memory(None)
                .map(|own| own.saturating_sub(exec.shared_memory) + exec.worker_peak_memory),
        }
    }
}

fn network(TrafficCounts { bytes, requests, retries }: TrafficCounts) -> Option<NetworkStats> {
    (requests > 0).then_some(NetworkStats { fetched_bytes: bytes, requests, retries })
}
