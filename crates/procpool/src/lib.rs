//! A supervised process pool: tasks run in copies of your program, which may crash, hang or be killed.
//!
//! # Run your own tasks
//!
//! A [`Task`] is a named function from a value to a value. A [`Pool`] runs tasks in worker processes.
//!
//! ```
//! use procpool::{Pool, Task, TaskError};
//!
//! struct Square;
//!
//! impl Task for Square {
//!     const NAME: &'static str = "square";
//!     type Input = u64;
//!     type Output = u64;
//!
//!     fn run(n: u64) -> Result<u64, TaskError> {
//!         n.checked_mul(n).ok_or_else(|| TaskError::new("the square does not fit"))
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // A worker stays in this call; any other process returns at once.
//!     procpool::serve_if_worker(&[Square::ENTRY]);
//!
//!     let pool = Pool::builder().workers(4).build()?;
//!     assert_eq!(pool.map::<Square>(0..5)?, [0, 1, 4, 9, 16]);
//!     Ok(())
//! }
//! ```
//!
//! | method | what it does |
//! |---|---|
//! | [`apply`](PoolOf::apply) | runs one task and waits for its output |
//! | [`submit`](PoolOf::submit) | starts one task and returns a [`Handle`], which is also a future |
//! | [`map`](PoolOf::map), [`starmap`](PoolOf::starmap) | all outputs, in the order of the inputs |
//! | [`imap`](PoolOf::imap), [`imap_unordered`](PoolOf::imap_unordered) | results one by one, with a bounded number in flight |
//! | [`imap_partial_unordered`](PoolOf::imap_partial_unordered) | results of the parts that do not kill their workers |
//! | [`chunked`](PoolOf::chunked) | the same pool with several inputs in each message |
//! | [`window`](PoolOf::window) | the caller submits inputs as it gets them |
//!
//! A [`ThreadPool`] has the same methods and runs tasks in threads.
//!
//! If a task panics, crashes its worker, or takes too long, the pool retries it in a fresh worker and then
//! returns a [`Failure`] with the exact cause ([`Crash`], [`Ending`]). The supervision follows from the
//! settings of [`PoolBuilder`].
//!
//! # Modules
//!
//! | module | owns |
//! |---|---|
//! | the API: `task`, `pool`, `window`, `handle`, `failure`, `crash`, `stats` | what callers see |
//! | `process_pool`, `thread_pool`, `backend` | the two kinds of pools behind the API |
//! | `parent` | the supervisor thread, worker processes, their pipes and exits |
//! | `scheduler` | leases, retries, bisection, restart budget: a pure state machine |
//! | `worker` | the life of a worker process |
//! | `wire` | frames and payloads |
#![forbid(unsafe_code)]

mod backend;
mod chaos;
mod crash;
mod failure;
mod handle;
mod memory;
mod parent;
mod pool;
mod process_pool;
mod random;
mod scheduler;
mod stats;
mod task;
mod thread_pool;
mod window;
mod wire;
mod worker;

pub use backend::{Backend, PartialResult};
pub use chaos::{Chaos, ChaosError};
pub use crash::{Crash, Ending};
pub use failure::{Failure, GaveUp, PoolError};
pub use handle::{Handle, as_completed, gather};
pub use memory::{peak_memory, shared_memory};
pub use parent::{OnPoison, UnknownOnPoison};
pub use pool::{Arguments, PoolOf};
pub use process_pool::{Pool, PoolBuilder, ProcessBackend};
pub use scheduler::GiveUpCause;
pub use stats::{Attempt, PoolStats};
pub use task::{Bisect, Entry, Task, TaskError, Wire};
pub use thread_pool::{ThreadBackend, ThreadPool, ThreadPoolBuilder};
pub use window::Window;
#[doc(hidden)]
pub use wire::fuzz_frames;
pub use wire::{Bulk, FrameError, Payload, decode_with_bulk};
pub use worker::{ContentRule, content_rule, progress, serve_if_worker, worker_state};
