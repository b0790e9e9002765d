//! `ngramcount map`, `combine` and `reduce`: the steps of a count that an external engine schedules.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::flags::{CombineArgs, MapArgs, ReadFile, ReduceArgs, StepArgs};
use crate::cli::report::reporter::Reporter;
use crate::cli::report::{exit, hadoop, messages};
use crate::cli::signals::Signals;
use crate::count::{Partial, Plan};
use crate::input::Control;
use crate::job::{self, MapError};
use crate::output::{Compression, Destination, OutputError, OutputFormat, write_partial};
use crate::partials::{self, PartialsError, PartialsReader};

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
    /// The error of the writer, if that is the cause. Other errors are returned as they are, without the wrapper of the step,
    /// so that advice and exit code are found for them.
    fn into_write(self) -> Result<io::Error, anyhow::Error> {
        match self {
            Self::Write(error)
            | Self::Map(MapError::Write(error))
            | Self::Partials(PartialsError::Write(error)) => Ok(error),
            Self::Map(MapError::Job(error)) => Err(error.into()),
            Self::Partials(error) => Err(error.into()),
        }
    }
}

/// Runs the map step.
pub(in crate::cli) fn map(args: MapArgs, control: &Control, signals: &Signals) -> anyhow::Result<ExitCode> {
    let read = args.read_files();
    let (config, step) = args.resolve()?;
    let hadoop = step.hadoop;
    let step = RunningStep::start("map", &read, &step, control, signals)?;
    let mapping = step.run(|out| {
        let mut emit = |partial: &Partial| step.write(partial, &config.plan, out);
        Ok(job::map(&config, control, &mut emit)?)
    })?;
    let Some(mapping) = mapping else { return Ok(ExitCode::SUCCESS) };
    messages::bad_lines(mapping.lines.bad, &mapping.bad_lines);
    if hadoop {
        hadoop::add_to_counter("bad lines", mapping.lines.bad);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(exit::for_completeness(mapping.lines.bad == 0))
}

/// Runs the combine step.
pub(in crate::cli) fn combine(
    args: CombineArgs,
    control: &Control,
    signals: &Signals,
) -> anyhow::Result<ExitCode> {
    let (partial_sums, memory, step) = args.resolve();
    let step = RunningStep::start("combine", &partial_sums.list.read_files(), &step, control, signals)?;
    let mut reader = PartialsReader::open(partial_sums.list.sources, partial_sums.by_year, control)?;
    step.run(|out| {
        let mut emit = |partial: &Partial, plan: &Plan| step.write(partial, plan, out);
        Ok(partials::combine(&mut reader, memory.combiner_bytes(), &mut emit)?)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the reduce step.
pub(in crate::cli) fn reduce(
    args: ReduceArgs,
    control: &Control,
    signals: &Signals,
) -> anyhow::Result<ExitCode> {
    let (partial_sums, sorted, memory, step) = args.resolve();
    let step = RunningStep::start("reduce", &partial_sums.list.read_files(), &step, control, signals)?;
    let mut reader = PartialsReader::open(partial_sums.list.sources, partial_sums.by_year, control)?;
    step.run(|out| {
        if sorted {
            let mut emit = |partial: &Partial, plan: &Plan| step.write(partial, plan, out);
            partials::reduce_sorted(&mut reader, &mut emit)?;
        } else {
            let answer = partials::reduce(&mut reader, &memory)?;
            OutputFormat::Tsv.write(&answer, false, out)?;
            step.counters.add_rows(answer.len() as u64);
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A step in progress.
struct RunningStep<'a> {
    output: Destination,
    compression: Compression,
    signals: &'a Signals,
    counters: hadoop::StepCounters,
    /// Reports to Hadoop until it is dropped.
    _reporter: Option<Reporter>,
}

impl<'a> RunningStep<'a> {
    /// Checks the output and starts the reports to Hadoop, if they were asked for.
    fn start(
        name: &'static str,
        read: &[ReadFile],
        args: &StepArgs,
        control: &Control,
        signals: &'a Signals,
    ) -> anyhow::Result<Self> {
        let (output, compression) = args.resolve_output(read)?;
        output.check()?;
        let counters = hadoop::StepCounters::new(Arc::clone(&control.progress));
        let reporter = args.hadoop.then(|| hadoop::start(name, counters.clone())).transpose()?;
        Ok(Self { output, compression, signals, counters, _reporter: reporter })
    }

    /// Does the work and returns its result; `None` if the reader of standard output closed it early, which is no
    /// failure.
    fn run<T>(&self, work: impl FnOnce(&mut dyn Write) -> Result<T, StepError>) -> anyhow::Result<Option<T>> {
        let mut outcome = None;
        let fill = |out: &mut dyn Write| match work(&mut self.signals.interruptible(out)) {
            Ok(done) => {
                outcome = Some(Ok(done));
                Ok(())
            }
            // The destination adds its name to an error of its writer. Any other error is kept here; what is returned
            // in its place only says that the output is not complete.
            Err(failed) => Err(failed.into_write().unwrap_or_else(|failed| {
                outcome = Some(Err(failed));
                io::Error::other("unfinished")
            })),
        };
        let written = self.output.write(|out| self.compression.write(out, fill));
        if self.signals.caught().is_some() {
            anyhow::bail!("interrupted; the output is incomplete");
        }
        match (outcome, written) {
            (Some(Err(failed)), _) => Err(failed),
            (_, Err(OutputError::BrokenPipe)) => Ok(None),
            (_, Err(error)) => Err(error.into()),
            (outcome, Ok(())) => Ok(outcome.and_then(Result::ok)),
        }
    }

    fn write(&self, partial: &Partial, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        self.counters.add_rows(write_partial(partial, plan, out)?);
        Ok(())
    }
}
