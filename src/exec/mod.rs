//! Executors: they turn chunks into partial counts. One trait, [`Executor`], and its three implementations.
//!
//! The module owns the order of feeding, the limit on what is in flight, and the rule that a failure
//! stops the feeding but not the draining. It never opens a file, never adds counts up and never
//! prints; no other module knows both the counting and the process pool.

mod attempt_log;
mod earliest_failure;
mod error;
mod executor;
mod kind;
mod processes;
mod quarantine;
mod sequential;
mod supervision;
mod threads;

pub use earliest_failure::EarliestFailure;
pub use error::{ExecError, ExecFailure};
pub use executor::{ExecStats, Executor, Mapped, MissingWorkers, Reduction};
pub use kind::ExecutorKind;
pub use processes::{Processes, WORKER_TASKS, serve_if_worker};
pub use quarantine::{LineRange, QuarantinedLines};
pub use sequential::Sequential;
pub use supervision::{Feed, Supervision};
pub use threads::Threads;

pub use crate::pool::{Chaos, OnPoison, peak_memory};
