//! `ngramcount sweep`: the same count with many chunk sizes, as a table and a picture.

use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[cfg(feature = "plot")]
use anyhow::Context;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::{self, Args};
use super::plan::Intent;
#[cfg(feature = "plot")]
use super::plan::UsageError;
use super::run::with_totals;
use super::{messages, plan};
use crate::input::{Control, Source};
use crate::job::{ChunkSize, ExecutorKind};
#[cfg(feature = "plot")]
use crate::output::plot::{Axis, Chart, Numbers, Picture, Point, Scale, Series};
use crate::output::{Destination, OutputError};
#[cfg(feature = "plot")]
use crate::sweep::Sweep;
use crate::sweep::{self, Grid, Spot};

const EXAMPLES: &str = "\
Examples:
  Which chunk size suits this file on this machine?
    ngramcount sweep googlebooks-a.gz --plot sweep.svg
  The lesson in full, for one word, with one and two workers:
    ngramcount sweep googlebooks-a.gz --executors processes,threads \\
        --workers 1,2 --repeat 5 --output sweep.tsv -- --word Aardvark";

/// Time the same count with many chunk sizes
///
/// All combinations are run in turn, once unmeasured and then --repeat times. The
/// speed-up is against the sequential executor with chunks that suit it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SweepArgs {
    /// Files to count
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Chunk sizes in lines
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::chunk_size)]
    #[arg(default_value = "2,20,200,2000,20000,200000,auto")]
    chunks: Vec<ChunkSize>,

    /// Any of processes, threads and sequential
    #[arg(long, value_name = "LIST", value_delimiter = ',', hide_possible_values = true)]
    #[arg(default_value = "processes,threads,sequential")]
    executors: Vec<args::Executor>,

    /// Numbers of workers [default: available cores]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(value_parser = args::at_least_one::<NonZeroUsize>)]
    workers: Vec<NonZeroUsize>,

    /// Measured runs of each combination
    #[arg(long, value_name = "N", default_value = "5", value_parser = args::at_least_one::<NonZeroUsize>)]
    repeat: NonZeroUsize,

    /// Write the times here, tab-separated
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Draw them here: FILE.svg or FILE.png
    #[cfg(feature = "plot")]
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,

    /// Options of the count itself, behind `--`
    #[arg(last = true, value_name = "COUNT OPTIONS")]
    count: Vec<std::ffi::OsString>,
}

/// Sweeps, writes the table to stdout, and the files that were asked for.
pub(super) fn run(sweep_args: SweepArgs, control: &Control) -> anyhow::Result<()> {
    let files = sweep_args.files.iter().map(|file| file.clone().into_os_string());
    let words = std::iter::once("ngramcount".into()).chain(sweep_args.count.clone()).chain(["--".into()]);
    let Intent { config: base, totals, .. } = plan::resolve(Args::try_parse_from(words.chain(files))?)?;
    if base.sources.contains(&Source::Stdin) {
        anyhow::bail!("standard input can be counted only once; name a file");
    }
    Destination::Stdout.check()?;
    let output = sweep_args.output.map(Destination::File);
    if let Some(output) = &output {
        output.check()?;
    }
    #[cfg(feature = "plot")]
    let picture = match sweep_args.plot {
        Some(path) => {
            let kind = Picture::of(&path).ok_or_else(|| UsageError::PictureName(path.clone()))?;
            let file = Destination::File(path);
            file.check()?;
            Some((kind, file))
        }
        None => None,
    };
    let workers = if sweep_args.workers.is_empty() { vec![base.workers] } else { sweep_args.workers };
    let executors = sweep_args.executors.into_iter().map(ExecutorKind::from).collect();
    let grid = Grid { chunks: sweep_args.chunks, executors, workers };

    let bar = if io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{wide_bar} run {pos} of {len}  {msg}")?;
    bar.set_style(style);
    let begin = |run: usize, runs: usize, spot: &Spot| {
        bar.set_length(runs as u64);
        bar.set_position(run as u64);
        bar.set_message(format!("{}, chunk {}", name(spot), spot.chunk));
    };
    let swept = sweep::run(&base, &grid, sweep_args.repeat, || control.child(), begin);
    bar.finish_and_clear();
    let swept = swept.map_err(|error| with_totals(error, totals.as_deref()))?;

    match Destination::Stdout.write(|out| sweep::write_table(&swept, out)) {
        // `| head` has seen enough: that is no failure.
        Ok(()) | Err(OutputError::ReaderGone) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(output) = output {
        output.write(|out| sweep::write_tsv(&swept, out))?;
    }
    #[cfg(feature = "plot")]
    if let Some((kind, file)) = picture {
        let drawn = kind.draw(&chart(&swept)).context("the picture")?;
        file.write(|out| out.write_all(&drawn))?;
    }
    messages::say(format_args!(
        "{} runs of each combination; the times are those of counting, without the writing of an answer",
        sweep_args.repeat
    ));
    Ok(())
}

fn name(spot: &Spot) -> String {
    match (spot.executor, spot.workers.get()) {
        (ExecutorKind::Sequential, _) => "sequential".to_owned(),
        (executor, 1) => format!("{}, 1 worker", executor.name()),
        (executor, workers) => format!("{}, {workers} workers", executor.name()),
    }
}

/// Lines a second over lines in a chunk, a line for each executor and number of workers.
#[cfg(feature = "plot")]
fn chart(swept: &Sweep) -> Chart {
    let mut series: Vec<Series> = Vec::new();
    for measured in &swept.spots {
        let name = name(&measured.spot);
        let place = series.iter().position(|line| line.name == name).unwrap_or_else(|| {
            series.push(Series { name, points: Vec::new(), dots: true });
            series.len() - 1
        });
        let speed = |seconds: f64| measured.lines as f64 / seconds;
        let error = Some((speed(measured.most()), speed(measured.least())));
        series[place].points.push(Point {
            x: measured.lines_per_chunk(),
            y: speed(measured.median()),
            error,
        });
    }
    for line in &mut series {
        line.points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    Chart {
        title: "How large a chunk?".to_owned(),
        x: Axis { title: "Lines in a chunk".to_owned(), scale: Scale::Log, numbers: Numbers::Quantities },
        y: Axis {
            title: "Lines counted per second".to_owned(),
            scale: Scale::FromZero,
            numbers: Numbers::Quantities,
        },
        series,
    }
}
