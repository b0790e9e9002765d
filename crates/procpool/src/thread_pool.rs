//! Pool of threads with the methods of the process pool, for work that needs no isolation.
//!
//! A thread cannot be killed, and a task that aborts ends the program.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, unbounded};
use serde::Serialize;

use crate::backend::{AcceptedWork, Answer, Backend, BackendMethods, OnAnswer, Work};
use crate::crash::{Crash, Ending};
use crate::failure::{Failure, PoolError};
use crate::pool::PoolOf;
use crate::scheduler::TaskId;
use crate::stats::PoolStats;
use crate::task::Task;
use crate::window::InFlight;
use crate::{wire, worker};

/// Pool of threads.
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
/// let pool: ThreadPool = ThreadPool::builder().workers(2).build()?;
/// assert_eq!(pool.map::<Square>([3, 1, 2])?, [9, 1, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type ThreadPool = PoolOf<ThreadBackend>;

/// Settings of a [`ThreadPool`].
///
/// ```
/// let pool = procpool::ThreadPool::builder().workers(4).in_flight(100, usize::MAX).build()?;
/// assert_eq!(pool.stats().workers, 4);
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[must_use]
pub struct ThreadPoolBuilder {
    workers: usize,
    shared: Option<Arc<Vec<u8>>>,
    in_flight: Option<InFlight>,
}

impl ThreadPoolBuilder {
    /// Number of threads, at least one. Default: one for each available core.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Shares a value with every thread; see [`worker_state`](crate::worker_state).
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn share(mut self, value: &impl Serialize) -> Result<Self, PoolError> {
        self.shared = Some(Arc::new(wire::encode(value)?));
        Ok(self)
    }

    /// Most tasks, and most bytes of inputs, that `map`, `imap` and similar methods keep in flight. Inputs are not
    /// encoded and count as 0 bytes. Default: four tasks for each thread.
    pub fn in_flight(mut self, tasks: usize, bytes: usize) -> Self {
        self.in_flight = Some(InFlight { tasks: tasks.max(1), bytes });
        self
    }

    /// Starts the threads, or as many as the system can start: see
    /// [`PoolStats::refusal`](crate::PoolStats::refusal).
    ///
    /// # Errors
    /// The system cannot start a single thread.
    pub fn build(self) -> Result<ThreadPool, PoolError> {
        let (jobs, inbox) = unbounded::<Job>();
        let state = Arc::new(ThreadPoolState::default());
        state.count(|stats| stats.workers = self.workers);
        let mut threads = Vec::new();
        for number in 0..self.workers {
            let (inbox, shared) = (inbox.clone(), self.shared.clone());
            let run = move || {
                worker::set_thread_value(shared);
                inbox.into_iter().for_each(|job| job());
            };
            match std::thread::Builder::new().name(format!("pool-{number}")).spawn(run) {
                Ok(thread) => threads.push(thread),
                Err(error) if threads.is_empty() => return Err(error.into()),
                Err(error) => {
                    state.count(|stats| stats.refusal = Some(error.to_string()));
                    break;
                }
            }
        }
        state.count(|stats| (stats.started, stats.most_ready) = (threads.len() as u64, threads.len()));
        let in_flight = self.in_flight.unwrap_or(InFlight { tasks: 4 * self.workers, bytes: usize::MAX });
        Ok(PoolOf::new(ThreadBackend { jobs: Some(jobs), threads, state }, in_flight))
    }
}

impl ThreadPool {
    /// The settings of a pool of threads.
    pub fn builder() -> ThreadPoolBuilder {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        ThreadPoolBuilder { workers, shared: None, in_flight: None }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that take jobs from one queue: the backend of a [`ThreadPool`].
pub struct ThreadBackend {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    state: Arc<ThreadPoolState>,
}

#[derive(Default)]
struct ThreadPoolState {
    next_task: AtomicU64,
    stats: Mutex<PoolStats>,
    /// Tasks that are submitted, not begun and not cancelled.
    waiting: Mutex<HashSet<TaskId>>,
    /// The pool was dropped.
    stopped: AtomicBool,
}

impl ThreadPoolState {
    fn count(&self, change: impl FnOnce(&mut PoolStats)) {
        change(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<TaskId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T: Task>(&self, task: TaskId, input: T::Input) -> Result<T::Output, Failure> {
        self.count(|stats| stats.attempts += 1);
        // A task that panics may leave its own data half changed, but it shares no data with the next task.
        let result = match catch_unwind(AssertUnwindSafe(|| T::run(input))) {
            Ok(result) => result.map_err(Failure::Task),
            Err(panic) => {
                let ending = Ending::Panicked { message: worker::panic_message(&*panic) };
                let pid = std::process::id();
                let stderr = String::new();
                let last = Box::new(Crash { ending, task: Some(task), attempt: 1, worker: 0, pid, stderr });
                Err(Failure::Crashed { attempts: 1, last })
            }
        };
        let succeeded = result.is_ok();
        self.count(|stats| *(if succeeded { &mut stats.finished } else { &mut stats.failed }) += 1);
        result
    }
}

impl Backend for ThreadBackend {}

impl BackendMethods for ThreadBackend {
    fn start<T: Task>(&self, work: Work<T>, done: OnAnswer<T>) -> Result<AcceptedWork, Failure> {
        let task = self.state.next_task.fetch_add(1, Ordering::Relaxed);
        self.state.waiting().insert(task);
        let state = self.state.clone();
        let job = Box::new(move || {
            let inputs = match work {
                Work::One(input) => vec![input],
                Work::Many(inputs) => inputs,
            };
            let wanted = state.waiting().remove(&task);
            let run = |input| match wanted {
                _ if state.stopped.load(Ordering::Relaxed) => Err(Failure::Stopped),
                true => state.run::<T>(task, input),
                false => Err(Failure::Cancelled),
            };
            done(Answer::Values(inputs.into_iter().map(run).collect()));
        });
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(Failure::Stopped)?;
        Ok(AcceptedWork { task, bytes: 0 })
    }

    fn cancel(&self, task: TaskId) {
        self.state.waiting().remove(&task);
    }

    fn stats(&self) -> PoolStats {
        self.state.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ThreadBackend {
    /// Waits for the tasks that run. Those that wait do not run.
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        self.jobs = None;
        // A waker of the caller may drop the last clone on one of these threads.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != std::thread::current().id();
        for thread in self.threads.drain(..).filter(other) {
            let _ = thread.join();
        }
    }
}
