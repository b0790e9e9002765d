//! Statistics of a pool, and the record of each attempt.

use serde::Serialize;

/// Statistics of a pool since it was built.
///
/// ```
/// use procpool::{Task, TaskError, ThreadPool};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// let pool = ThreadPool::builder().workers(2).build()?;
/// pool.map::<Square>(0..10)?;
/// assert_eq!((pool.stats().workers, pool.stats().finished), (2, 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PoolStats {
    /// Worker slots.
    pub workers: usize,
    /// Most workers that were ready at the same time.
    pub most_ready: usize,
    /// The last reason why the system refused to start a worker, if it ever did. The pool goes on with the workers
    /// that it has.
    pub refusal: Option<String>,
    /// Workers started in all.
    pub started: u64,
    /// Workers started to replace one that had crashed.
    pub restarts: u64,
    /// Attempts begun.
    pub attempts: u64,
    /// Attempts that were not a task's first.
    pub retried: u64,
    /// Tasks, or parts of them, that were halved to find the part that kills its workers.
    pub divided: u64,
    /// Tasks that ended with an output.
    pub finished: u64,
    /// Tasks that ended without an output, or without the output of a part.
    pub failed: u64,
    /// Largest resident size of the workers of each slot, in bytes (Linux; zeros elsewhere). A page that several
    /// processes share is divided among them.
    pub peak_memory: Vec<u64>,
}

impl PoolStats {
    pub(crate) fn record_memory(&mut self, slot: usize, bytes: u64) {
        if self.peak_memory.len() <= slot {
            self.peak_memory.resize(slot + 1, 0);
        }
        self.peak_memory[slot] = self.peak_memory[slot].max(bytes);
    }
}

/// Record of one attempt at a task. Times are seconds since the pool was built.
///
/// ```
/// use std::sync::mpsc;
/// use procpool::{Pool, Task, TaskError};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// procpool::serve_if_worker(&[Square::ENTRY]);
/// let (sender, attempts) = mpsc::channel();
/// let pool = Pool::builder().workers(1).on_attempt(move |attempt| sender.send(attempt.clone()).unwrap()).build()?;
/// pool.apply::<Square>(7)?;
/// drop(pool);
/// let attempt = attempts.recv()?;
/// assert_eq!((attempt.task, attempt.attempt, attempt.outcome), (0, 1, "done"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The task.
    pub task: u64,
    /// The submitted task of which this one is a part, if it was halved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<u64>,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The worker's slot, from 0.
    pub worker: usize,
    /// The number of the process in that slot, from 1.
    pub incarnation: u64,
    /// The worker's process id.
    pub pid: u32,
    /// When the task was submitted.
    pub queued: f64,
    /// When the worker began this attempt.
    pub started: f64,
    /// When the attempt ended.
    pub ended: f64,
    /// Bytes of the input on the wire.
    pub bytes: u64,
    /// Items in the input, as `Task::items` counts them; for a batch the number of its inputs.
    pub items: u64,
    /// `done`, `failed`, `panicked`, the worker's ending, or `stopped` if the pool ended before it.
    pub outcome: &'static str,
    /// The worker's peak memory so far, in bytes; 0 where it is not known.
    pub peak_memory: u64,
}
