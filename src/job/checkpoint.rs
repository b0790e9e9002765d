//! Checkpoint of a count: how far the input was counted, kept so that the same count can go on later.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accounting::AccountingState;
use super::config::{CheckpointRules, Config};
use super::error::JobError;
use crate::count::CountError;
use crate::input::{Chunks, IndexMode, InputIdentity, Origin, Source, Split};
use crate::spill::{Checkpoint, SpillError, question};

/// What a record says of the input.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct InputState {
    /// Where the chunks go on, if the input is read in chunks.
    pub position: Option<Origin>,
    /// The splits that are counted, with their lines, if workers read splits.
    pub splits: BTreeMap<u64, u64>,
    /// The number of workers that the input was divided for, and the checksum of the splits.
    pub workers: Option<NonZeroUsize>,
    pub division: Option<u32>,
    /// Whether all of the input is counted.
    pub ended: bool,
    /// Chunks and splits that are counted.
    pub parts: u64,
    /// The account of the lines.
    pub accounting: AccountingState,
}

impl InputState {
    /// The state that a record holds; the beginning of the count without one.
    pub fn of_record(record: Option<Value>) -> Result<Self, SpillError> {
        let state = record.map(serde_json::from_value).transpose();
        let damaged = CountError::Damaged("a record of a checkpoint has no state");
        state.map(Option::unwrap_or_default).map_err(|_| damaged.into())
    }
}

/// Decides when a record is written, and collects what it says of the input.
pub(super) struct Recorder {
    pub state: InputState,
    folder: PathBuf,
    interval: Duration,
    last: Instant,
    /// Splits of the input, if workers read splits.
    pub splits: Option<u64>,
    /// Lines of the chunks in which a split is read that no worker could count, until all of it is.
    pub lines_of_open_split: Option<u64>,
}

impl Recorder {
    pub fn new(mut state: InputState, rules: &CheckpointRules, workers: NonZeroUsize) -> Self {
        state.workers.get_or_insert(workers);
        let (folder, interval) = (rules.folder.clone(), rules.interval);
        Self { state, folder, interval, last: Instant::now(), splits: None, lines_of_open_split: None }
    }

    /// Notes that workers read these splits, and gives those that are counted.
    pub fn begin_splits(&mut self, splits: &[Split]) -> Result<BTreeMap<u64, u64>, SpillError> {
        let division = crc32fast::hash(format!("{splits:?}").as_bytes());
        if self.state.division.is_some_and(|before| before != division) {
            let difference = "the input is divided among the workers in another way".into();
            return Err(SpillError::OtherQuestion { folder: self.folder.clone(), difference });
        }
        self.state.division = Some(division);
        self.splits = Some(splits.len() as u64);
        Ok(self.state.splits.clone())
    }

    /// Begins the time to the next record.
    pub fn restart_interval(&mut self) {
        self.last = Instant::now();
    }

    /// Whether it is time for a record.
    pub fn is_due(&self) -> bool {
        self.last.elapsed() >= self.interval
    }

    /// Notes that a chunk or a split was counted.
    pub fn add(&mut self, chunk: u64, lines: u64) {
        self.state.parts += 1;
        match self.splits {
            Some(splits) if chunk < splits => {
                let lines = self.lines_of_open_split.take().unwrap_or(lines);
                self.state.splits.insert(chunk, lines);
            }
            Some(_) => *self.lines_of_open_split.get_or_insert(0) += lines,
            None => {}
        }
    }

    /// The state for a record that is written now.
    pub fn record(&mut self, accounting: AccountingState) -> Result<Value, SpillError> {
        self.state.accounting = accounting;
        serde_json::to_value(&self.state).map_err(|_| CountError::Damaged("its state is not JSON").into())
    }
}

/// Opens the checkpoint of a count.
///
/// # Errors
/// It is of another count or cannot be used, or the input cannot be read a second time.
pub(super) fn open(
    rules: &CheckpointRules,
    config: &Config,
    chunks: &Chunks,
) -> Result<Checkpoint, JobError> {
    let fail = |reason: String| SpillError::Checkpoint { folder: rules.folder.clone(), reason };
    if config.indexes.mode == IndexMode::Require || config.indexes.build.is_some() {
        return Err(fail("a count that needs or makes indexes cannot be continued".into()).into());
    }
    if config.sources.contains(&Source::Stdin) {
        return Err(fail("standard input cannot be read again; name files".into()).into());
    }
    let name = |(number, source)| format!("{number:06} {source}");
    let names = (1_u32..).zip(&config.sources).map(name);
    let files: BTreeMap<String, InputIdentity> = names.zip(chunks.identities()?).collect();
    let asked = json!({
        "plan": config.plan,
        "order": config.order,
        "format": config.format,
        "files": files,
    });
    let question = question(&asked).map_err(|error| fail(error.to_string()))?;
    Ok(Checkpoint::open(&rules.folder, &question)?)
}
