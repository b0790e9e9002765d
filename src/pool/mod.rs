//! A supervised process pool for any task.
//!
//! A [`Task`] is a named function from a value to a value. A [`Pool`] runs tasks in copies of this
//! program, one supervisor thread owns every copy and every lease, and whatever a worker does
//! (panic, exit, hang, be killed, write garbage) the caller gets the output or the exact reason why
//! there is none. This room knows nothing of n-grams and could leave as a crate of its own.
//!
//! From the top down: `verbs` and `handle` are what callers use; `processes` and `threads` stand
//! behind them; a `remote` is their way to the `supervisor`, which moves bytes and does what
//! `dispatch`, a pure state machine, decides (`terms` are the words between the two); `link` is one
//! worker seen from the parent, `worker` the worker itself, `frame` what they say.

mod backend;
mod chaos;
mod dispatch;
mod echo;
mod failure;
mod frame;
mod handle;
mod link;
mod processes;
mod remote;
mod stats;
mod supervisor;
mod task;
mod terms;
mod threads;
mod verbs;
mod worker;

pub use backend::{Backend, Salvage};
pub use chaos::{Chaos, ChaosError, ContentRule, Fault, content_rule};
pub use failure::{Crash, Ending, Failure, GaveUp, PoolError};
#[doc(hidden)]
pub use frame::fuzz_frames;
pub use frame::{Bulk, FrameError, Payload, decode_with_bulk};
pub use handle::{Handle, as_completed, gather};
pub use link::{peak_memory, shared_memory};
pub use processes::Builder;
pub use stats::{Attempt, Stats};
pub use supervisor::{OnPoison, UnknownOnPoison};
pub use task::{Bisect, Entry, Task, TaskError, Wire};
pub use terms::GiveUp;
pub use threads::ThreadBuilder;
pub use verbs::{Arrival, Pool, PoolOf, ThreadPool, Window};
pub use worker::{progress, serve_if_worker, worker_state};
