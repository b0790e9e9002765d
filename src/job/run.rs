//! One count: opens the input, has the chunks mapped, merges the partial counts, and checks that every line is accounted
//! for.

use std::num::NonZeroU64;
use std::time::Instant;

use super::accounting::LineAccounting;
use super::checkpoint::{self, InputState, Recorder};
use super::config::{ChunkSize, Config};
use super::error::JobError;
use super::located_lines::{LocatedBadLine, PoisonLines};
use super::reduction::JobReduction;
use super::sniffer::{format_sniffer, line_needs};
use super::stats::{ResumedStats, Stats};
use crate::count::{Answer, Format};
use crate::exec::{EarliestFailure, ExecFailure, ExecStats, ExecutorKind, Feed, MissingWorkers};
use crate::input::{Chunks, Control, IndexMode, IndexRules, Limits, Origin, WindowLimit};
use crate::spill::{Checkpoint, SpillError, SpillingReducer, remove_checkpoint};

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
    /// The folder with what was counted, locked until the answer is written.
    _checkpoint: Option<Checkpoint>,
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
    let mut indexes = config.indexes.clone();
    // The place where a count goes on is one of the whole file.
    if config.checkpoint.is_some() && indexes.mode == IndexMode::Auto {
        indexes.mode = IndexMode::Off;
    }
    let error = match run_once(config, &indexes, control) {
        Err(error) if indexes.mode == IndexMode::Auto => error,
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
    let window_limit = WindowLimit::new(config.memory.limit.bytes());
    let reading = Control { window_limit, ..control.clone() };
    let open = |limits| Chunks::open_by(config.sources.clone(), limits, reading.clone(), &config.http);
    let chunks = match config.chunk {
        ChunkSize::Lines(lines) => open(Limits::lines(lines))?,
        ChunkSize::Auto => open(Limits::lines(NonZeroU64::MAX))?.sized_for(config.workers.get()),
    };
    let chunks = chunks
        .with_read_rules(config.read_rules())
        .sniffed_by(format_sniffer(config.format, &config.plan))
        .with_indexes(indexes, &line_needs(config.format, &config.plan))?;
    let mut accounting = LineAccounting::new(&config.plan, &config.sources);
    for skipped in chunks.skipped_lines() {
        accounting.add_skipped(&skipped);
        control.progress.add_skipped_lines(skipped.lines);
    }
    let chunk_bytes = chunks.chunk_bytes();
    let mut reducer = SpillingReducer::new(&config.plan, &config.order, &config.memory, config.workers.get())
        .for_input_of(control.progress.total_bytes());
    let mut supervision = config.supervision.clone();
    let (mut recorder, mut resumed, mut chunks) = (None, None, chunks);
    if let Some(rules) = &config.checkpoint {
        let kept = reducer.resume(checkpoint::open(rules, config, &chunks)?, config.workers.get())?;
        let state = InputState::of_record(kept)?;
        reducer.add_lines(state.accounting.tally);
        let lines = accounting.resume(state.accounting.clone(), state.splits.keys().copied());
        control.progress.add_skipped_lines(lines);
        let end = Origin { file: u32::MAX, first_line: 1, offset: 0, format: Format::Text };
        if let Some(at) = state.position.or(state.ended.then_some(end)) {
            chunks = chunks.resumed_at(at);
            // What is left might be divided into splits, of which the record says nothing.
            supervision.feed = Feed::Pipe;
        } else if !state.splits.is_empty() {
            if config.executor != ExecutorKind::Processes {
                let reason = "it has parts of files that worker processes read; count in processes".into();
                return Err(SpillError::Checkpoint { folder: rules.folder.clone(), reason }.into());
            }
            supervision.feed = Feed::Split;
            supervision.splits_for = state.workers;
        }
        resumed = (state.parts > 0).then_some(ResumedStats { parts: state.parts, lines });
        recorder = Some(Recorder::new(state, rules, config.workers));
    }
    let failures = EarliestFailure::default();
    let mut reduction = JobReduction { accounting, reducer, failures, chunk_bytes, recorder };
    let spans = chunks.span_counts();
    let executor = match chunks.bytes_left() {
        Some(bytes) if config.inline_lookups && spans.skipped > 0 && bytes <= INLINE_BYTES => {
            ExecutorKind::Sequential
        }
        _ => config.executor,
    };
    let ran = executor.executor(config.workers, &supervision).run(
        chunks,
        &config.plan,
        &control.cancel,
        &mut reduction,
    );

    let JobReduction { accounting, reducer, mut failures, .. } = reduction;
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
    let (answer, spilled, checkpoint) = reducer.finish()?;
    if let Some(rules) = config.checkpoint.as_ref().filter(|rules| !rules.keep) {
        let folder = rules.folder.clone();
        remove_checkpoint(&folder).map_err(|error| {
            let reason = format!("cannot remove what was kept: {error}");
            SpillError::Checkpoint { folder, reason }
        })?;
    }
    Ok(Report {
        stats: Stats::new(config, &control.progress, &accounting, &exec_stats, &answer, started.elapsed())
            .with_lookup(executor, spans)
            .with_spilled(&spilled)
            .with_resumed(resumed),
        answer,
        bad_lines: accounting.bad_lines(),
        quarantined: accounting.into_quarantined(),
        missing_workers: exec_stats.missing_workers,
        _checkpoint: checkpoint,
    })
}
