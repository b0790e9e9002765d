//! Flags for memory, and for what goes beyond it.

use std::path::PathBuf;

use bytesize::ByteSize;

use crate::job::{MemoryLimit, MemoryRules};

/// What was typed about memory.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Memory")]
pub(super) struct MemoryArgs {
    /// Memory of all processes together, as 2GB or 50%
    ///
    /// What does not fit is written to temporary files and merged at the
    /// end; the answer is the same. A share is one of what is available now.
    #[arg(long, verbatim_doc_comment, value_name = "SIZE", default_value = "60%", value_parser = limit)]
    memory: MemoryLimit,

    /// Folder for temporary files; default: TMPDIR
    ///
    /// The files have no names, so that nothing is left there.
    #[arg(long, value_name = "DIR")]
    temp_dir: Option<PathBuf>,

    /// Most bytes of temporary files, as 100GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_disk: Option<ByteSize>,

    /// Write partial counts beyond N bytes to files whatever memory there is
    #[arg(long, value_name = "N", hide = true)]
    spill_bytes: Option<usize>,
}

/// Less does not hold the workers of a small machine with what they read.
const LEAST: u64 = 64 << 20;

fn limit(typed: &str) -> Result<MemoryLimit, String> {
    match typed.parse()? {
        MemoryLimit::Bytes(..LEAST) => {
            Err(format!("the least memory is {}", ByteSize(LEAST).display().iec()))
        }
        limit => Ok(limit),
    }
}

fn size(typed: &str) -> Result<ByteSize, String> {
    typed.parse()
}

impl MemoryArgs {
    /// The rules of the job.
    pub fn resolve(self) -> MemoryRules {
        let mut rules = MemoryRules::default();
        rules.limit = self.memory;
        rules.folder = self.temp_dir;
        rules.max_disk = self.max_disk.map(|size| size.as_u64());
        rules.spill_bytes = self.spill_bytes;
        rules
    }
}
