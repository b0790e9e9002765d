//! What was typed, as it was typed. `plan` turns it into what is meant.

use std::num::{IntErrorKind, NonZeroU16, NonZeroU64, ParseIntError};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};

use super::asked::AskedArgs;
use super::generate::GenerateArgs;
use super::output_args::OutputArgs;
use super::question::ScaleArgs;
use super::roles::{CombineArgs, MapArgs, ReduceArgs};
use super::supervision::SupervisionArgs;
use super::sweep::SweepArgs;
use crate::job::{ChunkSize, ExecutorKind};

const EXAMPLES: &str = "\
Examples:
  How often does Google Books have Aardvark?
    ngramcount googlebooks-eng-all-1gram-20120701-a.gz --word Aardvark
  The ten most frequent 1-grams of several files, into a file:
    ngramcount *.gz --top 10 -o top.tsv
  From a pipe, with a summary of what was read:
    zcat *.gz | ngramcount --stats > all.tsv
  The share of a word in the books of each year:
    ngramcount 1-*.gz --word fish --by-year --relative-to totalcounts-1
  Pairs and triples of words in a text:
    ngramcount --n 2..3 kjv.txt

The steps for Hadoop Streaming, Spark, or a shell:
    ngramcount map *.gz | LC_ALL=C sort | ngramcount reduce --sorted

Completions and a man page:
  ngramcount --completions bash (elvish, fish, powershell, zsh)
  ngramcount --man

Exit codes:
  0  every line is in the answer, or was filtered as asked
  1  the job failed; nothing was written
  2  the command line was wrong
  3  complete but for the bad lines that were to be skipped
  4  the workers kept failing and the supervisor gave up
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)";

/// Count n-grams in Google Books Ngram files and text
///
/// Writes one line for each n-gram: the n-gram, a tab, its matches in all years.
/// The counting runs in worker processes; one that dies costs time, not exactness.
#[derive(Debug, Parser)]
#[command(name = "ngramcount", version, after_help = EXAMPLES, verbatim_doc_comment)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(super) struct Args {
    /// Something else than a count; a file of such a name is `./NAME`
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Files to count, gzip, zip or plain; `-` or none: standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub asked: AskedArgs,

    #[command(flatten)]
    pub scale: ScaleArgs,

    /// Write only the first K rows
    #[arg(long, value_name = "K")]
    #[arg(help_heading = "Answer")]
    pub top: Option<usize>,

    /// Write only n-grams with at least N matches
    ///
    /// In all years together, or N of what --count names first.
    #[arg(long, value_name = "N")]
    #[arg(help_heading = "Answer")]
    pub min_count: Option<u64>,

    /// Order of the rows: matches or ngram
    ///
    /// By matches means most first (of the first number, whatever it is),
    /// then by the bytes of the n-gram. Without this option asked words stay
    /// as they were asked, --by-year is by n-gram, all else by matches, and
    /// so is any --top.
    #[arg(long, value_name = "KEY", hide_possible_values = true, verbatim_doc_comment)]
    #[arg(help_heading = "Answer")]
    pub sort: Option<Sort>,

    #[command(flatten)]
    pub output: OutputArgs,

    /// Lines in a chunk, or auto
    ///
    /// What a worker gets at a time. With auto it is between 32 KiB and
    /// 1 MiB, less towards the end of the input.
    #[arg(long, verbatim_doc_comment, value_name = "N", default_value = "auto", value_parser = chunk_size)]
    #[arg(help_heading = "Work")]
    pub chunk: ChunkSize,

    /// Workers [default: available cores]
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroU16>)]
    #[arg(help_heading = "Work")]
    pub workers: Option<NonZeroU16>,

    /// processes, threads or sequential
    ///
    /// Only with processes does the job survive the death of a worker.
    #[arg(long, value_name = "WHO", default_value = "processes", hide_possible_values = true)]
    #[arg(help_heading = "Work")]
    pub executor: Executor,

    #[command(flatten)]
    pub supervision: SupervisionArgs,

    /// Bar on stderr: auto, always or never
    ///
    /// Auto: if it is a terminal. Always: there a bar, else a line a second.
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(help_heading = "Reports")]
    pub progress: Progress,

    /// Write a summary to stderr at the end
    #[arg(long)]
    #[arg(help_heading = "Reports")]
    pub stats: bool,

    /// Write the statistics here, as JSON
    #[arg(long, value_name = "FILE")]
    #[arg(help_heading = "Reports")]
    pub stats_json: Option<PathBuf>,

    /// Say on stderr what is being done
    #[arg(short, long)]
    #[arg(help_heading = "Reports")]
    pub verbose: bool,

    #[command(flatten)]
    pub generate: GenerateArgs,
}

/// What the program does beside counting.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Sweep(SweepArgs),
    Map(MapArgs),
    Combine(CombineArgs),
    Reduce(ReduceArgs),
}

/// `--sort`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Sort {
    /// Most matches first
    Matches,
    /// By the bytes of the n-gram
    Ngram,
}

/// `--executor`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Executor {
    /// Supervised copies of this program
    Processes,
    /// Threads of this process: no isolation
    Threads,
    /// One after the other
    Sequential,
}

impl From<Executor> for ExecutorKind {
    fn from(typed: Executor) -> Self {
        match typed {
            Executor::Processes => ExecutorKind::Processes,
            Executor::Threads => ExecutorKind::Threads,
            Executor::Sequential => ExecutorKind::Sequential,
        }
    }
}

/// `--progress`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Progress {
    /// If stderr is a terminal
    Auto,
    /// Always; plain lines where stderr is no terminal
    Always,
    /// Never
    Never,
}

/// `--chunk`.
pub(super) fn chunk_size(text: &str) -> Result<ChunkSize, &'static str> {
    match text {
        "auto" => Ok(ChunkSize::Auto),
        number => at_least_one::<NonZeroU64>(number).map(ChunkSize::Lines),
    }
}

/// The number types that cannot be 0 have a wordy message for it; this one is plain.
pub(super) fn at_least_one<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, &'static str> {
    text.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "too large",
        _ => "expected a whole number of at least 1",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent_and_the_help_is_narrow() {
        Args::command().debug_assert();
        let mut program = Args::command();
        program.build();
        let steps = program.get_subcommands().filter(|command| command.get_name() != "sweep");
        let steps: Vec<_> = steps.cloned().collect();
        for mut command in steps.into_iter().chain([program]) {
            for help in [command.render_help(), command.render_long_help()] {
                let help = help.to_string();
                let widest = help.lines().map(|line| line.chars().count()).max();
                assert!(widest <= Some(80), "{help}");
            }
        }
    }
}
