//! The statistics of a count, as `--stats-json` writes them. `docs/stats.md` describes each field;
//! a field that changes its meaning or goes away raises [`SCHEMA`].

use std::time::Duration;

use serde::Serialize;

use super::books::Books;
use super::{Config, memory};
use crate::count::Answer;
use crate::exec::Effort;
use crate::input::Watch;

/// The version of the layout below.
const SCHEMA: u32 = 1;

/// What a count read, counted, left out and spent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// The version of this layout.
    pub schema: u32,
    /// The program's version.
    pub ngramcount: &'static str,
    /// The executor's name.
    pub executor: &'static str,
    /// Whether no line was left out but by a filter that was asked for.
    pub complete: bool,
    /// What was read.
    pub input: InputStats,
    /// What became of the lines; these add up to `input.lines`.
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
    /// Who did the work.
    pub workers: WorkerStats,
    /// How often a chunk was given to a worker.
    pub tasks: TaskStats,
    /// Where the time went.
    pub seconds: SecondStats,
    /// Peak resident memory of this process and its workers, added up, with a page that several of
    /// them hold counted once; null where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
}

/// What was read.
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
    /// Lines.
    pub lines: u64,
}

/// What became of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineStats {
    /// Added to the counts.
    pub counted: u64,
    /// Well formed, but not asked for.
    pub filtered: u64,
    /// Left out because they are not in the format.
    pub bad: u64,
    /// Left out because they kept killing workers.
    pub quarantined: u64,
}

/// Who did the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerStats {
    /// Workers at the same time.
    pub count: u32,
    /// Workers started in place of one that ended.
    pub restarts: u64,
}

/// How often a chunk was given to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskStats {
    /// All attempts; `chunks` of them if none was lost.
    pub attempts: u64,
    /// Attempts that were lost and made again.
    pub retried: u64,
}

/// Where the time went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecondStats {
    /// From opening the input to the sorted answer.
    pub total: f64,
}

impl Stats {
    /// Adds up the matches of the answer. Not done for everybody: an answer by years has as many rows as its input has
    /// lines.
    pub fn add_matches(&mut self, answer: &Answer) {
        self.matches = answer.matches_total();
    }

    pub(super) fn new(
        config: &Config,
        watch: &Watch,
        books: &Books<'_>,
        effort: &Effort,
        answer: &Answer,
        elapsed: Duration,
    ) -> Self {
        let lines = books.tally();
        Self {
            schema: SCHEMA,
            ngramcount: env!("CARGO_PKG_VERSION"),
            executor: config.executor.name(),
            complete: lines.bad == 0 && lines.quarantined == 0,
            input: InputStats {
                files: config.sources.len() as u64,
                formats: books.formats(),
                compressed_bytes: watch.read_bytes(),
                bytes: watch.unpacked_bytes(),
                lines: watch.lines(),
            },
            lines: LineStats {
                counted: lines.counted,
                filtered: lines.filtered,
                bad: lines.bad,
                quarantined: lines.quarantined,
            },
            chunks: books.chunks(),
            by_year: config.order.by_year,
            ngrams: answer.len() as u64,
            matches: None,
            workers: WorkerStats { count: effort.workers, restarts: effort.restarts },
            tasks: TaskStats { attempts: effort.attempts, retried: effort.retried },
            seconds: SecondStats { total: elapsed.as_secs_f64() },
            peak_memory_bytes: memory::peak_bytes()
                .map(|own| own.saturating_sub(effort.shared_memory) + effort.worker_peak_memory),
        }
    }
}
