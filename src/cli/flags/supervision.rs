//! Flags for the supervision of worker processes.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;

use super::paths::second_output;
use super::values::{self, RestartBudget, named};
use crate::exec::{Chaos, Feed, OnPoison, Supervision};
use crate::output;

const HEADING: &str = "Supervision of worker processes";

/// What was typed about worker processes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(super) struct SupervisionArgs {
    /// Reading: auto, pipe or split
    ///
    /// pipe: the parent reads the input and sends chunks to the workers.
    /// split: each worker reads parts of the input itself: whole compressed
    /// files, ranges of plain files.
    /// auto: split where it is faster, but never with --chunk N.
    #[arg(long, verbatim_doc_comment, value_name = "HOW", default_value = "auto")]
    #[arg(hide_possible_values = true, value_parser = feed())]
    feed: Feed,

    /// Time limit per chunk; 0: none
    ///
    /// A worker that needs more wall-clock time for a chunk is killed, and
    /// the chunk is tried again.
    #[arg(long, value_name = "SECS", default_value = "300", value_parser = values::seconds)]
    #[arg(verbatim_doc_comment)]
    task_timeout: Duration,

    /// Retries after a crash
    ///
    /// How often a chunk whose worker crashed is given to a new worker.
    #[arg(long, value_name = "N", default_value = "2", value_parser = values::whole_number::<u32>)]
    retries: u32,

    /// Deaths before giving up
    ///
    /// The job ends with exit code 4 if a worker dies more than N times
    /// within SECS without finishing a chunk.
    #[arg(long, verbatim_doc_comment, value_name = "N/SECS", default_value = "10/10")]
    #[arg(value_parser = values::restart_budget)]
    max_restarts: RestartBudget,

    /// Limit of address space per worker, as 512MiB
    ///
    /// A worker that needs more dies, and its chunk is tried again. The
    /// least limit is 32MiB, which a worker needs to start.
    #[arg(long, verbatim_doc_comment, value_name = "SIZE", value_parser = values::worker_memory)]
    worker_memory: Option<u64>,

    /// Replace a worker after N chunks
    #[arg(long, value_name = "N", value_parser = values::at_least_one::<NonZeroU64>)]
    max_tasks_per_worker: Option<NonZeroU64>,

    /// Crashing lines: fail or skip
    ///
    /// A line that crashes every worker is found by bisection of its chunk.
    /// fail: the job ends and names the line.
    /// skip: the line is left out and named, and the exit code is 3.
    #[arg(long, verbatim_doc_comment, value_name = "WHAT", default_value = "fail")]
    #[arg(hide_possible_values = true, value_parser = on_poison())]
    on_poison: OnPoison,

    /// Write lines that crash workers to FILE
    ///
    /// One row each: file, line number and line, separated by tabs.
    #[arg(long, value_name = "FILE", value_parser = second_output())]
    pub quarantine: Option<PathBuf>,

    /// Write a log of all attempts to FILE
    ///
    /// One JSON object per line and attempt: chunk, worker, times, outcome.
    #[arg(long, value_name = "FILE", value_parser = second_output())]
    pub ledger: Option<PathBuf>,

    /// Inject faults into workers, as kill=0.02
    ///
    /// FAULT=PROBABILITY, FAULT@POINT=PROBABILITY, FAULT-on=NGRAM, seed=N,
    /// separated by commas.
    /// Faults: kill, panic, exit, abort, hang, spin, stop, oom, print,
    /// garbage, truncate, oversize. Points: hello, reading, running,
    /// mid-result, after-result.
    /// The last attempt at a chunk is spared, so that the answer does not
    /// change; FAULT-on spares none.
    #[arg(long, verbatim_doc_comment, value_name = "SPEC", default_value = "", hide_default_value = true)]
    chaos: Chaos,
}

fn feed() -> impl TypedValueParser<Value = Feed> {
    named(&Feed::ALL, Feed::name, |feed| match feed {
        Feed::Auto => "Split where that is faster",
        Feed::Pipe => "The parent reads",
        Feed::Split => "The workers read",
    })
}

fn on_poison() -> impl TypedValueParser<Value = OnPoison> {
    named(&OnPoison::ALL, OnPoison::name, |rule| match rule {
        OnPoison::Fail => "The job ends and names the line",
        OnPoison::Skip => "The line is left out and named",
    })
}

impl SupervisionArgs {
    /// The first given option that has no effect without worker processes.
    pub fn needs_processes(&self) -> Option<&'static str> {
        let given = [
            ("--ledger", self.ledger.is_some()),
            ("--quarantine", self.quarantine.is_some()),
            ("--chaos", self.chaos != Chaos::default()),
            ("--worker-memory", self.worker_memory.is_some()),
            ("--max-tasks-per-worker", self.max_tasks_per_worker.is_some()),
            ("--feed split", self.feed == Feed::Split),
        ];
        given.into_iter().find_map(|(option, given)| given.then_some(option))
    }

    /// The rules of the pool.
    pub fn resolve(self, verbose: bool) -> Supervision {
        let RestartBudget(deaths, window) = self.max_restarts;
        Supervision {
            program: None,
            task_timeout: Some(self.task_timeout).filter(|limit| !limit.is_zero()),
            retries: self.retries,
            max_restarts: (deaths, window),
            worker_memory: self.worker_memory,
            max_tasks_per_worker: self.max_tasks_per_worker.map(u64::from),
            on_poison: self.on_poison,
            feed: self.feed,
            splits_for: None,
            attempt_log: self.ledger,
            open_attempt_log: output::open_log,
            chaos: self.chaos,
            echo_stderr: verbose,
        }
    }
}
