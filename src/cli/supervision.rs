//! The options for worker processes, and what they mean.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use clap::ValueEnum;

use crate::exec::{self, Chaos};

const HEADING: &str = "Supervision of worker processes";

/// What was typed about worker processes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(super) struct SupervisionArgs {
    /// auto, pipe or split
    ///
    /// With pipe the parent reads and sends chunks to the workers; with
    /// split workers read shares of the input themselves: whole packed
    /// files, ranges of plain ones. auto splits where that pays, but never
    /// with --chunk N.
    #[arg(
        long,
        verbatim_doc_comment,
        value_name = "HOW",
        default_value = "auto",
        hide_possible_values = true
    )]
    feed: Feed,

    /// Kill a slower worker; 0: never
    ///
    /// The time that a worker may take for a chunk, by the clock on the wall.
    #[arg(long, value_name = "SECS", default_value = "300", value_parser = seconds)]
    task_timeout: Duration,

    /// Tries again after a crash
    ///
    /// So often a chunk is given to a fresh worker after it crashed another.
    #[arg(long, value_name = "N", default_value = "2")]
    retries: u32,

    /// Deaths before giving up
    ///
    /// More than N deaths of a worker within SECS, without a finished chunk
    /// in between, end the job with exit code 4.
    #[arg(long, verbatim_doc_comment, value_name = "N/SECS", default_value = "10/10")]
    max_restarts: MaxRestarts,

    /// Most address space a worker, as in 512MiB
    ///
    /// A worker that needs more dies, and its chunk is tried again. 32MiB is
    /// the least that a worker starts with.
    #[arg(long, verbatim_doc_comment, value_name = "SIZE", value_parser = worker_memory)]
    worker_memory: Option<u64>,

    /// Chunks until a worker is replaced
    ///
    /// A fresh worker takes the place of one that has done so many.
    #[arg(long, value_name = "N", value_parser = super::args::at_least_one::<std::num::NonZeroU64>)]
    max_tasks_per_worker: Option<std::num::NonZeroU64>,

    /// Lines that kill: fail or skip
    ///
    /// A line that crashes every worker is found by halving its chunk. With
    /// fail the job ends with its name;
    /// with skip it is left out and named, and the exit code is 3.
    #[arg(
        long,
        verbatim_doc_comment,
        value_name = "WHAT",
        default_value = "fail",
        hide_possible_values = true
    )]
    on_poison: OnPoison,

    /// Write lines that kill workers here
    ///
    /// Each after its file's name and its number, with tabs between.
    #[arg(long, value_name = "FILE")]
    pub quarantine: Option<PathBuf>,

    /// Write a JSON line here for each attempt
    ///
    /// Who tried which chunk when, and how that ended.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,

    /// Make workers misbehave, as in kill=0.02
    ///
    /// FAULT=PROBABILITY, FAULT@POINT=PROBABILITY, FAULT-on=NGRAM, seed=N.
    /// Faults: kill, panic, exit, abort, hang, spin, stop, oom, print,
    /// garbage, truncate, oversize. Points: hello, reading, running,
    /// mid-result, after-result. FAULT-on spares nothing; the others spare a
    /// chunk's last attempt, so that the answer stays what it was.
    #[arg(long, verbatim_doc_comment, value_name = "SPEC", default_value = "", hide_default_value = true)]
    chaos: Chaos,
}

/// `--feed`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Feed {
    /// Split where that pays
    Auto,
    /// The parent reads
    Pipe,
    /// The workers read
    Split,
}

/// `--on-poison`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnPoison {
    /// The job ends with its name
    Fail,
    /// It is left out
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct MaxRestarts(u32, Duration);

impl FromStr for MaxRestarts {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected N/SECS, as in 10/10";
        let (deaths, window) = text.split_once('/').ok_or(EXPECTED)?;
        Ok(MaxRestarts(deaths.parse().map_err(|_| EXPECTED)?, seconds(window).map_err(|_| EXPECTED)?))
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a number of seconds";
    let seconds: f64 = text.parse().map_err(|_| EXPECTED)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| EXPECTED)
}

/// Less than this, and whether a worker even starts is a matter of luck: its program, its libraries and
/// the arenas of its allocator take 20 to 28 MiB of address space before the first task (Linux, glibc).
const LEAST_WORKER_MEMORY: ByteSize = ByteSize::mib(32);

fn worker_memory(text: &str) -> Result<u64, &'static str> {
    match text.parse::<ByteSize>() {
        Err(_) => Err("expected a size, as in 512MiB or 2GB"),
        Ok(size) if size < LEAST_WORKER_MEMORY => Err("a worker needs 32MiB to start"),
        Ok(ByteSize(bytes)) => Ok(bytes),
    }
}

impl SupervisionArgs {
    /// An option that was given and means nothing without worker processes.
    pub(super) fn needs_processes(&self) -> Option<&'static str> {
        let given = [
            ("--ledger", self.ledger.is_some()),
            ("--quarantine", self.quarantine.is_some()),
            ("--chaos", self.chaos != Chaos::default()),
            ("--worker-memory", self.worker_memory.is_some()),
            ("--max-tasks-per-worker", self.max_tasks_per_worker.is_some()),
            ("--feed split", matches!(self.feed, Feed::Split)),
        ];
        given.into_iter().find_map(|(option, given)| given.then_some(option))
    }

    pub(super) fn resolve(self, verbose: bool) -> exec::Supervision {
        let MaxRestarts(deaths, window) = self.max_restarts;
        exec::Supervision {
            task_timeout: Some(self.task_timeout).filter(|limit| !limit.is_zero()),
            retries: self.retries,
            max_restarts: (deaths, window),
            worker_memory: self.worker_memory,
            max_tasks_per_worker: self.max_tasks_per_worker.map(u64::from),
            on_poison: match self.on_poison {
                OnPoison::Fail => exec::OnPoison::Fail,
                OnPoison::Skip => exec::OnPoison::Skip,
            },
            feed: match self.feed {
                Feed::Auto => exec::Feed::Auto,
                Feed::Pipe => exec::Feed::Pipe,
                Feed::Split => exec::Feed::Split,
            },
            attempt_log: self.ledger,
            chaos: self.chaos,
            echo_stderr: verbose,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sizes_and_budgets_are_read_as_people_write_them() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("-1").is_err() && seconds("soon").is_err() && seconds("1e300").is_err());
        assert_eq!(worker_memory("512MiB"), Ok(512 << 20));
        assert_eq!(worker_memory("2GB"), Ok(2_000_000_000));
        assert!(worker_memory("0").is_err() && worker_memory("much").is_err());
        assert_eq!("3/0.5".parse(), Ok(MaxRestarts(3, Duration::from_millis(500))));
        assert!("3".parse::<MaxRestarts>().is_err());
    }
}
