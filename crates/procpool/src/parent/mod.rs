//! Parent side of the process pool: one supervisor thread and the worker processes that it owns.
//!
//! The module starts workers, moves bytes through their pipes, watches clocks, and reaps workers with the exact
//! cause of their end. It carries out what the scheduler decides and decides nothing about leases itself.
//! It never runs code of a task, except to halve an input.

mod child;
mod child_signal;
mod exit;
mod mailbox;
mod piecewise;
mod stderr_forwarder;
mod stderr_tail;
mod supervisor;
mod task_table;

pub use supervisor::{OnPoison, UnknownOnPoison};

pub(crate) use child::this_program;
pub(crate) use exit::Limits;
pub use mailbox::PartOutcome;
pub(crate) use mailbox::{CommandSender, Responder, Submission};
pub(crate) use supervisor::{AttemptObserver, Config, ProgressObserver, start};
