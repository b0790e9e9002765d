//! Resolution of the arguments of a count or a sweep: from what was typed to checked values.

use std::collections::HashSet;
use std::iter;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};

use super::answer_shape::AnswerShape;
use super::args::Args;
use super::commands::check_command;
use super::error::UsageError;
use super::output::{ResolvedOutput, tsv_compression};
use super::paths::{check_overwrites, destination};
#[cfg(feature = "plot")]
use super::picture::ResolvedPicture;
use super::sweep::SweepArgs;
use crate::count::Selection;
use crate::counter::Counter;
use crate::input::{IndexMode, IndexRules, Source};
use crate::job::{self, ExecutorKind};
use crate::output::{Compression, Destination};
use crate::sweep::Grid;

/// A count, as the command line asks for it.
pub(in crate::cli) struct ResolvedArgs {
    /// The input.
    pub sources: Vec<Source>,
    /// The question, checked.
    pub counter: Counter,
    /// The file of the corpus totals, which are in `counter`.
    pub totals: Option<PathBuf>,
    pub output: ResolvedOutput,
    pub stats_json: Option<Destination>,
    /// Where lines that crash every worker are written.
    pub quarantine: Option<Destination>,
    /// Where indexes are, if not beside their files.
    pub index_folder: Option<PathBuf>,
    /// Whether missing indexes are made.
    pub writes_indexes: bool,
    /// The folder of a checkpoint that is removed when the answer is written.
    pub removed_checkpoint: Option<PathBuf>,
    pub stats: bool,
    pub progress: bool,
    pub verbose: bool,
    /// Whether the program that started this one follows it.
    pub reports_events: bool,
}

/// Resolves the arguments of a count and checks them against each other. Reads the files of words and of totals.
///
/// # Errors
/// A [`UsageError`], or why one of those files cannot be read.
pub(in crate::cli) fn resolve(args: Args) -> anyhow::Result<ResolvedArgs> {
    check_command(&args.files)?;
    args.check_overwrites()?;
    let needs_processes = args.supervision.needs_processes();
    if args.executor.is_some_and(|executor| executor != ExecutorKind::Processes)
        && let Some(option) = needs_processes
    {
        return Err(UsageError::ProcessesOnly(option).into());
    }
    let totals = args.normalize.relative_to.clone();
    let counter = args.normalize.apply(args.query.resolve()?)?;
    let counter = counter.per_file(args.per_file).sort(args.sort).top(args.top).min_count(args.min_count);
    let counter = counter.chunk(args.chunk).executor(args.executor.unwrap_or(ExecutorKind::Processes));
    let counter = counter.inline_lookups(args.executor.is_none() && needs_processes.is_none());
    let counter = counter.http(args.remote.resolve());
    let rules = args.indexes.resolve();
    let (index_folder, writes_indexes) = (rules.folder.clone(), rules.build.is_some());
    let (checkpoint, removed_checkpoint) = args.checkpoint.resolve();
    let counter = counter.indexes(rules).memory(args.spill.resolve(args.memory)).checkpoint(checkpoint);
    let counter = match args.workers {
        Some(workers) => counter.workers(workers),
        None => counter,
    };
    let quarantine = args.supervision.quarantine.clone();
    let counter = counter.supervision(args.supervision.resolve(args.verbose));
    let sources = args.list.sources;
    let job::Config { plan, order, .. } = counter.job(sources.clone()).map_err(UsageError::from)?;
    let shape = AnswerShape {
        by_year: order.by_year && !plan.per_file,
        smoothing: order.smoothing,
        measures: plan.measures.count(),
        // With a least count, or without case, fewer rows may be left than words were asked for.
        ngrams: distinct(&plan.selection)
            .filter(|_| order.min_count.is_none() && !plan.filter.ignore_case)
            .map(|ngrams| ngrams.min(order.top.unwrap_or(usize::MAX))),
    };
    if args.caller.end_with_stdin && sources.contains(&Source::Stdin) {
        return Err(UsageError::CountsSignOfLife.into());
    }
    let output = args.output.resolve(&shape)?;
    Ok(ResolvedArgs {
        sources,
        counter,
        totals,
        output,
        stats_json: args.stats_json.map(destination),
        quarantine: quarantine.map(destination),
        index_folder,
        writes_indexes,
        removed_checkpoint,
        stats: args.stats,
        progress: !args.quiet && args.progress.resolve(),
        verbose: args.verbose,
        reports_events: args.caller.events.is_some(),
    })
}

/// A sweep, as the command line asks for it.
pub(in crate::cli) struct ResolvedSweep {
    /// The count, of which chunk size, executor and workers are varied.
    pub base: job::Config,
    /// The file of the corpus totals, which are in `base`.
    pub totals: Option<PathBuf>,
    pub grid: Grid,
    pub repeat: NonZeroUsize,
    /// The file for the table of times, and its compression.
    pub table: Option<Destination>,
    pub compression: Compression,
    #[cfg(feature = "plot")]
    pub picture: Option<ResolvedPicture>,
}

/// Resolves the arguments of a sweep, among them those of the count.
///
/// # Errors
/// As for [`resolve`], and clap's for the options of the count.
pub(in crate::cli) fn resolve_sweep(args: SweepArgs) -> anyhow::Result<ResolvedSweep> {
    let mut count = swept_count(&args)?;
    count.list = args.list.clone();
    check_overwrites(&count.read_files(), args.outputs())?;
    let ResolvedArgs { sources, counter, totals, .. } = resolve(count)?;
    // What is measured is the reading, not the leaving out.
    let counter = counter.indexes(IndexRules { mode: IndexMode::Off, ..IndexRules::default() });
    let base = counter.job(sources).map_err(UsageError::from)?;
    if base.sources.contains(&Source::Stdin) {
        anyhow::bail!("standard input can be counted only once; name a file");
    }
    let workers = if args.workers.is_empty() { vec![base.workers] } else { args.workers };
    Ok(ResolvedSweep {
        base,
        totals,
        grid: Grid::new(args.chunks, args.executors, workers),
        repeat: args.repeat,
        compression: args
            .output
            .as_deref()
            .map_or(Ok(Compression::None), |path| tsv_compression("-o", path))?,
        table: args.output.map(destination),
        #[cfg(feature = "plot")]
        picture: args.picture.of_chart(args.plot, None)?,
    })
}

/// Options of a count that a sweep would ignore: it varies some itself or has them itself, and writes no answer.
const NOT_IN_SWEEP: [&str; 25] = [
    "glob",
    "files_from",
    "chunk",
    "executor",
    "output",
    "output_format",
    "header",
    "no_header",
    "csv_dialect",
    "plot",
    "title",
    "size",
    "stats",
    "stats_json",
    "quarantine",
    "ledger",
    "index",
    "index_dir",
    "write_index",
    "checkpoint",
    "keep_checkpoint",
    "progress",
    "quiet",
    "events",
    "end_with_stdin",
];

/// The arguments of the count that is swept: the files, and what is behind `--`.
fn swept_count(args: &SweepArgs) -> anyhow::Result<Args> {
    let files = args.files.iter().map(|file| file.clone().into_os_string());
    let count = iter::once("ngramcount".into()).chain(args.count.clone()).chain(["--".into()]).chain(files);
    let typed = Args::command().try_get_matches_from(count)?;
    if let Some(command) = typed.subcommand_name() {
        return Err(UsageError::NotInSweep(command.to_owned()).into());
    }
    let varied = (!args.workers.is_empty()).then_some("workers");
    let is_typed = |option: &&str| typed.value_source(option) == Some(ValueSource::CommandLine);
    if let Some(option) = NOT_IN_SWEEP.into_iter().chain(varied).find(is_typed) {
        return Err(UsageError::NotInSweep(format!("--{}", option.replace('_', "-"))).into());
    }
    Ok(Args::from_arg_matches(&typed)?)
}

/// The number of different words, if words are selected.
fn distinct(selection: &Selection) -> Option<usize> {
    match selection {
        Selection::All => None,
        Selection::Words(words) => Some(words.iter().collect::<HashSet<_>>().len()),
    }
}
