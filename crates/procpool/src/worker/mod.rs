//! Worker: a copy of the program that runs tasks until its input ends.
//!
//! The module owns the life of a worker process: stdio redirection, limits, the watch on the parent, the loop
//! that runs tasks, and injected faults. It never starts a process and never decides whether an attempt
//! counts; the parent does.

mod connection;
mod fault_injector;
mod memory_limit;
mod parent_watch;
mod registration;
mod serve;
mod shared_value;
mod stdio;
mod task_context;

pub use fault_injector::{ContentRule, content_rule};
pub use serve::serve_if_worker;
pub use shared_value::worker_state;
pub use task_context::progress;

pub(crate) use registration::{Registration, registration};
pub(crate) use serve::panic_message;
pub(crate) use shared_value::set_thread_value;
