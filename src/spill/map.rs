//! Map step with runs: a large count goes to a file, and only its description to the parent.

use serde::{Deserialize, Serialize};

use super::error::SpillError;
use super::reduce::push;
use super::run::Run;
use super::store::SpillTarget;
use super::writer::RunWriter;
use crate::count::{Format, Mapper, NgramSums, Partial, Plan, visit_sorted};

/// How a task maps its lines within the memory that it may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapRules {
    /// Most bytes of a split that are mapped in one piece.
    pub piece_bytes: usize,
    /// Most bytes of a count that is sent to the parent.
    pub largest_count: usize,
    /// Where a count goes that takes at least `smallest_run` bytes; `None`: nowhere, it is sent.
    pub target: Option<SpillTarget>,
    /// Counts of fewer bytes are sent.
    pub smallest_run: usize,
}

impl MapRules {
    /// Every count is sent, whatever it takes.
    pub const SEND_ALL: Self =
        Self { piece_bytes: usize::MAX, largest_count: usize::MAX, target: None, smallest_run: usize::MAX };
}

/// Counts lines of a file, and writes the count as runs if `rules` say so. The partial count has no n-grams then.
///
/// # Errors
/// An error of [`Mapper::map`], or of a file.
pub fn map_spilling(
    mapper: &Mapper,
    file: u32,
    format: Format,
    bytes: &[u8],
    rules: &MapRules,
) -> Result<(Partial, Vec<Run>), SpillError> {
    let Some(target) = &rules.target else {
        return Ok((mapper.map_of_file(file, format, bytes)?, Vec::new()));
    };
    // A table in which nearly every n-gram is new is wasted work.
    if bytes.len() >= rules.smallest_run
        && let Some(text) = mapper.index_text(format, bytes)?
    {
        let mut runs = Vec::new();
        for length in text.lengths() {
            let mut writer = RunWriter::create(target)?;
            text.visit_sorted(length, |ngram, sums| writer.push(ngram, NgramSums::AllYears(sums)))?;
            runs.push(writer.finish()?);
        }
        return Ok((text.into_partial(), runs));
    }
    let partial = mapper.map_of_file(file, format, bytes)?;
    spill(partial, mapper.plan(), rules)
}

/// Writes a partial count as a run, if `rules` say so.
///
/// # Errors
/// [`SpillError`].
pub fn spill(partial: Partial, plan: &Plan, rules: &MapRules) -> Result<(Partial, Vec<Run>), SpillError> {
    let target =
        rules.target.as_ref().filter(|_| partial.size() >= rules.smallest_run && !partial.is_empty());
    let Some(target) = target else { return Ok((partial, Vec::new())) };
    let mut sums = partial;
    let without = Partial::of_bad_lines(sums.lines, std::mem::take(&mut sums.bad));
    Ok((without, vec![write_run(sums, plan, target)?]))
}

/// Writes the n-grams of a partial count as a run.
pub(super) fn write_run(partial: Partial, plan: &Plan, target: &SpillTarget) -> Result<Run, SpillError> {
    let mut writer = RunWriter::create(target)?;
    visit_sorted(partial, plan, |ngram, sums| push(&mut writer, ngram, sums, plan))?;
    writer.finish()
}
