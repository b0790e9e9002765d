//! One count, from a [`Config`] to a [`Report`]: opens the input, has the chunks mapped, merges
//! the partial counts, and checks that every line is accounted for.
//!
//! The module owns the order of these steps and the totals of lines. It reads no arguments, prints nothing and writes no
//! file.

mod accounting;
mod checkpoint;
mod config;
mod error;
mod index_step;
mod located_lines;
mod map_step;
mod reduction;
mod run;
mod sniffer;
mod stats;

pub use config::{CheckpointRules, ChunkSize, Config};
pub use error::JobError;
pub use index_step::build_indexes;
pub use located_lines::{LocatedBadLine, PoisonLines};
pub use map_step::{MapError, MapSummary, map};
pub use run::{Report, run};
pub use stats::{
    InputStats, LineStats, NetworkStats, ResumedStats, SecondStats, SpanStats, SpilledStats, Stats,
    TaskStats, WorkerStats,
};

pub use crate::exec::{ExecutorKind, Supervision};
pub use crate::input::Control;
pub use crate::spill::{MemoryLimit, MemoryRules, remove_checkpoint};
