//! The root of the command line: arguments as typed, before they are resolved.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::builder::styling::AnsiColor;
use clap::builder::{Styles, TypedValueParser};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use super::caller::CallerArgs;
use super::corpus::CorpusArgs;
use super::error::UsageError;
use super::first_screen::on_first_screen;
use super::index::{IndexArgs, IndexUseArgs};
use super::listing::ListArgs;
use super::memory::{CheckpointArgs, MemoryArgs, SpillArgs};
use super::normalize::NormalizeArgs;
use super::output::OutputArgs;
use super::paths::{ReadFile, check_overwrites, or_stdout, second_output};
#[cfg(feature = "plot")]
use super::plot::PlotArgs;
use super::progress_mode::ProgressMode;
use super::query::QueryArgs;
use super::remote::RemoteArgs;
use super::steps::{CombineArgs, MapArgs, ReduceArgs};
use super::supervision::SupervisionArgs;
use super::sweep::SweepArgs;
use super::values::{self, named};
use crate::count::Sort;
use crate::input::{Control, Source};
use crate::job::{ChunkSize, ExecutorKind};

const EXAMPLES: &str = "\
Examples:
  How often does Google Books have Aardvark?
    ngramcount googlebooks-eng-all-1gram-20120701-a.gz --word Aardvark
  The ten most frequent 1-grams of several files, into a file:
    ngramcount *.gz --top 10 -o top.tsv
  From a pipe, with a summary of what was read:
    zcat *.gz | ngramcount --stats > all.tsv
  The relative frequency of a word, year by year:
    ngramcount 1-*.gz --word fish --by-year --relative-to totalcounts-1
  Pairs and triples of words in a text:
    ngramcount --n 2..3 kjv.txt

  An index, and then a look-up in milliseconds:
    ngramcount index googlebooks-eng-all-1gram-20120701-a.gz
  What Google publishes, and a count of it without a download:
    ngramcount corpus eng-2012 1 --starting-with a
    ngramcount $(ngramcount corpus eng-2012 1 --starting-with a) --top 10

The steps of a count, for Hadoop Streaming, Spark or a shell:
    ngramcount map *.gz | LC_ALL=C sort | ngramcount reduce --sorted

A picture of an answer by years that was written with --header:
    ngramcount plot answer.tsv --output answer.svg

Completions and a man page:
  ngramcount --completions bash (elvish, fish, powershell, zsh)
  ngramcount --man

Exit codes:
  0  every line was counted, or left out by a filter option
  1  the job failed; an output file is left unchanged
  2  the command line was wrong
  3  complete except for lines skipped by --bad-lines or --on-poison
  4  the workers kept failing, and the job gave up
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)";

/// Options of an answer by years.
const PER_YEAR: [&str; 3] = ["by_year", "relative_to", "smoothing"];

/// Colours of the help, on a terminal and without NO_COLOR.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Count n-grams in Google Books Ngram files and text
///
/// Writes one line for each n-gram: the n-gram, a tab, its matches in all years.
/// Worker processes do the counting. A worker that crashes is replaced, and the
/// answer stays exact.
#[derive(Debug, Parser)]
#[command(name = "ngramcount", version, after_long_help = EXAMPLES, verbatim_doc_comment)]
#[command(args_conflicts_with_subcommands = true, styles = STYLES, mut_args(on_first_screen))]
pub(in crate::cli) struct Args {
    /// A command other than a count; write `./NAME` for a file of that name
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Files, folders or URLs, plain or packed; `-` or none: stdin
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) list: ListArgs,

    #[command(flatten)]
    pub(super) query: QueryArgs,

    #[command(flatten)]
    pub(super) normalize: NormalizeArgs,

    /// One row for each n-gram and file
    #[arg(long, help_heading = "Numbers", conflicts_with_all = PER_YEAR)]
    pub(super) per_file: bool,

    /// Only the K most frequent n-grams
    ///
    /// With --by-year each has all its years, and the sum over these years
    /// counts. With --sort ngram: the first K n-grams.
    #[arg(long, value_name = "K", value_parser = values::whole_number::<usize>, verbatim_doc_comment)]
    #[arg(help_heading = "Answer")]
    pub(super) top: Option<usize>,

    /// Write only n-grams with at least N matches
    ///
    /// N is compared with the sum over all years, and with the first number
    /// of --count.
    #[arg(long, value_name = "N", value_parser = values::whole_number::<u64>)]
    #[arg(help_heading = "Answer", verbatim_doc_comment)]
    pub(super) min_count: Option<u64>,

    /// Order of the rows: matches or ngram
    ///
    /// matches: by the first number, largest first, then by the bytes of the
    /// n-gram. ngram: by the bytes of the n-gram.
    /// The default is matches with --top, with --by-year as well for the
    /// n-grams and not for their years; otherwise the order of the words
    /// with --word or --words-file, ngram with --by-year, and matches for
    /// all other answers.
    #[arg(long, value_name = "KEY", hide_possible_values = true, verbatim_doc_comment)]
    #[arg(help_heading = "Answer", value_parser = sort())]
    pub(super) sort: Option<Sort>,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Lines per chunk, or auto
    ///
    /// A chunk is what a worker gets at a time. auto: between 32 KiB and
    /// 1 MiB, less towards the end of the input.
    #[arg(long, verbatim_doc_comment, value_name = "N", default_value = "auto")]
    #[arg(help_heading = "Work", value_parser = values::chunk_size)]
    pub(super) chunk: ChunkSize,

    /// Number of workers [default: available cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = values::workers)]
    #[arg(help_heading = "Work")]
    pub(super) workers: Option<NonZeroUsize>,

    /// processes, threads or sequential [default: processes]
    ///
    /// Only with processes does the job survive the crash of a worker. By
    /// default what an index leaves of a look-up is counted without
    /// workers if that is faster.
    #[arg(long, verbatim_doc_comment, value_name = "WHO", hide_possible_values = true)]
    #[arg(help_heading = "Work", value_parser = values::executor())]
    pub(super) executor: Option<ExecutorKind>,

    #[command(flatten)]
    pub(super) memory: MemoryArgs,

    #[command(flatten)]
    pub(super) spill: SpillArgs,

    #[command(flatten)]
    pub(super) checkpoint: CheckpointArgs,

    #[command(flatten)]
    pub(super) indexes: IndexUseArgs,

    #[command(flatten)]
    pub(super) remote: RemoteArgs,

    #[command(flatten)]
    pub(super) supervision: SupervisionArgs,

    /// Bar on stderr: auto, always or never
    ///
    /// auto: if stderr is a terminal.
    /// always: as auto, and otherwise one line each second.
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(help_heading = "Reports", verbatim_doc_comment)]
    pub(super) progress: ProgressMode,

    /// Write a summary to stderr at the end
    #[arg(long)]
    #[arg(help_heading = "Reports")]
    pub(super) stats: bool,

    /// Write statistics to FILE, as JSON
    #[arg(long, value_name = "FILE", value_parser = second_output())]
    #[arg(help_heading = "Reports")]
    pub(super) stats_json: Option<PathBuf>,

    /// Describe the job and show the workers' stderr
    #[arg(short, long)]
    #[arg(help_heading = "Reports")]
    pub(super) verbose: bool,

    /// No notes and no progress on stderr
    ///
    /// Failures, and lines that were left out, are reported all the same.
    #[arg(short, long, conflicts_with = "verbose", verbatim_doc_comment)]
    #[arg(help_heading = "Reports")]
    pub quiet: bool,

    #[command(flatten)]
    pub(super) caller: CallerArgs,

    /// Write completions for a shell to stdout
    #[arg(long, value_name = "SHELL", hide = true, exclusive = true)]
    pub completions: Option<Shell>,

    /// Write the man page to stdout
    #[arg(long, hide = true, exclusive = true)]
    pub man: bool,

    /// Write a description of all options to stdout, as JSON
    #[arg(long, hide = true, exclusive = true)]
    pub describe_options: bool,
}

impl Args {
    /// The outputs, each with the option that names it.
    pub(super) fn outputs(&self) -> Vec<(&'static str, Option<&Path>)> {
        vec![
            ("-o", self.output.output.as_deref()),
            ("--plot", self.output.plot.as_deref()),
            ("--stats-json", self.stats_json.as_deref()),
            ("--quarantine", self.supervision.quarantine.as_deref()),
            ("--ledger", self.supervision.ledger.as_deref()),
            ("--events", self.caller.events.as_deref()),
        ]
    }

    /// Refuses outputs of a count that would overwrite what is read, or each other.
    fn check_outputs(&self) -> Result<(), UsageError> {
        let indexes = self.indexes.outputs(&self.list.sources)?;
        let written = indexes.iter().map(|index| ("an index", Some(index.as_path())));
        let read = [self.read_files(), self.indexes.read_files(&self.list.sources)].concat();
        check_overwrites(&read, or_stdout(self.outputs()).into_iter().chain(written))?;
        self.list.check_kept("--checkpoint", self.checkpoint.folder())?;
        self.list.check_kept("--cache", self.remote.cache())
    }

    /// Finds the files of the input, for the command that was typed.
    ///
    /// # Errors
    /// Those of [`ListArgs::list`].
    pub(in crate::cli) fn list_input(&mut self, control: &Control) -> anyhow::Result<()> {
        let is_sign_of_life = self.caller().end_with_stdin;
        // Standard input cannot have an index, and a file may be named so.
        let name = match self.command {
            Some(Command::Index(_)) => |file: &PathBuf| Source::file(file),
            _ => |file: &PathBuf| Source::from(file),
        };
        let (files, list) = match &mut self.command {
            None => (&self.files, &mut self.list),
            Some(Command::Map(map)) => (&map.files, &mut map.list),
            Some(Command::Combine(CombineArgs { partial_sums, .. }))
            | Some(Command::Reduce(ReduceArgs { partial_sums, .. })) => {
                (&partial_sums.files, &mut partial_sums.list)
            }
            Some(Command::Sweep(sweep)) => (&sweep.files, &mut sweep.list),
            Some(Command::Index(index)) => (&index.files, &mut index.list),
            #[cfg(feature = "plot")]
            Some(Command::Plot(_)) => return Ok(()),
            Some(Command::Corpus(_)) => return Ok(()),
        };
        if is_sign_of_life && list.is_on_stdin() {
            return Err(UsageError::CountsSignOfLife.into());
        }
        list.list(files.iter().map(name).collect(), control)
    }

    /// Refuses such outputs of the command that was typed. Nothing may be opened for writing before.
    pub(in crate::cli) fn check_overwrites(&self) -> Result<(), UsageError> {
        match &self.command {
            None => self.check_outputs(),
            Some(Command::Index(index)) => index.check_overwrites(),
            Some(_) => Ok(()),
        }
    }

    /// What was typed about the program that started this one, for the command that was typed.
    pub fn caller(&self) -> &CallerArgs {
        match &self.command {
            Some(Command::Index(index)) => &index.caller,
            _ => &self.caller,
        }
    }

    /// All files that are read.
    pub(super) fn read_files(&self) -> Vec<ReadFile> {
        let totals = self.normalize.relative_to.clone().map(|path| ("--relative-to", Source::Path(path)));
        self.list.read_files().into_iter().chain(self.query.read_files()).chain(totals).collect()
    }
}

/// The subcommands. Without one the program counts.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    Sweep(SweepArgs),
    Index(IndexArgs),
    #[cfg(feature = "plot")]
    Plot(PlotArgs),
    Corpus(CorpusArgs),
    Map(Box<MapArgs>),
    Combine(CombineArgs),
    Reduce(ReduceArgs),
}

fn sort() -> impl TypedValueParser<Value = Sort> {
    named(&Sort::ALL, Sort::name, |key| match key {
        Sort::Matches => "Most matches first",
        Sort::Ngram => "By the bytes of the n-gram",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Lines of a terminal that is not small.
    const SCREEN_LINES: usize = 45;

    #[test]
    fn the_arguments_are_consistent_and_all_help_fits_80_columns() {
        Args::command().debug_assert();
        let mut program = Args::command();
        program.build();
        let lines = program.render_help().to_string().lines().count();
        assert!(lines <= SCREEN_LINES, "-h has {lines} lines; take an option off the first screen");
        let subcommands: Vec<_> = program.get_subcommands().cloned().collect();
        for mut command in subcommands.into_iter().chain([program]) {
            for help in [command.render_help(), command.render_long_help()] {
                let help = help.to_string();
                let widest = help.lines().map(|line| line.chars().count()).max();
                assert!(widest <= Some(80), "{help}");
            }
        }
    }
}
