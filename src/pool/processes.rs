//! A pool of worker processes: its settings, and the way from a typed task to the supervisor.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backend::{Answer, Backend, Done, Ticket, Work};
use super::chaos::Chaos;
use super::failure::{Failure, PoolError};
use super::frame::{self, Payload};
use super::link::{self, Limits};
use super::remote::{self, Job, Remote};
use super::stats::{Attempt, Stats};
use super::supervisor::{self, Config, Observer, OnPoison, ProgressObserver};
use super::task::{Task, Wire, batch};
use super::terms::{Policy, TaskId};
use super::verbs::{InFlight, Pool, PoolOf};
use super::worker::{self, Setup};

/// Most tasks, and bytes of tasks, that `submit` lets wait; it blocks until there is room.
const QUEUE_TASKS: usize = 1 << 16;
const QUEUE_BYTES: usize = 256 << 20;

/// The settings of a [`Pool`]; each has a careful default.
///
/// ```no_run
/// use std::time::Duration;
/// use ngramcount::pool::Pool;
///
/// let pool = Pool::builder()
///     .workers(4)
///     .task_timeout(Some(Duration::from_secs(10)))
///     .retries(1)
///     .worker_memory(Some(512 << 20))
///     .build()?;
/// # Ok::<(), ngramcount::pool::PoolError>(())
/// ```
#[must_use]
pub struct Builder {
    policy: Policy,
    on_poison: OnPoison,
    worker_memory: Option<u64>,
    chaos: Chaos,
    shared: Option<Vec<u8>>,
    program: Option<PathBuf>,
    echo_stderr: bool,
    on_attempt: Option<Observer>,
    on_progress: Option<ProgressObserver>,
    in_flight: Option<InFlight>,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
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
        }
    }
}

impl Builder {
    /// Worker processes; by default one for each available core. At least one.
    pub fn workers(mut self, workers: usize) -> Self {
        self.policy.workers = workers.max(1);
        self
    }

    /// How often a task is tried again after it crashed its worker or panicked. Default 2.
    pub fn retries(mut self, retries: u32) -> Self {
        self.policy.retries = retries;
        self
    }

    /// Ends the pool when one worker slot dies more than `most` times within `window` without
    /// finishing a task. Default 10 in 10 s.
    pub fn max_restarts(mut self, most: u32, window: Duration) -> Self {
        (self.policy.max_restarts, self.policy.restart_window) = (most, window);
        self
    }

    /// How long a worker may take to come up. Default 10 s.
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.policy.start_timeout = limit;
        self
    }

    /// How long one attempt may take, by the clock on the wall. Default 300 s; `None` for ever.
    pub fn task_timeout(mut self, limit: Option<Duration>) -> Self {
        self.policy.task_timeout = limit;
        self
    }

    /// Replaces a worker by a fresh one after so many tasks. Default: never.
    pub fn max_tasks_per_worker(mut self, most: Option<u64>) -> Self {
        self.policy.max_tasks_per_worker = most.map(|most| most.max(1));
        self
    }

    /// Pause before the first retry of a task; doubles with each, give or take half. Default 5 ms.
    pub fn backoff(mut self, pause: Duration) -> Self {
        self.policy.backoff = pause;
        self
    }

    /// Most bytes of address space for each worker (`RLIMIT_AS`, set by the worker itself before its
    /// first task). Default: no limit.
    pub fn worker_memory(mut self, bytes: Option<u64>) -> Self {
        self.worker_memory = bytes;
        self
    }

    /// What to do with the rest of a task of which one part kills its workers.
    pub fn on_poison(mut self, what: OnPoison) -> Self {
        self.on_poison = what;
        self
    }

    /// Makes workers misbehave on purpose.
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.chaos = chaos;
        self
    }

    /// A value that every worker is given at its start; see [`worker_state`](super::worker_state).
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn share(mut self, value: &impl Serialize) -> Result<Self, PoolError> {
        self.shared = Some(frame::encode(value)?);
        Ok(self)
    }

    /// The program to start workers from, which has to call
    /// [`serve_if_worker`](super::serve_if_worker) first. Default: this one.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Whether what workers write to stderr is passed on to ours, each line with the worker's
    /// number. The end of it is in the report of a worker's death either way. Lines that our stderr does
    /// not take in time are left out beyond a mebibyte, and counted there. Default: yes.
    pub fn echo_stderr(mut self, echo: bool) -> Self {
        self.echo_stderr = echo;
        self
    }

    /// Is told of each attempt when it has ended, on the supervisor's thread: a ledger. A panic in it
    /// is caught and costs that record alone.
    pub fn on_attempt(mut self, observer: impl FnMut(&Attempt) + Send + 'static) -> Self {
        self.on_attempt = Some(Box::new(observer));
        self
    }

    /// Is given what tasks report by [`progress`](super::progress), on the supervisor's thread.
    pub fn on_progress<T: DeserializeOwned>(mut self, mut observer: impl FnMut(T) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(move |report| {
            observer(frame::decode(report)?);
            Ok(())
        }));
        self
    }

    /// Most tasks, and most bytes of inputs, that `map`, `imap` and their kin keep submitted at a
    /// time. Default: four tasks a worker and 256 MiB.
    pub fn in_flight(mut self, tasks: usize, bytes: usize) -> Self {
        self.in_flight = Some(InFlight { tasks: tasks.max(1), bytes });
        self
    }

    /// Starts the supervisor. Workers are started when there is work for them.
    ///
    /// # Errors
    /// This process is itself a worker, or the system has no thread or pipe left.
    pub fn build(self) -> Result<Pool, PoolError> {
        if worker::is_worker() {
            return Err(PoolError::Nested);
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
            program: self.program.map_or_else(link::this_program, Ok)?,
            policy: self.policy,
            on_poison: self.on_poison,
            echo_stderr: self.echo_stderr,
            on_attempt: self.on_attempt,
            on_progress: self.on_progress,
        };
        let (remote, thread) = supervisor::start(config)?;
        let backend = Processes { remote, thread: Some(thread), gate: Arc::default(), workers };
        let in_flight = self.in_flight.unwrap_or(InFlight { tasks: 4 * workers, bytes: QUEUE_BYTES });
        Ok(PoolOf::new(backend, in_flight))
    }
}

impl Pool {
    /// The settings of a pool of processes.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Worker processes under a supervisor.
pub struct Processes {
    remote: Remote,
    thread: Option<JoinHandle<()>>,
    gate: Arc<Gate>,
    workers: usize,
}

impl Backend for Processes {
    fn start<T: Task>(&self, work: Work<T>, done: Done<T>) -> Result<Ticket, Failure> {
        let (payload, items, batch) = match work {
            Work::One(input) => {
                let items = T::items(&input);
                (input.to_wire()?, items, false)
            }
            Work::Many(inputs) => {
                let items = inputs.len() as u64;
                let payloads =
                    inputs.into_iter().map(T::Input::to_wire).collect::<Result<Vec<Payload>, _>>()?;
                (batch::pack(&payloads)?, items, true)
            }
        };
        let bytes = payload.len();
        self.gate.enter(bytes);
        let gate = self.gate.clone();
        let done = remote::Done::new(move |parts| {
            gate.leave(bytes);
            done(Answer::Parts(parts, batch));
        });
        let task = self.remote.next_task();
        self.remote.submit(Job { task, entry: T::ENTRY, batch, payload, items, done });
        Ok(Ticket { task, bytes })
    }

    fn cancel(&self, task: TaskId) {
        self.remote.cancel(task);
    }

    fn stats(&self) -> Stats {
        self.remote.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn workers(&self) -> usize {
        self.workers
    }
}

impl Drop for Processes {
    /// Kills and reaps every worker.
    fn drop(&mut self) {
        self.remote.stop();
        // The supervisor itself may drop the last pool, in a waker of the caller's: it stops right after.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(other) {
            let _ = thread.join();
        }
    }
}

/// Back-pressure: how many tasks and bytes are on their way, and a place to wait for room.
#[derive(Default)]
struct Gate {
    inside: Mutex<(usize, usize)>,
    left: Condvar,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, (usize, usize)> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, bytes: usize) {
        let mut inside = self.lock();
        while inside.0 > 0 && (inside.0 >= QUEUE_TASKS || inside.1 + bytes > QUEUE_BYTES) {
            inside = self.left.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        *inside = (inside.0 + 1, inside.1 + bytes);
    }

    fn leave(&self, bytes: usize) {
        let mut inside = self.lock();
        *inside = (inside.0 - 1, inside.1 - bytes);
        // Not one: the one that is woken may need more room than there is, and another less.
        self.left.notify_all();
    }
}
