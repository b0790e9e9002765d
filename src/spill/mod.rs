//! Partial counts that are too many for the table of one process: sorted runs, and the reduce tasks that merge them.
//!
//! The module owns the files of runs and of sorted rows (`SpillStore`), the layout of a run, the merge of many runs, the
//! division of a merge into ranges of n-grams, and what is kept for a count that is continued later. It never looks at text
//! and starts no worker.

mod append_file;
mod block;
mod checkpoint;
mod cursor;
mod error;
mod limits;
mod loser_tree;
mod map;
mod memory;
mod merge;
mod ranges;
mod reduce;
mod reducer;
mod row_file;
mod run;
mod scan;
mod store;
mod writer;

pub use checkpoint::{Checkpoint, question, remove_checkpoint};
pub use error::SpillError;
pub use limits::SpillLimits;
pub use map::{MapRules, map_spilling, spill};
pub use memory::{MemoryLimit, MemoryRules};
pub use reduce::{ReduceOutput, ReduceTask};
pub use reducer::{SpillStats, SpillingReducer};
pub use run::Run;
pub use store::SpillTarget;
