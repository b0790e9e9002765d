//! One count: opens the input, has the chunks mapped, merges the partial counts, and checks that every line is accounted
//! for.

use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::time::Instant;

use super::accounting::LineAccounting;
use super::config::{ChunkSize, Config};
use super::error::JobError;
use super::located_lines::{LocatedBadLine, PoisonLines};
use super::sniffer::{format_sniffer, line_needs};
use super::stats::Stats;
use crate::count::{Answer, Reducer};
use crate::exec::{EarliestFailure, ExecFailure, ExecStats, ExecutorKind, Mapped, MissingWorkers};
use crate::input::{Chunks, Control, IndexMode, IndexRules, Limits};

/// Unpacked bytes up to which starting workers takes longer than to count in the calling thread.
const INLINE_BYTES: u64 = 16 << 20;

/// Result of a count.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The n-grams with their matches.
    pub answer: Answer,
    /// Statistics.
    pub stats: Stats,
    /// The first five lines that were left out because they are bad, in input order.
    pub bad_lines: Vec<LocatedBadLine>,
    /// The lines that were left out because no worker survived them, in input order.
    pub quarantined: Vec<PoisonLines>,
    /// Workers that the system could not start, if there were any.
    pub missing_workers: Option<MissingWorkers>,
}

/// Counts, to the end or to the first failure.
///
/// Through `control` another thread can follow the reading and cancel the run. Its counters start at zero.
///
/// # Errors
/// See [`JobError`]; of several errors it is the one that comes first in the input,
/// for every executor.
pub fn run(config: &Config, control: &Control) -> Result<Report, JobError> {
    control.progress.reset();
    let error = match run_once(config, &config.indexes, control) {
        Err(error) if config.indexes.mode == IndexMode::Auto => error,
        done => return done,
    };
    match error.index_fault() {
        None => Err(error),
        Some((file, fault)) => {
            // Nothing is lost but time: the answer comes from the files alone.
            control.notes.index_ignored(file, &config.indexes, fault);
            let without = IndexRules { mode: IndexMode::Off, ..config.indexes.clone() };
            run_once(config, &without, control)
        }
    }
}

fn run_once(config: &Config, indexes: &IndexRules, control: &Control) -> Result<Report, JobError> {
    let started = Instant::now();
    control.progress.reset_reading();
    control.indexes.take();
    let open = |limits| Chunks::open_by(config.sources.clone(), limits, control.clone(), &config.http);
    let chunks = match config.chunk {
        ChunkSize::Lines(lines) => open(Limits::lines(lines))?,
        ChunkSize::Auto => open(Limits::lines(NonZeroU64::MAX))?.sized_for(config.workers.get()),
    };
    let chunks = chunks
        .decoded_from(config.plan.encoding)
        .sniffed_by(format_sniffer(config.format, &config.plan))
        .with_indexes(indexes, &line_needs(config.format, &config.plan))?;
    let mut accounting = LineAccounting::new(&config.plan, &config.sources);
    for skipped in chunks.skipped_lines() {
        accounting.add_skipped(&skipped);
        control.progress.add_skipped_lines(skipped.lines);
    }
    let mut reducer = Reducer::new(&config.plan);
    let mut failures = EarliestFailure::default();

    let mut reduce = |mut mapped: Mapped| -> ControlFlow<()> {
        let place = mapped.origin.place();
        let done =
            accounting.add(&mut mapped).and_then(|()| reducer.merge(&mapped.partial).map_err(JobError::from));
        match done {
            Err(error) => failures.record(place, error),
            Ok(()) if !failures.is_before(place) => return ControlFlow::Continue(()),
            Ok(()) => {}
        }
        ControlFlow::Break(())
    };
    let spans = chunks.span_counts();
    let executor = match chunks.bytes_left() {
        Some(bytes) if config.inline_lookups && spans.skipped > 0 && bytes <= INLINE_BYTES => {
            ExecutorKind::Sequential
        }
        _ => config.executor,
    };
    let ran = executor.executor(config.workers, &config.supervision).run(
        chunks,
        &config.plan,
        &control.cancel,
        &mut reduce,
    );

    let exec_stats = match ran {
        Ok(stats) => stats,
        Err(ExecFailure { place, error }) => {
            failures.record(place, accounting.to_job_error(error));
            ExecStats::default()
        }
    };
    if let Some((_, error)) = failures.into_inner() {
        let found = accounting.into_quarantined();
        return Err(match found.is_empty() {
            true => error,
            false => JobError::BesidesPoison { error: Box::new(error), found },
        });
    }
    accounting.check_balance(control.progress.lines())?;
    let answer = reducer.finish(&config.order)?;
    Ok(Report {
        stats: Stats::new(config, &control.progress, &accounting, &exec_stats, &answer, started.elapsed())
            .with_lookup(executor, spans),
        answer,
        bad_lines: accounting.bad_lines(),
        quarantined: accounting.into_quarantined(),
        missing_workers: exec_stats.missing_workers,
    })
}
