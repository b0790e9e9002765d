//! `ngramcount sweep`: the same count with many chunk sizes, as a table and a picture.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

#[cfg(feature = "plot")]
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::flags::{ResolvedSweep, SweepArgs, resolve_sweep};
use crate::cli::report::{advice, messages};
use crate::input::Control;
use crate::job::ExecutorKind;
#[cfg(feature = "plot")]
use crate::output::plot::{Axis, AxisScale, Chart, DataPoint, DataSeries, NumberFormat};
use crate::output::{Destination, OutputError};
#[cfg(feature = "plot")]
use crate::sweep::Sweep;
use crate::sweep::{self, Combination};

/// Runs the sweep; writes the table to stdout, and the files that were asked for.
pub(in crate::cli) fn run(args: SweepArgs, control: &Control) -> anyhow::Result<ExitCode> {
    let args = resolve_sweep(args)?;
    Destination::Stdout.check()?;
    if let Some(table) = &args.table {
        table.check()?;
    }
    #[cfg(feature = "plot")]
    if let Some(picture) = &args.picture {
        picture.file.check()?;
    }

    let bar = if io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{wide_bar} run {pos} of {len}  {msg}")?);
    let on_run = |run: usize, runs: usize, combination: &Combination| {
        bar.set_length(runs as u64);
        bar.set_position(run as u64);
        bar.set_message(format!("{}, chunk {}", name(combination), combination.chunk));
    };
    let ResolvedSweep { base, totals, grid, repeat, .. } = &args;
    let swept = sweep::run(base, grid, *repeat, || control.child(), on_run);
    bar.finish_and_clear();
    let swept = swept.map_err(|error| advice::name_totals_file(error, totals.as_deref()))?;

    let on_stdout = args.table == Some(Destination::Stdout);
    let text = (!on_stdout).then(|| Destination::Stdout.write(|out| sweep::write_text(&swept, out)));
    let table = args
        .table
        .as_ref()
        .map(|table| table.write(|out| args.compression.write(out, |out| sweep::write_tsv(&swept, out))));
    for written in [text, table].into_iter().flatten() {
        match written {
            // A reader that closes the pipe early, as `head` does, is no failure.
            Ok(()) | Err(OutputError::BrokenPipe) => {}
            Err(error) => return Err(error.into()),
        }
    }
    #[cfg(feature = "plot")]
    if let Some(picture) = &args.picture {
        let mut chart = chart(&swept);
        picture.style(&mut chart);
        let drawn = picture.format.render(&chart).context("the picture")?;
        picture.file.write(|out| out.write_all(&drawn.bytes))?;
        messages::missing_letters(&drawn);
    }
    messages::say(format_args!(
        "{repeat} runs of each combination; the times are those of counting, without the writing of an answer"
    ));
    Ok(ExitCode::SUCCESS)
}

/// The name of a series: the executor and its workers.
fn name(combination: &Combination) -> String {
    match (combination.executor, combination.workers.get()) {
        (ExecutorKind::Sequential, _) => "sequential".to_owned(),
        (executor, 1) => format!("{}, 1 worker", executor.name()),
        (executor, workers) => format!("{}, {workers} workers", executor.name()),
    }
}

/// Lines per second over lines per chunk, one series for each executor and number of workers.
#[cfg(feature = "plot")]
fn chart(swept: &Sweep) -> Chart {
    let mut series: Vec<DataSeries> = Vec::new();
    for measured in &swept.measurements {
        let name = name(&measured.combination);
        let place = series.iter().position(|line| line.name == name).unwrap_or_else(|| {
            series.push(DataSeries { name, points: Vec::new(), markers: true });
            series.len() - 1
        });
        let speed = |seconds: f64| measured.lines as f64 / seconds;
        let error = Some((speed(measured.slowest()), speed(measured.fastest())));
        series[place].points.push(DataPoint {
            x: measured.lines_per_chunk(),
            y: speed(measured.median()),
            error,
        });
    }
    for line in &mut series {
        line.points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    Chart {
        title: "Throughput by chunk size".to_owned(),
        size: None,
        x: Axis {
            title: "Lines in a chunk".to_owned(),
            scale: AxisScale::Log,
            numbers: NumberFormat::Quantities,
        },
        y: Axis {
            title: "Lines counted per second".to_owned(),
            scale: AxisScale::FromZero,
            numbers: NumberFormat::Quantities,
        },
        series,
    }
}
