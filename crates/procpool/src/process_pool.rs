//! Pool of worker processes: its settings, and the way from a typed task to the supervisor.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::{AcceptedWork, Answer, Backend, BackendMethods, OnAnswer, Work};
use crate::chaos::Chaos;
use crate::failure::{Failure, PoolError, unknown_task};
use crate::parent::{
    self, AttemptObserver, CommandSender, Config, Limits, OnPoison, ProgressObserver, Responder, Submission,
};
use crate::pool::PoolOf;
use crate::scheduler::{Policy, TaskId};
use crate::stats::{Attempt, PoolStats};
use crate::task::{Entry, Task, Wire};
use crate::window::InFlight;
use crate::wire::{self, Payload, Setup};
use crate::worker::{Registration, registration};

/// Most tasks that may wait; `submit` blocks until there is room.
const MAX_QUEUED_TASKS: usize = 1 << 16;
/// Most bytes of inputs that may wait.
const MAX_QUEUED_BYTES: usize = 256 << 20;

/// Pool of supervised worker processes.
///
/// ```
/// use procpool::{Pool, Task, TaskError};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// procpool::serve_if_worker(&[Square::ENTRY]);
/// let pool: Pool = Pool::builder().workers(2).build()?;
/// assert_eq!(pool.map::<Square>([3, 1, 2])?, [9, 1, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Pool = PoolOf<ProcessBackend>;

/// Settings of a [`Pool`], each with a default.
///
/// ```no_run
/// use std::time::Duration;
/// use procpool::Pool;
///
/// let pool = Pool::builder()
///     .workers(4)
///     .task_timeout(Some(Duration::from_secs(10)))
///     .retries(1)
///     .worker_memory(Some(512 << 20))
///     .build()?;
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[must_use]
pub struct PoolBuilder {
    policy: Policy,
    on_poison: OnPoison,
    worker_memory: Option<u64>,
    chaos: Chaos,
    shared: Option<Vec<u8>>,
    program: Option<PathBuf>,
    echo_stderr: bool,
    on_attempt: Option<AttemptObserver>,
    on_progress: Option<ProgressObserver>,
    in_flight: Option<InFlight>,
    required: Vec<&'static str>,
}

impl Default for PoolBuilder {
    fn default() -> Self {
        PoolBuilder {
            policy: Policy {
                workers: std::thread::available_parallelism().map_or(1, usize::from),
                leases_per_worker: 2,
                short_in_a_row: 16,
                retries: 2,
                max_restarts: 10,
                restart_window: Duration::from_secs(10),
                start_timeout: Duration::from_secs(10),
                task_timeout: Some(Duration::from_secs(300)),
                max_tasks_per_worker: None,
                backoff: Duration::from_millis(5),
            },
            on_poison: OnPoison::Fail,
            worker_memory: None,
            chaos: Chaos::default(),
            shared: None,
            program: None,
            echo_stderr: true,
            on_attempt: None,
            on_progress: None,
            in_flight: None,
            required: Vec::new(),
        }
    }
}

impl PoolBuilder {
    /// Number of worker processes, at least one. Default: one for each available core.
    pub fn workers(mut self, workers: usize) -> Self {
        self.policy.workers = workers.max(1);
        self
    }

    /// Number of retries of a task that crashed its worker or panicked. Default: 2.
    pub fn retries(mut self, retries: u32) -> Self {
        self.policy.retries = retries;
        self
    }

    /// Ends the pool when the workers of one slot die more than `most` times within `window` and finish no
    /// task. Default: 10 in 10 s.
    pub fn max_restarts(mut self, most: u32, window: Duration) -> Self {
        (self.policy.max_restarts, self.policy.restart_window) = (most, window);
        self
    }

    /// Most time from the start of a worker to its first message. Default: 10 s.
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.policy.start_timeout = limit;
        self
    }

    /// Most wall-clock time of one attempt; `None` for no limit. Default: 300 s.
    pub fn task_timeout(mut self, limit: Option<Duration>) -> Self {
        self.policy.task_timeout = limit;
        self
    }

    /// Replaces a worker by a fresh one after this number of tasks. Default: never.
    pub fn max_tasks_per_worker(mut self, most: Option<u64>) -> Self {
        self.policy.max_tasks_per_worker = most.map(|most| most.max(1));
        self
    }

    /// Pause before the first retry of a task. It doubles with each retry, plus or minus half. Default: 5 ms.
    pub fn backoff(mut self, pause: Duration) -> Self {
        self.policy.backoff = pause;
        self
    }

    /// Limit of the address space of each worker in bytes (`RLIMIT_AS`, set by the worker before its first
    /// task). Default: no limit.
    pub fn worker_memory(mut self, bytes: Option<u64>) -> Self {
        self.worker_memory = bytes;
        self
    }

    /// What happens to the rest of a task of which one part kills its workers. Default: the task fails.
    pub fn on_poison(mut self, what: OnPoison) -> Self {
        self.on_poison = what;
        self
    }

    /// Injects faults into workers. Default: none.
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.chaos = chaos;
        self
    }

    /// Shares a value with every worker; see [`worker_state`](crate::worker_state).
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn share(mut self, value: &impl Serialize) -> Result<Self, PoolError> {
        self.shared = Some(wire::encode(value)?);
        Ok(self)
    }

    /// The program of the workers. Its `main` has to begin with
    /// [`serve_if_worker`](crate::serve_if_worker). Default: this program.
    ///
    /// A `#[test]` needs it: copies of a test program run the `main` of the test harness, which knows no workers. An
    /// integration test names the program under test:
    ///
    /// ```ignore
    /// let pool = Pool::builder().program(env!("CARGO_BIN_EXE_my-program")).build()?;
    /// ```
    ///
    /// Or the test program gets a `main` of its own, with `harness = false` under `[[test]]` in `Cargo.toml`. A test of what
    /// a task computes needs no processes: [`ThreadPool`](crate::ThreadPool) has the same methods.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Whether the workers' stderr is forwarded to ours, each line with the worker's number.
    ///
    /// If our stderr is read too slowly, lines beyond a mebibyte are dropped and counted. The report of a
    /// crash has the end of the worker's stderr in any case. Default: yes.
    pub fn echo_stderr(mut self, echo: bool) -> Self {
        self.echo_stderr = echo;
        self
    }

    /// Calls `observer` with the record of each attempt when it has ended, on the supervisor's thread. A panic
    /// in it is caught.
    pub fn on_attempt(mut self, observer: impl FnMut(&Attempt) + Send + 'static) -> Self {
        self.on_attempt = Some(Box::new(observer));
        self
    }

    /// Calls `observer` with each report of [`progress`](crate::progress), on the supervisor's thread.
    pub fn on_progress<T: DeserializeOwned>(mut self, mut observer: impl FnMut(T) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(move |report| {
            observer(wire::decode(report)?);
            Ok(())
        }));
        self
    }

    /// Most tasks, and most bytes of inputs, that `map`, `imap` and similar methods keep in flight. Default:
    /// four tasks for each worker, and 256 MiB.
    pub fn in_flight(mut self, tasks: usize, bytes: usize) -> Self {
        self.in_flight = Some(InFlight { tasks: tasks.max(1), bytes });
        self
    }

    /// Requires that `main` gave these tasks to [`serve_if_worker`](crate::serve_if_worker);
    /// [`build`](Self::build) fails otherwise. Without it, a task that workers do not know fails when it is
    /// submitted.
    ///
    /// ```
    /// use procpool::{Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// procpool::serve_if_worker(&[]);
    /// let error = Pool::builder().require(&[Square::ENTRY]).build().err().unwrap();
    /// assert_eq!(error.to_string(), "serve_if_worker does not list the task `square`");
    /// ```
    pub fn require(mut self, tasks: &[Entry]) -> Self {
        self.required.extend(tasks.iter().map(Entry::name));
        self
    }

    /// Starts the supervisor. Workers are started when there is work for them.
    ///
    /// # Errors
    /// `main` did not call [`serve_if_worker`](crate::serve_if_worker) itself, or without a required task; this
    /// process is itself a worker; or the system cannot start a thread or open a pipe.
    pub fn build(self) -> Result<Pool, PoolError> {
        if wire::is_worker() {
            return Err(PoolError::Nested);
        }
        // Another program has a list of its own, which only its workers know.
        let served = match (&self.program, registration()) {
            (Some(_), _) => None,
            (None, None) => return Err(PoolError::NotServing),
            (None, Some(Registration { other_thread: Some(thread), .. })) => {
                return Err(PoolError::NotMain { thread: thread.clone() });
            }
            (None, Some(registration)) => Some(&*registration.tasks),
        };
        if let Some(served) = served
            && let Some(name) = self.required.into_iter().find(|name| !served.contains(name))
        {
            return Err(PoolError::TaskNotServed { name });
        }
        let workers = self.policy.workers;
        let config = Config {
            limits: Limits {
                start_timeout: self.policy.start_timeout,
                task_timeout: self.policy.task_timeout.unwrap_or_default(),
                worker_memory: self.worker_memory,
            },
            setup: Setup {
                slot: 0,
                incarnation: 0,
                memory: self.worker_memory,
                chaos: self.chaos,
                retries: self.policy.retries,
                shared: self.shared.map(serde_bytes::ByteBuf::from),
            },
            program: self.program.map_or_else(parent::this_program, Ok)?,
            policy: self.policy,
            on_poison: self.on_poison,
            forward_stderr: self.echo_stderr,
            on_attempt: self.on_attempt,
            on_progress: self.on_progress,
        };
        let (commands, thread) = parent::start(config)?;
        let backend = ProcessBackend { commands, thread: Some(thread), queue: Arc::default(), served };
        let in_flight = self.in_flight.unwrap_or(InFlight { tasks: 4 * workers, bytes: MAX_QUEUED_BYTES });
        Ok(PoolOf::new(backend, in_flight))
    }
}

impl Pool {
    /// The settings of a pool of processes.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::default()
    }
}

/// Worker processes under a supervisor: the backend of a [`Pool`].
pub struct ProcessBackend {
    commands: CommandSender,
    thread: Option<JoinHandle<()>>,
    queue: Arc<QueueLimit>,
    /// The names of the tasks that workers know; `None` if they run another program.
    served: Option<&'static [&'static str]>,
}

impl Backend for ProcessBackend {}

impl BackendMethods for ProcessBackend {
    fn start<T: Task>(&self, work: Work<T>, done: OnAnswer<T>) -> Result<AcceptedWork, Failure> {
        if self.served.is_some_and(|served| !served.contains(&T::NAME)) {
            return Err(unknown_task(T::NAME));
        }
        let (payload, items, batch) = match work {
            Work::One(input) => {
                let items = T::items(&input);
                (input.to_wire()?, items, false)
            }
            Work::Many(inputs) => {
                let items = inputs.len() as u64;
                let payloads =
                    inputs.into_iter().map(T::Input::to_wire).collect::<Result<Vec<Payload>, _>>()?;
                (wire::encode_batch(&payloads)?, items, true)
            }
        };
        let bytes = payload.len();
        self.queue.enter(bytes);
        let queue = self.queue.clone();
        let responder = Responder::new(move |parts| {
            queue.leave(bytes);
            done(Answer::Parts(parts, batch));
        });
        let task = self.commands.next_task();
        self.commands.submit(Submission { task, entry: T::ENTRY, batch, payload, items, responder });
        Ok(AcceptedWork { task, bytes })
    }

    fn cancel(&self, task: TaskId) {
        self.commands.cancel(task);
    }

    fn stats(&self) -> PoolStats {
        self.commands.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ProcessBackend {
    /// Kills and reaps every worker.
    fn drop(&mut self) {
        self.commands.stop();
        // A waker of the caller may drop the last clone on the supervisor's own thread, which then stops by itself.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(other) {
            let _ = thread.join();
        }
    }
}

/// Back-pressure: the numbers of tasks and bytes that have not ended, and a place to wait for room.
#[derive(Default)]
struct QueueLimit {
    queued: Mutex<(usize, usize)>,
    room: Condvar,
}

impl QueueLimit {
    fn lock(&self) -> MutexGuard<'_, (usize, usize)> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, bytes: usize) {
        let mut queued = self.lock();
        while queued.0 > 0 && (queued.0 >= MAX_QUEUED_TASKS || queued.1 + bytes > MAX_QUEUED_BYTES) {
            queued = self.room.wait(queued).unwrap_or_else(PoisonError::into_inner);
        }
        *queued = (queued.0 + 1, queued.1 + bytes);
    }

    fn leave(&self, bytes: usize) {
        let mut queued = self.lock();
        *queued = (queued.0 - 1, queued.1 - bytes);
        // All of them: the one that is woken may need more room than there is, and another one less.
        self.room.notify_all();
    }
}
