//! Scheduler: leases, retries, bisection, restart budget, timeouts. A pure state machine.
//!
//! The module decides which worker runs which task, what the death of a worker costs, and when the pool gives
//! up. It has no I/O, no thread and no clock: each event is a method call with its time, each consequence an
//! [`Action`] that the supervisor carries out.

mod machine;
mod slot;
mod terms;

#[cfg(test)]
mod tests;

pub use terms::GiveUpCause;

pub(crate) use machine::Scheduler;
pub(crate) use terms::{Action, AttemptEnd, KillReason, Lease, Policy, ProtocolViolation, TaskId, WorkerId};
