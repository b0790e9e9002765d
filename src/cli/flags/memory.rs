//! Flags for memory, and for what goes beyond it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;

use crate::job::{CheckpointRules, MemoryLimit, MemoryRules};

/// What was typed about memory.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Memory")]
pub(super) struct MemoryArgs {
    /// Memory of all processes, as 2GB or 50%
    ///
    /// A share is one of what is available at the start. The least is 64MB.
    /// What does not fit goes to temporary files; the answer is the same.
    #[arg(long, verbatim_doc_comment, value_name = "SIZE", default_value = "60%", value_parser = limit)]
    memory: MemoryLimit,
}

/// What was typed about temporary files.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Memory")]
pub(super) struct SpillArgs {
    /// Folder of temporary files [default: TMPDIR]
    ///
    /// The files have no names, so that nothing of them is ever left.
    #[arg(long, value_name = "DIR")]
    temp_dir: Option<PathBuf>,

    /// Limit of temporary files, as 100GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_disk: Option<ByteSize>,

    /// Write partial counts beyond N bytes to files whatever memory there is
    #[arg(long, value_name = "N", hide = true)]
    spill_bytes: Option<usize>,
}

/// What was typed about a count that may be continued.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Memory")]
pub(super) struct CheckpointArgs {
    /// Keep what is counted in DIR; go on after a crash
    ///
    /// The same command goes on where the last one ended, also after kill -9
    /// or a power failure. Another question or a changed file is an error.
    /// DIR is removed in the end.
    #[arg(long, verbatim_doc_comment, value_name = "DIR")]
    checkpoint: Option<PathBuf>,

    /// Leave DIR when the count is finished
    #[arg(long, requires = "checkpoint")]
    keep_checkpoint: bool,

    /// Seconds between two records
    #[arg(long, value_name = "SECS", default_value = "10", hide = true, value_parser = super::values::seconds)]
    checkpoint_interval: Duration,
}

impl CheckpointArgs {
    /// The folder of what is counted.
    pub fn folder(&self) -> Option<&Path> {
        self.checkpoint.as_deref()
    }

    /// The rules of the job, which leaves the folder to its caller, and the folder that is to be removed.
    pub fn resolve(self) -> (Option<CheckpointRules>, Option<PathBuf>) {
        let removed = self.checkpoint.clone().filter(|_| !self.keep_checkpoint);
        let rules = self.checkpoint.map(|folder| {
            let mut rules = CheckpointRules::new(folder);
            rules.keep = true;
            rules.interval = self.checkpoint_interval;
            rules
        });
        (rules, removed)
    }
}

/// Less does not hold the workers of a small machine with what they read.
const LEAST: u64 = 64_000_000;

fn limit(typed: &str) -> Result<MemoryLimit, String> {
    match typed.parse()? {
        MemoryLimit::Bytes(..LEAST) => Err(format!("the least memory is {}", ByteSize(LEAST).display().si())),
        limit => Ok(limit),
    }
}

fn size(typed: &str) -> Result<ByteSize, String> {
    typed.parse().map_err(|_| format!("`{typed}` is not a size such as 100GB"))
}

impl MemoryArgs {
    /// The rules of a step that writes no temporary files.
    pub fn resolve(self) -> MemoryRules {
        MemoryRules { limit: self.memory, ..MemoryRules::default() }
    }
}

impl SpillArgs {
    /// The rules within that memory.
    pub fn resolve(self, memory: MemoryArgs) -> MemoryRules {
        MemoryRules {
            folder: self.temp_dir,
            max_disk: self.max_disk.map(|size| size.as_u64()),
            spill_bytes: self.spill_bytes,
            ..memory.resolve()
        }
    }
}
