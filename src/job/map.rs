//! The map step by itself: a part of the input becomes partial sums, which somebody else adds up.

use std::io;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::books::Books;
use super::{JobError, NamedBadLine, formats};
use crate::count::{Combiner, Format, LineTally, Partial, Plan};
use crate::exec::{Executor, Sequential};
use crate::input::{Chunks, Limits, Source, Watch};

/// What became of the lines of a map step.
#[derive(Debug)]
pub struct Mapping {
    /// Of all of them.
    pub lines: LineTally,
    /// The first five that were left out because they are bad.
    pub bad_lines: Vec<NamedBadLine>,
}

/// Why a map step failed. What it handed on before that is to be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// The input could not be counted.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Partial sums could not be handed on.
    #[error("{0}")]
    Write(io::Error),
}

/// Counts `sources` in the calling thread, as [`Sequential`] does, and hands on partial sums whenever they have grown
/// large, and at the end. So memory stays bounded whatever the input, but what was handed on before a failure is out:
/// whoever takes it has to wait for the end.
///
/// A selected word that does not occur is not in them.
///
/// # Errors
/// See [`MapError`].
pub fn map(
    sources: &[Source],
    format: Option<Format>,
    plan: &Plan,
    watch: &Arc<Watch>,
    emit: &mut dyn FnMut(&Partial) -> io::Result<()>,
) -> Result<Mapping, MapError> {
    let limits = Limits::lines(NonZeroU64::MAX);
    let chunks = Chunks::open(sources.to_vec(), limits, Arc::clone(watch)).map_err(JobError::from)?;
    let chunks = chunks.sized_for(1).labelled_by(formats::labeller(format, plan));
    let mut books = Books::new(plan, sources);
    let mut combiner = Combiner::new(plan, Combiner::DEFAULT_BYTES);
    let mut outcome = Ok(());

    let ran = Sequential.run(chunks, plan, watch, &mut |mut mapped| {
        outcome = books.enter(&mut mapped).map_err(MapError::Job).and_then(|()| {
            match combiner.merge(&mapped.partial).map_err(JobError::from)? {
                Some(done) => emit(&done).map_err(MapError::Write),
                None => Ok(()),
            }
        });
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });

    outcome?;
    ran.map_err(|error| books.explain(error))?;
    books.close(watch.lines())?;
    emit(&combiner.finish()).map_err(MapError::Write)?;
    Ok(Mapping { lines: *books.tally(), bad_lines: books.bad_lines() })
}
