//! Task of a worker: reads a split of the input and maps it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::map_chunk::contains_token;
use crate::count::{BadLines, Mapper, Partial, Plan};
use crate::input::{Control, IndexFault, InputError, ReadCounts, Split};
use crate::pool::{self, Task, TaskError};
use crate::spill::{MapRules, Run, SpillError, map_spilling, spill};

/// Time between two progress reports from inside a split.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);

/// Task: maps a split.
pub(super) struct MapSplit;

impl Task for MapSplit {
    const NAME: &'static str = "map-split";
    type Input = (Split, MapRules);
    type Output = MappedSplit;

    fn run((split, rules): (Split, MapRules)) -> Result<MappedSplit, TaskError> {
        let mapper = pool::worker_state(|plan: Plan| Mapper::new(&plan))?;
        let stop_at_bad_line =
            pool::worker_state(|plan: Plan| StopAtBadLine(plan.bad_lines == BadLines::Fail))?.0;
        let (file, format) = (split.file, split.format);
        let control = Control::new();
        let (mut partial, mut runs) = (Partial::default(), Vec::new());
        let was_spilling = rules.target.is_some();
        let mut reported = Instant::now();
        let mapped = split.for_each_block::<StopReason>(rules.piece_bytes, &control, |_, block| {
            if let Some(rule) = pool::content_rule()
                && contains_token(block, rule.word())
            {
                rule.trigger();
            }
            let (next, spilled) = map_spilling(&mapper, file, format, block, &rules)?;
            runs.extend(spilled);
            let lines = partial.lines.read;
            partial = std::mem::take(&mut partial).append(next, lines);
            if stop_at_bad_line && !partial.bad.is_empty() {
                return Err(StopReason::BadLine);
            }
            if partial.size() > rules.largest_count {
                if !was_spilling {
                    return Err(StopReason::TooLarge);
                }
                // Counts that were too small to become runs one by one.
                let (rest, spilled) = spill(std::mem::take(&mut partial), mapper.plan(), &rules)?;
                partial = rest;
                runs.extend(spilled);
            }
            if reported.elapsed() >= REPORT_INTERVAL {
                reported = Instant::now();
                pool::progress(&SplitProgress { split: split.id, counts: control.progress.counts() });
            }
            Ok(())
        });
        let outcome = match mapped {
            Ok(()) | Err(StopReason::BadLine) => SplitOutcome::Counted,
            Err(StopReason::TooLarge) => {
                (partial, runs) = Default::default();
                SplitOutcome::TooLarge
            }
            // The parent adds the lines of the splits before this one.
            Err(StopReason::Input(InputError::LineTooLong { line, limit, .. })) => {
                SplitOutcome::LineTooLong { line, limit }
            }
            // The parent then reads the split and finds the line for which no worker has the memory.
            Err(StopReason::Input(InputError::Read { cause, .. }))
                if cause.kind() == ErrorKind::OutOfMemory =>
            {
                SplitOutcome::TooLarge
            }
            Err(StopReason::Input(InputError::Index { fault, .. })) => SplitOutcome::Index { fault },
            Err(StopReason::Input(error)) => return Err(TaskError::new(error)),
            Err(StopReason::Spill(error)) => return Err(TaskError::new(error)),
        };
        let index = control.indexes.take().pop().map(|index| ByteBuf::from(index.bytes));
        let counts = control.progress.counts();
        Ok(MappedSplit { split, partial, runs, counts, outcome, index, was_spilling })
    }
}

struct StopAtBadLine(bool);

/// Reason why a worker does not read its split to the end.
enum StopReason {
    BadLine,
    TooLarge,
    Input(InputError),
    Spill(SpillError),
}

impl From<InputError> for StopReason {
    fn from(error: InputError) -> Self {
        StopReason::Input(error)
    }
}

impl From<SpillError> for StopReason {
    fn from(error: SpillError) -> Self {
        StopReason::Spill(error)
    }
}

/// Partial count of a split.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MappedSplit {
    pub split: Split,
    pub partial: Partial,
    /// What of it was written to runs.
    pub runs: Vec<Run>,
    pub counts: ReadCounts,
    pub outcome: SplitOutcome,
    /// The index of the file, if one was to be built.
    pub index: Option<ByteBuf>,
    /// Whether it was allowed to write runs.
    pub was_spilling: bool,
}

/// How the reading of a split ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum SplitOutcome {
    Counted,
    TooLarge,
    LineTooLong {
        line: u64,
        limit: usize,
    },
    /// The file is not what its index says.
    Index {
        fault: IndexFault,
    },
}

/// Progress of a worker in a split.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct SplitProgress {
    pub split: u64,
    pub counts: ReadCounts,
}
