//! Flags of `ngramcount map`, `combine` and `reduce`.

use std::path::{Path, PathBuf};

use super::error::UsageError;
use super::first_screen::on_first_screen;
use super::listing::ListArgs;
use super::memory::{MemoryArgs, SpillArgs};
use super::output::tsv_compression;
use super::paths::{ReadFile, check_overwrites, destination, or_stdout};
use super::query::QueryArgs;
use super::remote::RemoteArgs;
use crate::job::{Config, MemoryRules};
use crate::output::{Compression, Destination};

const MAP_EXAMPLES: &str = "\
Examples:
  All steps in a shell:
    ngramcount map *.gz | LC_ALL=C sort | ngramcount reduce --sorted > all.tsv
  One process per file, in parallel:
    parallel ngramcount map {} ::: *.gz | ngramcount reduce > all.tsv
  Hadoop Streaming and Spark: see docs/scale.md.

Exit codes are those of a count. After a failure, discard what was written.";

/// Map step: input lines to partial sums
///
/// For Hadoop Streaming, Spark and the like. Reads files or standard input in
/// this one process and writes partial sums, separated by tabs: the n-gram, with
/// --by-year the year, then one number for each --count. One n-gram may be
/// written several times; `combine` and `reduce` add up. N-grams that do not
/// occur are not written, not even those of --word.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MAP_EXAMPLES, verbatim_doc_comment, mut_args(on_first_screen))]
pub(in crate::cli) struct MapArgs {
    /// Files, folders or URLs, plain or packed; `-` or none: stdin
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) list: ListArgs,

    #[command(flatten)]
    pub(super) query: QueryArgs,

    #[command(flatten)]
    memory: MemoryArgs,

    #[command(flatten)]
    pub(super) remote: RemoteArgs,

    #[command(flatten)]
    pub step: StepArgs,
}

/// Combine step: partial sums to fewer partial sums
///
/// Adds up what fits into memory, 64 MiB at most; an n-gram may still be
/// written several times. Sorted input gives sorted output.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct CombineArgs {
    #[command(flatten)]
    pub(super) partial_sums: PartialSumsArgs,

    #[command(flatten)]
    memory: MemoryArgs,

    #[command(flatten)]
    pub step: StepArgs,
}

const REDUCE_EXAMPLES: &str = "\
Examples:
  The ten most frequent n-grams of an answer that was reduced in parts:
    ngramcount part-* --format counts --top 10
  Sorted files, in constant memory:
    LC_ALL=C sort -m *.sorted.tsv | ngramcount reduce --sorted -o all.tsv";

/// Reduce step: partial sums to sums
///
/// Writes one row for each n-gram, with --by-year one for each n-gram and year,
/// sorted by the bytes of the n-gram.
#[derive(Debug, clap::Args)]
#[command(after_help = REDUCE_EXAMPLES, verbatim_doc_comment)]
pub(in crate::cli) struct ReduceArgs {
    #[command(flatten)]
    pub(super) partial_sums: PartialSumsArgs,

    /// Sorted input: add up in constant memory
    ///
    /// The lines must be sorted by the bytes of the n-grams or of whole
    /// lines, as Hadoop and `LC_ALL=C sort` do it. A line out of order is an
    /// error.
    #[arg(long, verbatim_doc_comment)]
    sorted: bool,

    #[command(flatten)]
    memory: MemoryArgs,

    #[command(flatten)]
    spill: SpillArgs,

    #[command(flatten)]
    pub step: StepArgs,
}

/// What was typed about partial sums.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PartialSumsArgs {
    /// Files or folders of partial sums; `-` or none: standard input
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    pub list: ListArgs,

    /// The second field is a year, as after `map --by-year`
    #[arg(long)]
    pub by_year: bool,
}

/// What was typed about a step of any kind.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct StepArgs {
    /// Write to FILE, all or nothing [default: stdout]
    ///
    /// A name that ends in .gz or .zst makes a compressed file.
    #[arg(short, long, value_name = "FILE", help_heading = "Step")]
    output: Option<PathBuf>,

    /// Report to Hadoop Streaming on stderr
    ///
    /// Writes counters and a status every 3 seconds. Skipped bad lines are
    /// then reported as a counter, not by exit code 3, which would fail the
    /// Hadoop task.
    #[arg(long, help_heading = "Step", verbatim_doc_comment)]
    pub hadoop: bool,
}

impl MapArgs {
    /// All files that are read.
    pub fn read_files(&self) -> Vec<ReadFile> {
        self.list.read_files().into_iter().chain(self.query.read_files()).collect()
    }

    /// The configuration of the count, and the arguments of the step.
    pub fn resolve(self) -> anyhow::Result<(Config, StepArgs)> {
        let counter = self.query.resolve()?.memory(self.memory.resolve()).http(self.remote.resolve());
        let config = counter.job(self.list.sources).map_err(UsageError::from)?;
        Ok((config, self.step))
    }
}

impl CombineArgs {
    /// The input, the memory and the arguments of the step.
    pub fn resolve(self) -> (PartialSumsArgs, MemoryRules, StepArgs) {
        (self.partial_sums, self.memory.resolve(), self.step)
    }
}

impl ReduceArgs {
    /// The input, whether it is sorted, the memory and the arguments of the step.
    pub fn resolve(self) -> (PartialSumsArgs, bool, MemoryRules, StepArgs) {
        (self.partial_sums, self.sorted, self.spill.resolve(self.memory), self.step)
    }
}

impl StepArgs {
    /// The output with the option that names it.
    pub fn output(&self) -> (&'static str, Option<&Path>) {
        ("-o", self.output.as_deref())
    }

    /// The output, which is none of the files that are read, and its compression.
    pub fn resolve_output(&self, read: &[ReadFile]) -> Result<(Destination, Compression), UsageError> {
        check_overwrites(read, or_stdout(vec![self.output()]))?;
        let compression =
            self.output.as_deref().map_or(Ok(Compression::None), |path| tsv_compression("-o", path))?;
        Ok((self.output.clone().map_or(Destination::Stdout, destination), compression))
    }
}
