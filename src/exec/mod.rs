//! Where chunks become partial counts: one trait, [`Executor`], and its three implementations.
//!
//! The room owns the order of feeding, the limit on what is in flight, and the rule that a failure
//! stops the feeding but not the draining. It never opens a file, never adds counts up and never
//! prints; `processes` is the only file that knows both the counting and the process pool.

mod executor;
mod kind;
mod ledger;
mod processes;
mod sequential;
mod supervision;
mod threads;

pub use executor::{Effort, ExecError, Executor, Mapped, Place, Quarantined};
pub use kind::Kind;
pub use processes::{Processes, WORKER_TASKS, serve_if_worker};
pub use sequential::Sequential;
pub use supervision::{Feed, Supervision};
pub use threads::Threads;

pub use crate::pool::{Chaos, OnPoison};
