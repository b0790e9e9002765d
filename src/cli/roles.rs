//! `ngramcount map`, `combine` and `reduce`: the steps of a count whose engine is somebody else's.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::asked::AskedArgs;
use super::hadoop::{self, Reporter};
use super::output_args::destination;
use super::plan::{UsageError, sources};
use super::signals::Signals;
use super::{collisions, exit, messages};
use crate::count::{Combiner, Partial, Plan};
use crate::input::Watch;
use crate::job::{self, MapError};
use crate::output::{Destination, Format, OutputError, write_partial};
use crate::partials::{self, PartialsError, PartialsReader};

const MAP_EXAMPLES: &str = "\
Examples:
  All steps in a shell:
    ngramcount map *.gz | LC_ALL=C sort | ngramcount reduce --sorted > all.tsv
  A process a file, in parallel:
    parallel ngramcount map {} ::: *.gz | ngramcount reduce > all.tsv
  Hadoop Streaming and Spark: see docs/scale.md.

Exit codes are those of a count. What was written before a failure is void.";

/// Map step for an engine: lines in, partial sums out
///
/// Reads files or standard input in this one process, and writes partial sums:
/// the n-gram, with --by-year the year, then one number for each --count, all
/// with tabs between them. An n-gram may be written several times; `combine` and
/// `reduce` add up. N-grams that do not occur are not written, asked for or not.
#[derive(Debug, clap::Args)]
#[command(after_help = MAP_EXAMPLES, verbatim_doc_comment)]
pub(super) struct MapArgs {
    /// Files to count, gzip, zip or plain; `-` or none: standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    asked: AskedArgs,

    #[command(flatten)]
    step: StepArgs,
}

/// Combine step for an engine: partial sums in, fewer out
///
/// Adds up as far as 64 MiB of memory go, which need not be all. What comes
/// sorted stays sorted.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CombineArgs {
    #[command(flatten)]
    add: AddArgs,

    #[command(flatten)]
    step: StepArgs,
}

const REDUCE_EXAMPLES: &str = "\
Examples:
  The ten most frequent of an answer that was reduced in parts:
    ngramcount part-* --format counts --top 10
  Sorted files, in constant memory:
    LC_ALL=C sort -m *.sorted.tsv | ngramcount reduce --sorted -o all.tsv";

/// Reduce step for an engine: partial sums in, sums out
///
/// One row for each n-gram, with --by-year for each of its years, in the order
/// of the n-grams' bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = REDUCE_EXAMPLES, verbatim_doc_comment)]
pub(super) struct ReduceArgs {
    #[command(flatten)]
    add: AddArgs,

    /// The input is sorted: need no memory
    ///
    /// By the bytes of the n-grams or of whole lines, as Hadoop or
    /// `LC_ALL=C sort` do it. A row out of order is an error.
    #[arg(long, verbatim_doc_comment)]
    sorted: bool,

    #[command(flatten)]
    step: StepArgs,
}

/// What was typed about partial sums.
#[derive(Debug, clap::Args)]
struct AddArgs {
    /// Files of partial sums, packed or plain; `-` or none: standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The second field is a year, as after `map --by-year`
    #[arg(long)]
    by_year: bool,
}

/// What was typed about a step, whichever it is.
#[derive(Debug, clap::Args)]
struct StepArgs {
    /// Write here, whole or not at all [default: stdout]
    #[arg(short, long, value_name = "FILE", help_heading = "Step")]
    output: Option<PathBuf>,

    /// Report to Hadoop Streaming on stderr
    ///
    /// Counters and a status, every 3 seconds. Bad lines that were skipped
    /// are a counter then and not exit code 3, which would fail the task.
    #[arg(long, help_heading = "Step", verbatim_doc_comment)]
    hadoop: bool,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Map(#[from] MapError),
    #[error(transparent)]
    Partials(#[from] PartialsError),
    #[error("{0}")]
    Write(#[from] io::Error),
}

impl StepError {
    /// What the writer said, if that is why.
    fn into_write(self) -> Result<io::Error, Self> {
        match self {
            Self::Write(error)
            | Self::Map(MapError::Write(error))
            | Self::Partials(PartialsError::Write(error)) => Ok(error),
            other => Err(other),
        }
    }
}

/// Runs the map step.
pub(super) fn map(args: MapArgs, watch: &Arc<Watch>, signals: &Signals) -> anyhow::Result<ExitCode> {
    let (format, plan) = args.asked.resolve()?;
    if let Some(format) = format {
        plan.suits(format).map_err(UsageError::Unsuited)?;
    }
    let hadoop = args.step.hadoop;
    let step = Step::begin("map", args.files, args.step, watch, signals)?;
    let sources = sources(step.files.clone());
    let mapping = step.run(|out| {
        let mapped =
            job::map(&sources, format, &plan, watch, &mut |partial| step.write(partial, &plan, out))?;
        Ok(mapped)
    })?;
    let Some(mapping) = mapping else { return Ok(ExitCode::SUCCESS) };
    messages::bad_lines(mapping.lines.bad, &mapping.bad_lines);
    if hadoop {
        hadoop::count("bad lines", mapping.lines.bad);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(exit::of_completeness(mapping.lines.bad == 0))
}

/// Runs the combine step.
pub(super) fn combine(args: CombineArgs, watch: &Arc<Watch>, signals: &Signals) -> anyhow::Result<ExitCode> {
    let CombineArgs { add, step } = args;
    let step = Step::begin("combine", add.files, step, watch, signals)?;
    let mut reader = PartialsReader::open(sources(step.files.clone()), add.by_year, watch)?;
    step.run(|out| {
        let mut emit = |partial: &Partial, plan: &Plan| step.write(partial, plan, out);
        Ok(partials::combine(&mut reader, Combiner::DEFAULT_BYTES, &mut emit)?)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the reduce step.
pub(super) fn reduce(args: ReduceArgs, watch: &Arc<Watch>, signals: &Signals) -> anyhow::Result<ExitCode> {
    let ReduceArgs { add, sorted, step } = args;
    let step = Step::begin("reduce", add.files, step, watch, signals)?;
    let mut reader = PartialsReader::open(sources(step.files.clone()), add.by_year, watch)?;
    if sorted {
        step.run(|out| {
            let mut emit = |partial: &Partial, plan: &Plan| step.write(partial, plan, out);
            Ok(partials::reduce_sorted(&mut reader, &mut emit)?)
        })?;
    } else {
        step.run(|out| {
            let answer = partials::reduce(&mut reader)?;
            Format::Tsv.write(&answer, false, out)?;
            step.progress.rows_written.fetch_add(answer.len() as u64, Ordering::Relaxed);
            Ok(())
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A step under way.
struct Step<'a> {
    files: Vec<PathBuf>,
    output: Destination,
    signals: &'a Signals,
    progress: hadoop::Progress,
    _reporter: Option<Reporter>,
}

impl<'a> Step<'a> {
    fn begin(
        name: &'static str,
        files: Vec<PathBuf>,
        args: StepArgs,
        watch: &Arc<Watch>,
        signals: &'a Signals,
    ) -> anyhow::Result<Self> {
        let output = args.output.as_deref().map(|path| ("-o", path));
        collisions::check(files.iter().map(PathBuf::as_path), output.into_iter())?;
        let output = args.output.map_or(Destination::Stdout, destination);
        output.check()?;
        let progress = hadoop::Progress { watch: Arc::clone(watch), ..hadoop::Progress::default() };
        let reporter = args.hadoop.then(|| Reporter::start(name, progress.clone())).transpose()?;
        Ok(Self { files, output, signals, progress, _reporter: reporter })
    }

    /// Does the work and gives what comes of it; `None` if the reader of the output has gone, who has seen enough.
    fn run<T>(&self, work: impl FnOnce(&mut dyn Write) -> Result<T, StepError>) -> anyhow::Result<Option<T>> {
        let mut outcome = None;
        let written = self.output.write(|out| {
            let failed = match work(&mut self.signals.guard(out)) {
                Ok(done) => {
                    outcome = Some(Ok(done));
                    return Ok(());
                }
                Err(failed) => failed.into_write(),
            };
            Err(match failed {
                // Goes back the way it came, where it gets the name of the output.
                Ok(of_the_writer) => of_the_writer,
                Err(failed) => {
                    outcome = Some(Err(failed));
                    io::Error::other("unfinished")
                }
            })
        });
        if self.signals.caught().is_some() {
            anyhow::bail!("interrupted; what was written is void");
        }
        match (outcome, written) {
            (Some(Err(failed)), _) => Err(failed.into()),
            (_, Err(OutputError::ReaderGone)) => Ok(None),
            (_, Err(error)) => Err(error.into()),
            (outcome, Ok(())) => Ok(outcome.and_then(Result::ok)),
        }
    }

    fn write(&self, partial: &Partial, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        let rows = write_partial(partial, plan, out)?;
        self.progress.rows_written.fetch_add(rows, Ordering::Relaxed);
        Ok(())
    }
}
