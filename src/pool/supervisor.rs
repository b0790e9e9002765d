//! The supervisor's hands: one thread that owns all workers and all leases, moves bytes, watches
//! clocks and does what the [`Dispatcher`] says. Nobody else knows who runs what.
//!
//! It never blocks but in `poll`: every pipe is non-blocking, so that a worker that does not read
//! cannot stop one that has something to say.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::dispatch::Dispatcher;
use super::echo::{self, Echoing};
use super::failure::{Crash, Ending, Failure, GaveUp, PoolError};
use super::frame::{self, Frame, Header, Kind, Outgoing, Payload};
use super::link::{self, Buried, Limits, Link};
use super::remote::{self, Command, Done, Ear, Job, Part, Remote};
use super::stats::{Attempt, Stats};
use super::task::{Entry, TaskError, batch};
use super::terms::{Action, Ended, GiveUp, Lease, Loss, Policy, TaskId, Worker};
use super::worker::Setup;

/// How often the supervisor looks for workers that have ended although something holds their pipes.
const ROUND: Duration = Duration::from_millis(500);
/// Most frames that are taken from one worker before the others, the clocks and the callers get their
/// turn: one that answers as fast as it is asked could otherwise keep the supervisor to itself.
const FRAMES_A_TURN: usize = 64;
/// A worker's memory is looked up no more often than this, unless attempts are being recorded.
const MEMORY_ROUND: Duration = Duration::from_millis(100);
/// Added to each sleep: a clock that rings a moment early would be polled for in a loop.
const ROUND_UP: Duration = Duration::from_micros(100);

/// What to do with the rest of a task of which one part kills its workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnPoison {
    /// The task fails at once.
    #[default]
    Fail,
    /// The other parts are still run; their output and the part that kills are both handed over.
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

/// All that a supervisor is told at its start.
pub(super) struct Config {
    pub policy: Policy,
    pub on_poison: OnPoison,
    pub limits: Limits,
    pub setup: Setup,
    pub program: PathBuf,
    /// Pass the workers' stderr on to ours.
    pub echo_stderr: bool,
    pub on_attempt: Option<Observer>,
    pub on_progress: Option<ProgressObserver>,
}

/// Is given each report of progress, as it came.
pub(super) type ProgressObserver = Box<dyn FnMut(&[u8]) -> Result<(), frame::FrameError> + Send>;

/// Is told of each attempt when it has ended.
pub type Observer = Box<dyn FnMut(&Attempt) + Send>;

/// Starts the supervisor's thread. The thread lives as long as the pool, for the parent-death signal
/// of the workers that it starts follows the thread.
pub(super) fn start(config: Config) -> Result<(Remote, std::thread::JoinHandle<()>), PoolError> {
    let (remote, ear) = remote::pair(config.policy.workers)?;
    let echoing = config.echo_stderr.then(|| echo::start(io::stderr())).transpose()?;
    let supervisor = Supervisor {
        dispatcher: Dispatcher::new(config.policy.clone()),
        links: (0..config.policy.workers).map(|_| None).collect(),
        units: HashMap::new(),
        roots: HashMap::new(),
        started: Instant::now(),
        measured: Instant::now(),
        given_up: None,
        last_crash: None,
        count: Stats { workers: config.policy.workers, ..Stats::default() },
        stats: remote.stats.clone(),
        next_task: remote.next_task.clone(),
        echoing,
        config,
    };
    let thread =
        std::thread::Builder::new().name("pool-supervisor".into()).spawn(move || supervisor.run(&ear))?;
    Ok((remote, thread))
}

/// A task or a part of one that has not ended.
struct Unit {
    root: TaskId,
    entry: Entry,
    batch: bool,
    payload: Payload,
    items: u64,
    queued: Duration,
    /// The answer, between its arrival and the dispatcher's consent.
    answer: Option<Result<Vec<u8>, Failure>>,
    /// How the last attempt failed.
    crash: Option<Crash>,
}

/// The last word of a worker on an attempt that it survived.
enum Said {
    Answer(Result<Vec<u8>, Failure>),
    Panic(String),
}

/// A task as it was submitted: its parts in order, and whom to tell.
struct Root {
    parts: Vec<(TaskId, Option<Part>)>,
    done: Done,
}

struct Supervisor {
    config: Config,
    dispatcher: Dispatcher,
    links: Vec<Option<Link>>,
    units: HashMap<TaskId, Unit>,
    roots: HashMap<TaskId, Root>,
    started: Instant,
    measured: Instant,
    given_up: Option<Arc<GaveUp>>,
    last_crash: Option<Crash>,
    count: Stats,
    stats: Arc<Mutex<Stats>>,
    next_task: Arc<AtomicU64>,
    /// Passes on what workers write to stderr.
    echoing: Option<Echoing>,
}

impl Supervisor {
    fn run(mut self, ear: &Ear) {
        let mut last_round = Instant::now();
        // Slots of which frames have been read that did not fit into their turn.
        let mut unheard = Vec::new();
        loop {
            while let Some(command) = ear.next() {
                match command {
                    Command::Submit(job) => self.submit(job),
                    Command::Cancel(task) => self.cancel(task),
                    Command::Stop => return self.shut_down(ear),
                }
                self.act();
            }
            self.publish();
            let may_sleep = ear.doze() && unheard.is_empty();
            let Events { bell, mut slots } = self.wait(ear, (!may_sleep).then_some(Duration::ZERO));
            ear.wake(bell);
            slots.append(&mut unheard);
            slots.sort_unstable();
            slots.dedup();
            for slot in slots {
                if self.serve(slot) {
                    unheard.push(slot);
                }
                self.act();
            }
            if last_round.elapsed() >= ROUND {
                last_round = Instant::now();
                self.look_for_the_dead();
            }
            self.dispatcher.tick(self.now());
            self.act();
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sleeps until a pipe, a clock or the bell needs attention.
    fn wait(&self, ear: &Ear, at_most: Option<Duration>) -> Events {
        let busy = self.links.iter().any(Option::is_some);
        let deadline = self.dispatcher.deadline().map(|at| at.saturating_sub(self.now()));
        let timeout = [at_most, deadline, busy.then_some(ROUND)].into_iter().flatten().min();
        let timeout = timeout.map(|time| if time.is_zero() { time } else { time.saturating_add(ROUND_UP) });
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());

        let mut fds = vec![PollFd::new(ear, PollFlags::IN)];
        let mut owners = vec![];
        for (slot, link) in self.links.iter().enumerate() {
            for fd in link.iter().flat_map(Link::poll_fds) {
                fds.push(fd);
                owners.push(slot);
            }
        }
        if poll(&mut fds, timeout.as_ref()).is_err() {
            return Events::default();
        }
        let stirred = |fd: &PollFd| !fd.revents().is_empty();
        let mut slots: Vec<usize> =
            fds[1..].iter().zip(owners).filter(|(fd, _)| stirred(fd)).map(|(_, slot)| slot).collect();
        slots.dedup();
        Events { bell: stirred(&fds[0]), slots }
    }

    fn submit(&mut self, job: Job) {
        if let Some(why) = &self.given_up {
            return job.refuse(Failure::GaveUp(why.clone()));
        }
        let Job { task, entry, batch, payload, items, done } = job;
        let queued = self.now();
        let unit = Unit { root: task, entry, batch, payload, items, queued, answer: None, crash: None };
        self.units.insert(task, unit);
        self.roots.insert(task, Root { parts: vec![(task, None)], done });
        self.dispatcher.submit(queued, task);
    }

    fn cancel(&mut self, root: TaskId) {
        let parts =
            self.roots.get(&root).map(|root| root.parts.iter().map(|part| part.0).collect::<Vec<_>>());
        let now = self.now();
        for part in parts.unwrap_or_default() {
            self.dispatcher.cancel(now, part);
        }
    }

    /// Does all that the dispatcher asks for.
    fn act(&mut self) {
        while let Some(action) = self.dispatcher.next_action() {
            if self.given_up.is_some() {
                continue;
            }
            match action {
                Action::Spawn { worker, again } => self.spawn(worker, again),
                Action::Send(lease) => self.send(lease),
                Action::Kill(worker, why) => {
                    if let Some(link) = self.link(worker) {
                        link.measure_memory();
                        link.sentence = Some(why);
                        link.kill();
                    }
                }
                Action::Retire(worker) => {
                    if let Some(link) = self.link(worker) {
                        link.measure_memory();
                        link.close_input();
                    }
                }
                Action::Halve(task) => self.halve(task),
                Action::Finish(task) => {
                    if let Some(answer) = self.units.get_mut(&task).and_then(|unit| unit.answer.take()) {
                        self.conclude(task, answer);
                    }
                }
                Action::Poisoned(task, attempts) => self.poisoned(task, attempts),
                Action::Cancelled(task) => self.conclude(task, Err(Failure::Cancelled)),
                Action::GiveUp(cause) => self.give_up(cause),
            }
        }
    }

    fn link(&mut self, worker: Worker) -> Option<&mut Link> {
        self.links.get_mut(worker.slot)?.as_mut().filter(|link| link.worker == worker)
    }

    fn spawn(&mut self, worker: Worker, again: bool) {
        self.count.started += 1;
        self.count.restarts += u64::from(again);
        let slot = worker.slot as u64;
        let setup = Setup { slot, incarnation: worker.incarnation, ..self.config.setup.clone() };
        let echo = self.echoing.as_ref().map(Echoing::echo);
        match Link::spawn(&self.config.program, worker, &setup, echo) {
            Ok(link) => self.links[worker.slot] = Some(link),
            Err(error) => {
                let reason = format!("{}: {error}", self.config.program.display());
                let ending = Ending::CouldNotStart { reason };
                let (pid, peak_memory, own_memory) = (0, 0, 0);
                let stderr = String::new();
                self.mourn(Buried { worker, pid, ending, stderr, peak_memory, own_memory }, None);
            }
        }
    }

    fn send(&mut self, lease: Lease) {
        let Lease { task, attempt, worker } = lease;
        let (Some(unit), Some(link)) =
            (self.units.get(&task), self.links[worker.slot].as_mut().filter(|link| link.worker == worker))
        else {
            return;
        };
        let known = link.tasks.iter().flatten().position(|name| name == unit.entry.name);
        let Some(entry) = known.and_then(|entry| u16::try_from(entry).ok()) else {
            let name = unit.entry.name;
            let error = format!("the task `{name}` is not among those that main gives to serve_if_worker");
            return self.unsent(lease, Failure::Task(TaskError::new(error)));
        };
        let kind = if unit.batch { Kind::Batch } else { Kind::Task };
        let header = Header { kind, entry, task, attempt, length: 0, sum: 0 };
        match Outgoing::new(header, unit.payload.clone()) {
            Ok(frame) => link.send(frame),
            Err(error) => self.unsent(lease, Failure::Wire(error)),
        }
    }

    /// Ends a task that cannot be given to any worker.
    fn unsent(&mut self, lease: Lease, failure: Failure) {
        self.conclude(lease.task, Err(failure));
        self.dispatcher.unsent(self.now(), lease);
    }

    /// Takes in what a worker's pipes have, and buries it when its output has ended. Whether there may
    /// be more than one turn allows.
    fn serve(&mut self, slot: usize) -> bool {
        for _ in 0..FRAMES_A_TURN {
            let Some(link) = self.links[slot].as_mut() else { return false };
            link.drain_stderr();
            link.flush();
            match link.next_frame() {
                Ok(Some(frame)) => {
                    if let Err(what) = self.hear(slot, frame) {
                        if let Some(link) = self.links[slot].as_mut() {
                            link.accuse(what);
                        }
                        self.bury(slot);
                        return false;
                    }
                }
                Ok(None) => return false,
                Err(link::Finished) => {
                    self.bury(slot);
                    return false;
                }
            }
            self.act();
        }
        true
    }

    /// One frame from a worker. The error says what was wrong with it; nothing has changed then.
    fn hear(&mut self, slot: usize, frame: Frame) -> Result<(), String> {
        let now = self.now();
        let Frame { header, payload } = frame;
        let Header { kind, task, attempt, .. } = header;
        let Some(link) = self.links[slot].as_mut() else { return Ok(()) };
        let worker = link.worker;
        let failed = |error: frame::FrameError| error.to_string();
        let out_of_turn = |error: super::terms::OutOfTurn| error.to_string();
        match kind {
            Kind::Hello => {
                link.tasks = Some(frame::decode(&payload).map_err(failed)?);
                self.dispatcher.ready(now, worker).map_err(out_of_turn)
            }
            Kind::Refused => {
                link.refuse(frame::decode(&payload).map_err(failed)?);
                Ok(())
            }
            Kind::Begin => {
                self.dispatcher.began(now, worker, task, attempt).map_err(out_of_turn)?;
                // A task that was cancelled on its way is nobody's attempt: its worker dies of it.
                if let Some(unit) = self.units.get(&task) {
                    self.count.attempts += 1;
                    self.count.retried += u64::from(attempt > 1);
                    link.running = Some(Attempt {
                        task,
                        part_of: Some(unit.root).filter(|&root| root != task),
                        attempt,
                        worker: worker.slot,
                        incarnation: worker.incarnation,
                        pid: link.pid,
                        queued: unit.queued.as_secs_f64(),
                        started: now.as_secs_f64(),
                        ended: now.as_secs_f64(),
                        bytes: unit.payload.len() as u64,
                        items: unit.items,
                        outcome: "",
                        peak_memory: 0,
                    });
                }
                Ok(())
            }
            Kind::Progress => {
                self.dispatcher.progressed(now, worker, task, attempt).map_err(out_of_turn)?;
                match &mut self.config.on_progress {
                    Some(observer) => observer(&payload).map_err(failed),
                    None => Ok(()),
                }
            }
            Kind::Done => self.ended(slot, header, Said::Answer(Ok(payload))),
            Kind::Failed => {
                let error: TaskError = frame::decode(&payload).map_err(failed)?;
                self.ended(slot, header, Said::Answer(Err(error.into())))
            }
            Kind::Panicked => {
                let message = frame::decode(&payload).map_err(failed)?;
                self.ended(slot, header, Said::Panic(message))
            }
            kind => Err(frame::FrameError::Unexpected(kind).to_string()),
        }
    }

    /// An attempt has ended and its worker lives on.
    fn ended(&mut self, slot: usize, header: Header, said: Said) -> Result<(), String> {
        let Header { task, attempt, .. } = header;
        let Some(link) = self.links[slot].as_mut() else { return Ok(()) };
        let (how, outcome) = match said {
            Said::Answer(Ok(_)) => (Ended::Answered, "done"),
            Said::Answer(Err(_)) => (Ended::Answered, "failed"),
            Said::Panic(_) => (Ended::Panicked, "panicked"),
        };
        // Nothing is believed before the dispatcher has agreed that this worker may say it.
        let consent = self.dispatcher.ended(self.started.elapsed(), link.worker, task, attempt, how);
        consent.map_err(|error| error.to_string())?;
        let first = link.peak_memory == 0;
        if first || self.config.on_attempt.is_some() || self.measured.elapsed() >= MEMORY_ROUND {
            link.measure_memory();
            self.measured = Instant::now();
        }
        if first {
            link.measure_sharing();
        }
        self.count.saw_memory(slot, link.own_memory());
        match (self.units.get_mut(&task), said) {
            (Some(unit), Said::Answer(answer)) => unit.answer = Some(answer),
            (Some(unit), Said::Panic(message)) => {
                link.drain_stderr();
                unit.crash = Some(Crash {
                    ending: Ending::Panicked { message },
                    task: Some(task),
                    attempt,
                    worker: slot,
                    pid: link.pid,
                    stderr: link.last_words(),
                });
            }
            (None, _) => {}
        }
        let (attempt, peak_memory) = (link.running.take(), link.peak_memory);
        self.record(attempt, outcome, peak_memory);
        Ok(())
    }

    /// A worker's output has ended: reaps it and tells the dispatcher.
    fn bury(&mut self, slot: usize) {
        if let Some(mut link) = self.links[slot].take() {
            let running = link.running.take();
            let buried = link.bury(&self.config.limits);
            self.mourn(buried, running);
        }
    }

    fn mourn(&mut self, buried: Buried, running: Option<Attempt>) {
        let Buried { worker, pid, ending, stderr, peak_memory, own_memory } = buried;
        self.count.saw_memory(worker.slot, own_memory);
        let loss = if matches!(ending, Ending::Killed { .. }) { Loss::Signal } else { Loss::Own };
        let task = running.as_ref().map(|running| running.task);
        let attempt = running.as_ref().map_or(0, |running| running.attempt);
        self.record(running, ending.name(), peak_memory);
        let crash = Crash { ending, task, attempt, worker: worker.slot, pid, stderr };
        if let Some(unit) = task.and_then(|task| self.units.get_mut(&task)) {
            unit.crash = Some(crash.clone());
        }
        self.last_crash = Some(crash);
        self.dispatcher.died(self.now(), worker, loss);
    }

    /// Hands on the record of an attempt that has ended.
    fn record(&mut self, attempt: Option<Attempt>, outcome: &'static str, peak_memory: u64) {
        let ended = self.started.elapsed().as_secs_f64();
        if let (Some(observer), Some(attempt)) = (&mut self.config.on_attempt, attempt) {
            let attempt = Attempt { ended, outcome, peak_memory, ..attempt };
            // What goes wrong in a caller's code is not to take the pool with it; the panic has said
            // what it was.
            let _ = catch_unwind(AssertUnwindSafe(|| observer(&attempt)));
        }
    }

    /// Workers that have ended although something holds their pipes open, such as a process that a
    /// task started and left behind.
    fn look_for_the_dead(&mut self) {
        for slot in 0..self.links.len() {
            // What a worker held when somebody else killed it is known only if it was looked at before.
            if let Some(link) = &mut self.links[slot] {
                link.measure_memory();
                link.measure_sharing();
                self.count.saw_memory(slot, link.own_memory());
            }
            if self.links[slot].as_ref().is_some_and(Link::has_exited) {
                while self.serve(slot) {}
                self.act();
                if self.links[slot].as_ref().is_some_and(Link::has_exited) {
                    self.bury(slot);
                    self.act();
                }
            }
        }
    }

    fn halve(&mut self, task: TaskId) {
        let now = self.now();
        let Some(unit) = self.units.get(&task) else { return self.dispatcher.halved(now, task, None) };
        let split = if unit.batch { batch::split } else { unit.entry.split };
        let Some(halves) = split(&unit.payload) else { return self.dispatcher.halved(now, task, None) };
        let ids = [(); 2].map(|()| self.next_task.fetch_add(1, Ordering::Relaxed));
        let Some(unit) = self.units.remove(&task) else { return };
        if let Some(root) = self.roots.get_mut(&unit.root)
            && let Some(at) = root.parts.iter().position(|part| part.0 == task)
        {
            root.parts.splice(at..=at, ids.map(|id| (id, None)));
        }
        for (id, (payload, items)) in ids.into_iter().zip(halves) {
            let crash = unit.crash.clone();
            let Unit { root, entry, batch, queued, .. } = unit;
            self.units.insert(id, Unit { root, entry, batch, payload, items, queued, answer: None, crash });
        }
        self.count.divided += 1;
        self.dispatcher.halved(now, task, Some(ids));
    }

    fn poisoned(&mut self, task: TaskId, attempts: u32) {
        let Some(unit) = self.units.get_mut(&task) else { return };
        let root = unit.root;
        let failure = match unit.crash.take() {
            Some(crash) => Failure::Crashed { attempts, last: Box::new(crash) },
            None => Failure::Stopped,
        };
        self.conclude(task, Err(failure));
        if self.config.on_poison == OnPoison::Fail {
            self.cancel(root);
        }
    }

    /// Ends a part; when it was the last one, tells whoever submitted the task.
    fn conclude(&mut self, task: TaskId, outcome: Result<Vec<u8>, Failure>) {
        let Some(unit) = self.units.remove(&task) else { return };
        let Some(root) = self.roots.get_mut(&unit.root) else { return };
        let input = outcome.is_err().then_some(unit.payload);
        if let Some(part) = root.parts.iter_mut().find(|part| part.0 == task) {
            part.1 = Some(Part { input, outcome });
        }
        if root.parts.iter().all(|part| part.1.is_some())
            && let Some(root) = self.roots.remove(&unit.root)
        {
            let parts: Vec<Part> = root.parts.into_iter().filter_map(|part| part.1).collect();
            let answered = parts.iter().all(|part| part.outcome.is_ok());
            *(if answered { &mut self.count.finished } else { &mut self.count.failed }) += 1;
            self.publish();
            root.done.tell(parts);
        }
    }

    fn publish(&self) {
        if let Ok(mut stats) = self.stats.lock() {
            stats.clone_from(&self.count);
        }
    }

    fn give_up(&mut self, cause: GiveUp) {
        let window = self.config.policy.restart_window;
        let why = Arc::new(GaveUp { cause, last: self.last_crash.take(), window });
        self.given_up = Some(why.clone());
        self.abandon(&Failure::GaveUp(why));
    }

    /// Kills every worker and fails every task.
    fn abandon(&mut self, failure: &Failure) {
        // All are killed before the first is waited for.
        for link in self.links.iter_mut().flatten() {
            link.measure_memory();
            link.kill();
        }
        for slot in 0..self.links.len() {
            if let Some(mut link) = self.links[slot].take() {
                let running = link.running.take();
                let buried = link.bury(&self.config.limits);
                self.count.saw_memory(slot, buried.own_memory);
                self.record(running, "stopped", buried.peak_memory);
            }
        }
        let tasks: Vec<TaskId> = self.units.keys().copied().collect();
        for task in tasks {
            self.conclude(task, Err(failure.clone()));
        }
        self.publish();
    }

    fn shut_down(mut self, ear: &Ear) {
        // Whoever asks for another worker from here on is not heard.
        self.abandon(&Failure::Stopped);
        while let Some(command) = ear.next() {
            if let Command::Submit(job) = command {
                job.refuse(Failure::Stopped);
            }
        }
        if let Some(echoing) = self.echoing.take() {
            echoing.end();
        }
    }
}

#[derive(Default)]
struct Events {
    bell: bool,
    slots: Vec<usize>,
}
