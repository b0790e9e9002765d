//! Task of a worker: reads a split of the input and maps it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::map_chunk::contains_token;
use crate::count::{BadLines, CountError, Mapper, Partial, Plan};
use crate::input::{Control, IndexFault, InputError, ReadCounts, Split};
use crate::pool::{self, Task, TaskError};

/// Time between two progress reports from inside a split.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);
/// Largest count of a split, in bytes. Beyond it the parent feeds the split in chunks, so that the counts that are under
/// way do not take more memory than the answer.
const LARGEST_COUNT: usize = 512 << 20;

/// Task: maps a split.
pub(super) struct MapSplit;

impl Task for MapSplit {
    const NAME: &'static str = "map-split";
    type Input = Split;
    type Output = MappedSplit;

    fn run(split: Split) -> Result<MappedSplit, TaskError> {
        let mapper = pool::worker_state(|plan: Plan| Mapper::new(&plan))?;
        let stop_at_bad_line =
            pool::worker_state(|plan: Plan| StopAtBadLine(plan.bad_lines == BadLines::Fail))?.0;
        let format = split.format;
        let control = Control::new();
        let mut partial = Partial::default();
        let mut reported = Instant::now();
        let mapped = split.for_each_block::<StopReason>(mapper.plan().piece_bytes(), &control, |_, block| {
            if let Some(rule) = pool::content_rule()
                && contains_token(block, rule.word())
            {
                rule.trigger();
            }
            let next = mapper.map(format, block)?;
            let lines = partial.lines.read;
            partial = std::mem::take(&mut partial).append(next, lines);
            if stop_at_bad_line && !partial.bad.is_empty() {
                return Err(StopReason::BadLine);
            }
            if partial.size() > LARGEST_COUNT {
                return Err(StopReason::TooLarge);
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
                partial = Partial::default();
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
            Err(StopReason::Count(error)) => return Err(TaskError::new(error)),
        };
        let index = control.indexes.take().pop().map(|index| ByteBuf::from(index.bytes));
        Ok(MappedSplit { split, partial, counts: control.progress.counts(), outcome, index })
    }
}

struct StopAtBadLine(bool);

/// Reason why a worker does not read its split to the end.
enum StopReason {
    BadLine,
    TooLarge,
    Input(InputError),
    Count(CountError),
}

impl From<InputError> for StopReason {
    fn from(error: InputError) -> Self {
        StopReason::Input(error)
    }
}

impl From<CountError> for StopReason {
    fn from(error: CountError) -> Self {
        StopReason::Count(error)
    }
}

/// Partial count of a split.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MappedSplit {
    pub split: Split,
    pub partial: Partial,
    pub counts: ReadCounts,
    pub outcome: SplitOutcome,
    /// The index of the file, if one was to be built.
    pub index: Option<ByteBuf>,
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
