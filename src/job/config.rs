//! Configuration of a count.

use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use crate::count::{AnswerOptions, Format, Plan};
use crate::exec::{ExecutorKind, Supervision};
use crate::input::{HttpRules, IndexRules, ReadRules, Source};
use crate::spill::MemoryRules;

/// Configuration of a count.
///
/// ```
/// use ngramcount::exec::ExecutorKind;
/// use ngramcount::input::Control;
/// use ngramcount::job::{self, Config};
/// # let file = tempfile::NamedTempFile::new()?;
/// # std::fs::write(&file, "to be or not to be\n")?;
/// # let path = file.path();
/// let mut config = Config::new(vec![path.into()]);
/// config.executor = ExecutorKind::Threads;
/// let report = job::run(&config, &Control::new())?;
/// assert_eq!((report.answer.len(), report.stats.lines.counted), (4, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The input, in this order.
    pub sources: Vec<Source>,
    /// Format of their lines; `None` detects it for each file by its first lines.
    pub format: Option<Format>,
    /// The question: the n-grams and measures that are counted, and the treatment of bad lines.
    pub plan: Plan,
    /// The order of the answer, and the rows that it has.
    pub order: AnswerOptions,
    /// Size of a chunk.
    pub chunk: ChunkSize,
    /// Kind of executor that maps the chunks.
    pub executor: ExecutorKind,
    /// Whether the calling thread may map what an index leaves to read, if that is too little to start workers for.
    pub inline_lookups: bool,
    /// Number of workers.
    pub workers: NonZeroUsize,
    /// Supervision rules of worker processes.
    pub supervision: Supervision,
    /// Use and building of indexes.
    pub indexes: IndexRules,
    /// Memory, and the files for what goes beyond it.
    pub memory: MemoryRules,
    /// Where a count is kept that may be continued later.
    pub checkpoint: Option<CheckpointRules>,
    /// Fetching of remote files.
    pub http: HttpRules,
}

impl Config {
    /// A count of all n-grams of these sources, with one worker process for each available core.
    pub fn new(sources: Vec<Source>) -> Self {
        Self {
            sources,
            format: None,
            plan: Plan::default(),
            order: AnswerOptions::default(),
            chunk: ChunkSize::Auto,
            executor: ExecutorKind::Processes,
            inline_lookups: false,
            workers: available_parallelism().unwrap_or(NonZeroUsize::MIN),
            supervision: Supervision::default(),
            indexes: IndexRules::default(),
            memory: MemoryRules::default(),
            checkpoint: None,
            http: HttpRules::default(),
        }
    }

    /// What the bytes of all files are.
    pub(super) fn read_rules(&self) -> ReadRules {
        let text = &self.plan.text;
        let mut rules = ReadRules::of_encoding(self.plan.encoding);
        rules.format = self.format;
        rules.document = text.document();
        rules.field = text.field.clone().unwrap_or_default();
        rules
    }
}

/// Where a count keeps what it has done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointRules {
    /// The folder, for one count at a time.
    pub folder: PathBuf,
    /// Whether it stays when the count is finished.
    pub keep: bool,
    /// Time from one record to the next. What was counted since the last one is counted again after a crash.
    pub interval: Duration,
}

impl CheckpointRules {
    /// A record each ten seconds, removed in the end.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), keep: false, interval: Duration::from_secs(10) }
    }
}

/// Size of a chunk. A chunk has 64 MiB at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkSize {
    /// Follows from the size of the input and the number of workers.
    Auto,
    /// Exactly this number of lines; the last chunk of a file may have fewer.
    Lines(NonZeroU64),
}

impl fmt::Display for ChunkSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Lines(lines) => lines.fmt(f),
        }
    }
}
