//! A pool of threads with the face of the process pool, to compare the two or to do without the
//! protection: a thread cannot be killed, and one that aborts takes the program with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, unbounded};
use hashbrown::HashSet;
use serde::Serialize;

use super::backend::{Answer, Backend, Done, Ticket, Work};
use super::failure::{Crash, Ending, Failure, PoolError};
use super::frame;
use super::stats::Stats;
use super::task::Task;
use super::terms::TaskId;
use super::verbs::{InFlight, PoolOf, ThreadPool};
use super::worker;

/// The settings of a [`ThreadPool`].
#[must_use]
pub struct ThreadBuilder {
    workers: usize,
    shared: Option<Arc<Vec<u8>>>,
    in_flight: Option<InFlight>,
}

impl ThreadBuilder {
    /// Threads; by default one for each available core. At least one.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// A value that every thread is given at its start; see [`worker_state`](super::worker_state).
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn share(mut self, value: &impl Serialize) -> Result<Self, PoolError> {
        self.shared = Some(Arc::new(frame::encode(value)?));
        Ok(self)
    }

    /// Most tasks that `map`, `imap` and their kin keep submitted at a time. Default: four a thread.
    pub fn in_flight(mut self, tasks: usize, bytes: usize) -> Self {
        self.in_flight = Some(InFlight { tasks: tasks.max(1), bytes });
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn build(self) -> Result<ThreadPool, PoolError> {
        let (jobs, inbox) = unbounded::<Errand>();
        let state = Arc::new(State::default());
        let mut threads = Vec::new();
        for number in 0..self.workers {
            let (inbox, shared) = (inbox.clone(), self.shared.clone());
            let run = move || {
                worker::share_with_this_thread(shared);
                inbox.into_iter().for_each(|errand| errand());
            };
            threads.push(std::thread::Builder::new().name(format!("pool-{number}")).spawn(run)?);
        }
        let in_flight = self.in_flight.unwrap_or(InFlight { tasks: 4 * self.workers, bytes: usize::MAX });
        Ok(PoolOf::new(Threads { jobs: Some(jobs), threads, state }, in_flight))
    }
}

impl ThreadPool {
    /// The settings of a pool of threads.
    pub fn builder() -> ThreadBuilder {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        ThreadBuilder { workers, shared: None, in_flight: None }
    }
}

type Errand = Box<dyn FnOnce() + Send>;

/// Threads that take work from one queue.
pub struct Threads {
    jobs: Option<Sender<Errand>>,
    threads: Vec<JoinHandle<()>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    next_task: AtomicU64,
    stats: Mutex<Stats>,
    /// Submitted, not begun and not cancelled.
    waiting: Mutex<HashSet<TaskId>>,
}

impl State {
    fn count(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<TaskId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T: Task>(&self, task: TaskId, input: T::Input) -> Result<T::Output, Failure> {
        self.count(|stats| stats.attempts += 1);
        // What a task leaves half changed by a panic is its own: tasks share nothing here.
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
        let fine = result.is_ok();
        self.count(|stats| *(if fine { &mut stats.finished } else { &mut stats.failed }) += 1);
        result
    }
}

impl Backend for Threads {
    fn start<T: Task>(&self, work: Work<T>, done: Done<T>) -> Result<Ticket, Failure> {
        let task = self.state.next_task.fetch_add(1, Ordering::Relaxed);
        self.state.waiting().insert(task);
        let state = self.state.clone();
        let errand = Box::new(move || {
            let inputs = match work {
                Work::One(input) => vec![input],
                Work::Many(inputs) => inputs,
            };
            let wanted = state.waiting().remove(&task);
            let run = |input| if wanted { state.run::<T>(task, input) } else { Err(Failure::Cancelled) };
            done(Answer::Values(inputs.into_iter().map(run).collect()));
        });
        self.jobs.as_ref().and_then(|jobs| jobs.send(errand).ok()).ok_or(Failure::Stopped)?;
        Ok(Ticket { task, bytes: 0 })
    }

    fn cancel(&self, task: TaskId) {
        self.state.waiting().remove(&task);
    }

    fn stats(&self) -> Stats {
        let stats = self.state.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Stats { workers: self.threads.len(), started: self.threads.len() as u64, ..stats }
    }

    fn workers(&self) -> usize {
        self.threads.len()
    }
}

impl Drop for Threads {
    /// Lets the threads finish what is queued, and waits for them.
    fn drop(&mut self) {
        self.jobs = None;
        // One of them may drop the last pool itself, in a waker of the caller's.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != std::thread::current().id();
        for thread in self.threads.drain(..).filter(other) {
            let _ = thread.join();
        }
    }
}
