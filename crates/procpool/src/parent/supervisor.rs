//! Supervisor: one thread that owns all workers and all leases, moves bytes, watches clocks, and carries out
//! the actions of the [`Scheduler`].
//!
//! It blocks only in `poll`. Every pipe is non-blocking, so that a worker that does not read cannot stop
//! another one that has something to report.

mod exits;
mod messages;

use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::child::{Child, OutputEnded};
use super::child_signal;
use super::exit::{Limits, WorkerExit};
use super::mailbox::{Command, CommandSender, Mailbox, Submission, mailbox};
use super::stderr_forwarder::{self, StderrForwarder};
use super::task_table::{EndedTask, TaskTable};
use crate::crash::{Crash, Ending};
use crate::failure::{Failure, GaveUp, PoolError, unknown_task};
use crate::scheduler::{Action, GiveUpCause, Lease, Policy, Scheduler, TaskId, WorkerId};
use crate::stats::{Attempt, PoolStats};
use crate::wire::{FrameError, FrameKind, Header, OutgoingFrame, Setup};

/// Interval of the search for workers that have exited although another process holds their pipes open.
const EXIT_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// Most frames that are taken from one worker before the other workers, the clocks and the callers are
/// served. A worker that answers at full speed could otherwise occupy the supervisor.
const MAX_FRAMES_PER_TURN: usize = 64;
/// Added to each sleep: a timer that fires a moment early would cause a busy loop.
const SLEEP_MARGIN: Duration = Duration::from_micros(100);

/// What happens to the rest of a task of which one part kills its workers.
///
/// ```
/// use procpool::{OnPoison, Pool};
///
/// procpool::serve_if_worker(&[]);
/// let pool = Pool::builder().workers(1).on_poison(OnPoison::Skip).build()?;
/// # drop(pool);
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnPoison {
    /// The task fails at the first part in it that kills.
    #[default]
    Fail,
    /// The other parts still run. The caller gets their output and the part that kills.
    Skip,
}

impl OnPoison {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Fail, Self::Skip];

    /// Its name: `fail` or `skip`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

impl FromStr for OnPoison {
    type Err = UnknownOnPoison;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|value| value.name() == name)
            .ok_or_else(|| UnknownOnPoison(name.to_owned()))
    }
}

/// A name that is not one of an [`OnPoison`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected fail or skip, found `{0}`")]
pub struct UnknownOnPoison(String);

/// Configuration of a supervisor.
pub(crate) struct Config {
    pub policy: Policy,
    pub on_poison: OnPoison,
    pub limits: Limits,
    pub setup: Setup,
    pub program: PathBuf,
    /// Forward the workers' stderr to ours.
    pub forward_stderr: bool,
    pub on_attempt: Option<AttemptObserver>,
    pub on_progress: Option<ProgressObserver>,
}

/// Receives each progress report, still encoded.
pub(crate) type ProgressObserver = Box<dyn FnMut(&[u8]) -> Result<(), FrameError> + Send>;

/// Receives the record of each attempt when it has ended.
pub(crate) type AttemptObserver = Box<dyn FnMut(&Attempt) + Send>;

/// Starts the supervisor's thread. The thread lives as long as the pool, because the parent-death signal of
/// the workers follows the thread that started them.
pub(crate) fn start(config: Config) -> Result<(CommandSender, JoinHandle<()>), PoolError> {
    child_signal::stop_ignoring()?;
    let (sender, mailbox) = mailbox(config.policy.workers)?;
    let forwarder = config.forward_stderr.then(|| stderr_forwarder::start(io::stderr())).transpose()?;
    let supervisor = Supervisor {
        scheduler: Scheduler::new(config.policy.clone()),
        children: (0..config.policy.workers).map(|_| None).collect(),
        tasks: TaskTable::default(),
        started: Instant::now(),
        memory_measured: Instant::now(),
        gave_up: None,
        last_crash: None,
        stats: PoolStats { workers: config.policy.workers, ..PoolStats::default() },
        published_stats: sender.stats.clone(),
        next_task: sender.next_task.clone(),
        forwarder,
        config,
    };
    let thread =
        thread::Builder::new().name("pool-supervisor".into()).spawn(move || supervisor.run(&mailbox))?;
    Ok((sender, thread))
}

struct Supervisor {
    config: Config,
    scheduler: Scheduler,
    /// The worker of each slot.
    children: Vec<Option<Child>>,
    tasks: TaskTable,
    started: Instant,
    memory_measured: Instant,
    gave_up: Option<Arc<GaveUp>>,
    last_crash: Option<Crash>,
    stats: PoolStats,
    published_stats: Arc<Mutex<PoolStats>>,
    next_task: Arc<AtomicU64>,
    forwarder: Option<StderrForwarder>,
}

/// What `poll` reported.
#[derive(Default)]
struct PollEvents {
    woken: bool,
    slots: Vec<usize>,
}

impl Supervisor {
    fn run(mut self, mailbox: &Mailbox) {
        let mut last_exit_check = Instant::now();
        // Slots with frames that exceeded their turn.
        let mut unserved = Vec::new();
        loop {
            while let Some(command) = mailbox.next() {
                match command {
                    Command::Submit(submission) => self.submit(submission),
                    Command::Cancel(task) => self.cancel(task),
                    Command::Stop => return self.shut_down(mailbox),
                }
                self.execute_actions();
            }
            self.publish_stats();
            let may_sleep = mailbox.prepare_to_sleep() && unserved.is_empty();
            let PollEvents { woken, mut slots } = self.wait(mailbox, (!may_sleep).then_some(Duration::ZERO));
            mailbox.woke_up(woken);
            slots.append(&mut unserved);
            slots.sort_unstable();
            slots.dedup();
            for slot in slots {
                if self.serve(slot) {
                    unserved.push(slot);
                }
                self.execute_actions();
            }
            if last_exit_check.elapsed() >= EXIT_CHECK_INTERVAL {
                last_exit_check = Instant::now();
                self.find_exited_workers();
            }
            self.scheduler.tick(self.now());
            self.execute_actions();
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sleeps until a pipe, a clock or a command needs attention.
    fn wait(&self, mailbox: &Mailbox, at_most: Option<Duration>) -> PollEvents {
        let busy = self.children.iter().any(Option::is_some);
        let deadline = self.scheduler.deadline().map(|at| at.saturating_sub(self.now()));
        let timeout = [at_most, deadline, busy.then_some(EXIT_CHECK_INTERVAL)].into_iter().flatten().min();
        let timeout =
            timeout.map(|time| if time.is_zero() { time } else { time.saturating_add(SLEEP_MARGIN) });
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());

        let mut fds = vec![PollFd::new(mailbox, PollFlags::IN)];
        let mut owners = vec![];
        for (slot, child) in self.children.iter().enumerate() {
            for fd in child.iter().flat_map(Child::poll_fds) {
                fds.push(fd);
                owners.push(slot);
            }
        }
        if poll(&mut fds, timeout.as_ref()).is_err() {
            return PollEvents::default();
        }
        let has_event = |fd: &PollFd| !fd.revents().is_empty();
        let mut slots: Vec<usize> =
            fds[1..].iter().zip(owners).filter(|(fd, _)| has_event(fd)).map(|(_, slot)| slot).collect();
        slots.dedup();
        PollEvents { woken: has_event(&fds[0]), slots }
    }

    fn submit(&mut self, submission: Submission) {
        if let Some(why) = &self.gave_up {
            return submission.refuse(Failure::GaveUp(why.clone()));
        }
        let (task, queued) = (submission.task, self.now());
        self.tasks.insert(submission, queued);
        self.scheduler.submit(queued, task);
    }

    fn cancel(&mut self, task: TaskId) {
        let now = self.now();
        for part in self.tasks.parts_of(task) {
            self.scheduler.cancel(now, part);
        }
    }

    fn execute_actions(&mut self) {
        while let Some(action) = self.scheduler.next_action() {
            if self.gave_up.is_some() {
                continue;
            }
            match action {
                Action::Spawn { worker, again } => self.spawn(worker, again),
                Action::Send(lease) => self.send(lease),
                Action::Kill(worker, reason) => {
                    if let Some(child) = self.child(worker) {
                        child.measure_memory();
                        child.kill_reason = Some(reason);
                        child.kill();
                    }
                }
                Action::Retire(worker) => {
                    if let Some(child) = self.child(worker) {
                        child.measure_memory();
                        child.close_input();
                    }
                }
                Action::Bisect(task) => self.bisect(task),
                Action::Finish(task) => {
                    if let Some(answer) = self.tasks.get_mut(task).and_then(|task| task.answer.take()) {
                        self.end_task(task, answer);
                    }
                }
                Action::Poisoned(task, attempts) => self.end_poisoned_task(task, attempts),
                Action::Cancelled(task) => self.end_task(task, Err(Failure::Cancelled)),
                Action::GiveUp(cause) => self.give_up(cause),
            }
        }
    }

    fn child(&mut self, worker: WorkerId) -> Option<&mut Child> {
        self.children.get_mut(worker.slot)?.as_mut().filter(|child| child.worker == worker)
    }

    fn spawn(&mut self, worker: WorkerId, again: bool) {
        self.stats.started += 1;
        self.stats.restarts += u64::from(again);
        let slot = worker.slot as u64;
        let setup = Setup { slot, incarnation: worker.incarnation, ..self.config.setup.clone() };
        let forward = self.forwarder.as_ref().map(StderrForwarder::lines);
        match Child::spawn(&self.config.program, worker, &setup, forward) {
            Ok(child) => self.children[worker.slot] = Some(child),
            Err(error) => {
                self.stats.refusal = Some(error.to_string());
                let reason = format!("{}: {error}", self.config.program.display());
                let ending = Ending::CouldNotStart { reason };
                let stderr = String::new();
                let exit = WorkerExit { worker, pid: 0, ending, stderr, peak_memory: 0, own_memory: 0 };
                self.record_exit(exit, None);
            }
        }
    }

    fn send(&mut self, lease: Lease) {
        let Lease { task, attempt, worker } = lease;
        let (Some(pending), Some(child)) = (
            self.tasks.get(task),
            self.children[worker.slot].as_mut().filter(|child| child.worker == worker),
        ) else {
            return;
        };
        let position = child.tasks.iter().flatten().position(|name| name == pending.entry.name);
        let Some(entry) = position.and_then(|entry| u16::try_from(entry).ok()) else {
            let failure = unknown_task(pending.entry.name);
            return self.send_failed(lease, failure);
        };
        let kind = if pending.batch { FrameKind::Batch } else { FrameKind::Task };
        let header = Header { entry, task, attempt, ..Header::without_task(kind) };
        match OutgoingFrame::new(header, pending.payload.clone()) {
            Ok(frame) => child.send(frame),
            Err(error) => self.send_failed(lease, Failure::Wire(error)),
        }
    }

    /// Ends a task that cannot be sent to any worker.
    fn send_failed(&mut self, lease: Lease, failure: Failure) {
        self.end_task(lease.task, Err(failure));
        self.scheduler.send_failed(self.now(), lease);
    }

    /// Handles what a worker's pipes hold, and reaps the worker when its output has ended. Returns whether
    /// more frames may wait than one turn allows.
    fn serve(&mut self, slot: usize) -> bool {
        for _ in 0..MAX_FRAMES_PER_TURN {
            let Some(child) = self.children[slot].as_mut() else { return false };
            child.drain_stderr();
            child.flush();
            match child.next_frame() {
                Ok(Some(frame)) => {
                    if let Err(what) = self.handle_frame(slot, frame) {
                        if let Some(child) = self.children[slot].as_mut() {
                            child.record_protocol_error(what);
                        }
                        self.reap(slot);
                        return false;
                    }
                }
                Ok(None) => return false,
                Err(OutputEnded) => {
                    self.reap(slot);
                    return false;
                }
            }
            self.execute_actions();
        }
        true
    }

    fn bisect(&mut self, task: TaskId) {
        let now = self.now();
        let Some(halves) = self.tasks.get(task).and_then(|pending| pending.halves()) else {
            return self.scheduler.bisected(now, task, None);
        };
        let ids = [(); 2].map(|()| self.next_task.fetch_add(1, Ordering::Relaxed));
        self.tasks.split(task, ids, halves);
        self.stats.divided += 1;
        self.scheduler.bisected(now, task, Some(ids));
    }

    fn end_poisoned_task(&mut self, task: TaskId, attempts: u32) {
        let Some(pending) = self.tasks.get_mut(task) else { return };
        let (origin, batch) = (pending.origin, pending.batch);
        let failure = match pending.crash.take() {
            Some(crash) => Failure::Crashed { attempts, last: Box::new(crash) },
            None => Failure::Stopped,
        };
        self.end_task(task, Err(failure));
        // The inputs of a batch have nothing to do with each other: each has a result of its own.
        if self.config.on_poison == OnPoison::Fail && !batch {
            // The parts before it may fail too, and then theirs is the failure of the task.
            let now = self.now();
            for part in self.tasks.parts_of(origin).into_iter().skip_while(|&part| part != task) {
                self.scheduler.cancel(now, part);
            }
        }
    }

    /// Ends a task or part. If it was the last part, the caller gets the result.
    fn end_task(&mut self, task: TaskId, outcome: Result<Vec<u8>, Failure>) {
        let Some(EndedTask { parts, responder }) = self.tasks.end(task, outcome) else { return };
        let answered = parts.iter().all(|part| part.outcome.is_ok());
        *(if answered { &mut self.stats.finished } else { &mut self.stats.failed }) += 1;
        self.publish_stats();
        responder.respond(parts);
    }

    fn publish_stats(&self) {
        if let Ok(mut stats) = self.published_stats.lock() {
            stats.clone_from(&self.stats);
        }
    }

    fn give_up(&mut self, cause: GiveUpCause) {
        let why = Arc::new(GaveUp { cause, last: self.last_crash.take() });
        self.gave_up = Some(why.clone());
        self.end_everything(&Failure::GaveUp(why));
    }

    fn shut_down(mut self, mailbox: &Mailbox) {
        // The scheduler's actions are not executed any more.
        self.end_everything(&Failure::Stopped);
        while let Some(command) = mailbox.next() {
            if let Command::Submit(submission) = command {
                submission.refuse(Failure::Stopped);
            }
        }
        if let Some(forwarder) = self.forwarder.take() {
            forwarder.end();
        }
    }
}
