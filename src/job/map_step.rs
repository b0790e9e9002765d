//! Map step without a reducer: a part of the input becomes partial sums, which another program adds up.

use std::io;
use std::num::NonZeroU64;
use std::ops::ControlFlow;

use super::accounting::LineAccounting;
use super::config::Config;
use super::error::JobError;
use super::located_lines::LocatedBadLine;
use super::sniffer::format_sniffer;
use crate::count::{Combiner, LineTally, Partial};
use crate::exec::{Executor, Sequential};
use crate::input::{Chunks, Control, Limits, WindowLimit};

/// Line totals of a map step.
#[derive(Debug)]
pub struct MapSummary {
    /// Totals of all lines.
    pub lines: LineTally,
    /// The first five that were left out because they are bad.
    pub bad_lines: Vec<LocatedBadLine>,
}

/// Error of a map step. The sums that it emitted before are void.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// The input could not be counted.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Partial sums could not be emitted.
    #[error("{0}")]
    Write(io::Error),
}

/// Counts the sources of `config` in the calling thread, as [`Sequential`] does, and emits partial sums whenever they have grown
/// large, and at the end. So memory stays bounded for any input. The receiver must wait for the end, because sums that
/// were emitted before a failure are void. Of the configuration only the question, the sources and their format, the
/// rules for fetching them and those for memory matter.
///
/// A selected word that does not occur is not in them. [`Plan::per_file`](crate::count::Plan::per_file) is for a count in one step: here the
/// numbers of files would pass for years.
///
/// # Errors
/// See [`MapError`].
pub fn map(
    config: &Config,
    control: &Control,
    emit: &mut dyn FnMut(&Partial) -> io::Result<()>,
) -> Result<MapSummary, MapError> {
    let Config { sources, format, plan, http, memory, .. } = config;
    let limits = Limits::lines(NonZeroU64::MAX);
    let reading = Control { window_limit: WindowLimit::new(memory.limit.bytes()), ..control.clone() };
    let chunks = Chunks::open_by(sources.clone(), limits, reading, http).map_err(JobError::from)?;
    let chunks =
        chunks.sized_for(1).with_read_rules(config.read_rules()).sniffed_by(format_sniffer(*format, plan));
    let mut accounting = LineAccounting::new(plan, sources);
    let mut combiner = Combiner::new(plan, memory.combiner_bytes());
    let mut outcome = Ok(());

    let ran = Sequential.run(chunks, plan, &control.cancel, &mut |mut mapped| {
        outcome = accounting.add(&mut mapped).map_err(MapError::Job).and_then(|()| {
            match combiner.merge(&mapped.partial).map_err(JobError::from)? {
                Some(done) => emit(&done).map_err(MapError::Write),
                None => Ok(()),
            }
        });
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });

    outcome?;
    ran.map_err(|failure| accounting.to_job_error(failure.error))?;
    accounting.check_balance(control.progress.lines())?;
    emit(&combiner.finish()).map_err(MapError::Write)?;
    Ok(MapSummary { lines: *accounting.tally(), bad_lines: accounting.bad_lines() })
}
