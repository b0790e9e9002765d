//! The supervisor's mind: who runs what, what a death costs and when to give up.
//!
//! A state machine without I/O, threads or a clock of its own: every event comes in as a call with
//! the time at which it happened, every consequence leaves as an [`Action`]. `supervisor.rs` lends
//! it hands; the tests below drive it through random lives.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashMap;

/// Names a task, or a part of one that was divided; never used twice.
pub type TaskId = u64;

/// Deaths that isolating a killer may cost without one part of the task getting through: more than
/// any bisection needs (one a level, and inputs have less than 2^64 parts), few enough to end a
/// task every part of which kills.
const ISOLATION_DEATHS: u32 = 128;

/// Tasks that run shorter than this on average are queued two to a worker, so that the next one is
/// there when the last one ends. Longer ones are not: a short task would wait behind a long one.
const SHORT_TASK: Duration = Duration::from_millis(50);

/// The rules of a pool.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Worker slots.
    pub workers: usize,
    /// Most leases that one worker holds at a time; the first runs, the others wait in its pipe.
    pub leases_per_worker: usize,
    /// How often a task is tried again after it crashed its worker or panicked.
    pub retries: u32,
    /// How many deaths a slot may have within `restart_window` without finishing a task.
    pub max_restarts: u32,
    /// The sliding window of `max_restarts`.
    pub restart_window: Duration,
    /// How long a worker may take until its hello.
    pub start_timeout: Duration,
    /// How long an attempt may take.
    pub task_timeout: Option<Duration>,
    /// After how many tasks a worker is replaced by a fresh one.
    pub max_tasks_per_worker: Option<u64>,
    /// Pause before a task's first retry; doubles with each, give or take half.
    pub backoff: Duration,
}

/// One life of one worker slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Worker {
    /// The slot, from 0.
    pub slot: usize,
    /// Which life of the slot, from 1.
    pub incarnation: u64,
}

/// The right of one worker to make one attempt at one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The task.
    pub task: TaskId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Who has it.
    pub worker: Worker,
}

/// How an attempt ended that did not cost the worker its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an output or an error of the task's own: either is an answer.
    Answered,
    /// With a panic.
    Panicked,
}

/// How a worker was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// By a signal, which may come from anywhere.
    Signal,
    /// By its own doing: an exit, a refusal, a broken protocol.
    Own,
}

/// Why the dispatcher wants a worker dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentence {
    /// No hello within the start timeout.
    StartTimeout,
    /// An attempt took longer than the task timeout.
    TaskTimeout,
    /// The task that it runs is no longer wanted.
    Cancelled,
}

/// What the supervisor has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start a process in this slot; `again` if the slot's last life ended in a crash.
    Spawn { worker: Worker, again: bool },
    /// Write the task to the worker.
    Send(Lease),
    /// Kill the worker and report its death.
    Kill(Worker, Sentence),
    /// Close the worker's input, so that it leaves, and report its death.
    Retire(Worker),
    /// Try to divide this task's input, and report with [`Dispatcher::halved`].
    Halve(TaskId),
    /// The task has its answer.
    Finish(TaskId),
    /// The task has used up its attempts, this many.
    Poisoned(TaskId, u32),
    /// The task was cancelled.
    Cancelled(TaskId),
    /// The pool is beyond help.
    GiveUp(GiveUp),
}

/// Why a pool gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// No worker ever said hello.
    CannotStart,
    /// A slot died `deaths` times in a row within the window without finishing a task.
    Restarts {
        /// How often.
        deaths: u32,
    },
    /// Dividing a task led to `deaths` deaths in a row without one part getting through.
    Isolation {
        /// How often.
        deaths: u32,
    },
}

/// A worker said something that it had no right to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a worker spoke of a task that it does not hold")]
pub struct OutOfTurn;

#[derive(Debug)]
struct Unit {
    /// The task this is a part of; itself when whole.
    origin: TaskId,
    failures: u32,
    /// A part of a task that used up its attempts: one more failure divides it again.
    suspect: bool,
    /// The input could not be divided.
    indivisible: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Vacant,
    Starting {
        since: Duration,
    },
    Ready,
    /// Its input is closed, it will leave.
    Retiring,
    /// It is being killed.
    Sentenced(Sentence),
}

#[derive(Debug)]
struct Slot {
    life: Life,
    incarnation: u64,
    crashed: bool,
    /// In the order in which the worker will run them.
    leases: VecDeque<Held>,
    /// Since when the first lease has been the first, or has been running.
    clock: Duration,
    given: u64,
    /// Deaths since the slot last finished a task.
    deaths: VecDeque<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    task: TaskId,
    attempt: u32,
    begun: bool,
}

/// See the module's own words.
#[derive(Debug)]
pub struct Dispatcher {
    policy: Policy,
    slots: Vec<Slot>,
    units: HashMap<TaskId, Unit>,
    queue: VecDeque<TaskId>,
    /// Retries that wait for their pause to end.
    paused: Vec<(Duration, TaskId)>,
    /// Deaths since a part of the task last got through, for tasks that are being divided.
    isolations: HashMap<TaskId, u32>,
    /// Running mean of how long attempts take.
    mean: Option<Duration>,
    ever_ready: bool,
    actions: VecDeque<Action>,
}

impl Dispatcher {
    /// A dispatcher with nothing to do.
    pub fn new(policy: Policy) -> Self {
        let slot = || Slot {
            life: Life::Vacant,
            incarnation: 0,
            crashed: false,
            leases: VecDeque::new(),
            clock: Duration::ZERO,
            given: 0,
            deaths: VecDeque::new(),
        };
        Dispatcher {
            slots: std::iter::repeat_with(slot).take(policy.workers).collect(),
            policy,
            units: HashMap::new(),
            queue: VecDeque::new(),
            paused: Vec::new(),
            isolations: HashMap::new(),
            mean: None,
            ever_ready: false,
            actions: VecDeque::new(),
        }
    }

    /// The next thing to do, if any.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`tick`](Self::tick) has to be called at the latest, if ever.
    pub fn deadline(&self) -> Option<Duration> {
        let clocks = self.slots.iter().filter_map(|slot| self.time_limit(slot));
        clocks.chain(self.paused.iter().map(|&(until, _)| until)).min()
    }

    /// Takes in a new task.
    pub fn submit(&mut self, now: Duration, task: TaskId) {
        self.units.insert(task, Unit { origin: task, failures: 0, suspect: false, indivisible: false });
        self.queue.push_back(task);
        self.assign(now);
    }

    /// A worker has said hello.
    ///
    /// # Errors
    /// It had no reason to.
    pub fn ready(&mut self, now: Duration, worker: Worker) -> Result<(), OutOfTurn> {
        let slot = self.alive(worker).ok_or(OutOfTurn)?;
        match slot.life {
            Life::Starting { .. } => slot.life = Life::Ready,
            Life::Sentenced(_) => return Ok(()),
            _ => return Err(OutOfTurn),
        }
        self.ever_ready = true;
        self.assign(now);
        Ok(())
    }

    /// A worker has begun its first lease.
    ///
    /// # Errors
    /// It does not hold that lease, or not as its first.
    pub fn began(
        &mut self,
        now: Duration,
        worker: Worker,
        task: TaskId,
        attempt: u32,
    ) -> Result<(), OutOfTurn> {
        let wanted = self.units.contains_key(&task);
        let slot = self.alive(worker).ok_or(OutOfTurn)?;
        let held = slot.leases.front_mut().ok_or(OutOfTurn)?;
        if (held.task, held.attempt, held.begun) != (task, attempt, false) {
            return Err(OutOfTurn);
        }
        held.begun = true;
        slot.clock = now;
        if !wanted {
            self.sentence(worker.slot, Sentence::Cancelled);
        }
        Ok(())
    }

    /// A worker has ended its first lease and lives on.
    ///
    /// # Errors
    /// It does not hold that lease, or had not begun it.
    pub fn ended(
        &mut self,
        now: Duration,
        worker: Worker,
        task: TaskId,
        attempt: u32,
        how: Ended,
    ) -> Result<(), OutOfTurn> {
        let slot = self.alive(worker).ok_or(OutOfTurn)?;
        match slot.leases.front() {
            Some(held) if (held.task, held.attempt, held.begun) == (task, attempt, true) => {}
            _ => return Err(OutOfTurn),
        }
        slot.leases.pop_front();
        let took = now.saturating_sub(slot.clock);
        slot.clock = now;
        if how == Ended::Answered {
            slot.deaths.clear();
        }
        self.mean = Some(self.mean.map_or(took, |mean| (mean * 7 + took) / 8));
        if self.units.contains_key(&task) {
            match how {
                Ended::Answered => self.finish(task),
                Ended::Panicked => self.blame(now, task),
            }
        }
        self.retire_if_spent(worker.slot);
        self.assign(now);
        Ok(())
    }

    /// A worker is dead and reaped; all that it had written has been reported.
    pub fn died(&mut self, now: Duration, worker: Worker, loss: Loss) {
        let Some(slot) = self.alive(worker) else { return };
        let life = std::mem::replace(&mut slot.life, Life::Vacant);
        let mut leases = std::mem::take(&mut slot.leases);
        let expected = matches!(life, Life::Retiring | Life::Sentenced(Sentence::Cancelled));
        slot.crashed = !expected;

        let blamed = leases.pop_front_if(|held| held.begun).map(|held| held.task);
        for held in leases.into_iter().rev() {
            if self.units.contains_key(&held.task) {
                self.queue.push_front(held.task);
            }
        }
        // A worker that is killed because its task was cancelled has done nothing wrong, and its
        // task is no longer here to be blamed.
        let blamed = blamed.filter(|task| self.units.contains_key(task));
        let origin = blamed.map(|task| self.units[&task].origin);
        if !expected {
            let starting = match life {
                Life::Starting { .. } => loss == Loss::Own,
                Life::Sentenced(sentence) => sentence == Sentence::StartTimeout,
                _ => false,
            };
            if starting && !self.ever_ready {
                self.actions.push_back(Action::GiveUp(GiveUp::CannotStart));
            } else if let Some(deaths) = origin.and_then(|origin| self.isolations.get_mut(&origin)) {
                *deaths += 1;
                if *deaths > ISOLATION_DEATHS {
                    let deaths = *deaths;
                    self.actions.push_back(Action::GiveUp(GiveUp::Isolation { deaths }));
                }
            } else {
                self.count_death(now, worker.slot);
            }
        }
        if let Some(task) = blamed {
            self.blame(now, task);
        }
        self.assign(now);
    }

    /// The answer to [`Action::Halve`]: the names of both halves, in order, if there are any.
    pub fn halved(&mut self, now: Duration, task: TaskId, halves: Option<[TaskId; 2]>) {
        let Some(unit) = self.units.get_mut(&task) else { return };
        match halves {
            Some(halves) => {
                let origin = unit.origin;
                self.units.remove(&task);
                self.isolations.entry(origin).or_insert(0);
                for half in halves.into_iter().rev() {
                    let part = Unit { origin, failures: 0, suspect: true, indivisible: false };
                    self.units.insert(half, part);
                    self.queue.push_front(half);
                }
            }
            None => {
                unit.indivisible = true;
                self.retry_or_condemn(now, task);
            }
        }
        self.assign(now);
    }

    /// A task is no longer wanted. If a worker is running it, that worker is killed.
    pub fn cancel(&mut self, now: Duration, task: TaskId) {
        let Some(unit) = self.units.remove(&task) else { return };
        self.queue.retain(|&queued| queued != task);
        self.paused.retain(|&(_, paused)| paused != task);
        self.settled(unit.origin);
        self.actions.push_back(Action::Cancelled(task));
        let running = |slot: &Slot| slot.leases.front().is_some_and(|held| held.begun && held.task == task);
        if let Some(slot) = self.slots.iter().position(running) {
            self.sentence(slot, Sentence::Cancelled);
        }
        self.assign(now);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Duration) {
        for index in 0..self.slots.len() {
            if self.time_limit(&self.slots[index]).is_some_and(|limit| limit <= now) {
                let starting = matches!(self.slots[index].life, Life::Starting { .. });
                let why = if starting { Sentence::StartTimeout } else { Sentence::TaskTimeout };
                self.sentence(index, why);
            }
        }
        // Retries go first: their fresh workers are waiting for them.
        let (due, waiting) = self.paused.iter().partition(|&&(until, _)| until <= now);
        self.paused = waiting;
        for (_, task) in due {
            self.queue.push_front(task);
        }
        self.assign(now);
    }

    /// The slot's worker, if it is this one.
    fn alive(&mut self, worker: Worker) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(worker.slot)?;
        (slot.incarnation == worker.incarnation && slot.life != Life::Vacant).then_some(slot)
    }

    fn time_limit(&self, slot: &Slot) -> Option<Duration> {
        match slot.life {
            Life::Starting { since } => Some(since + self.policy.start_timeout),
            Life::Ready if !slot.leases.is_empty() => {
                self.policy.task_timeout.map(|limit| slot.clock + limit)
            }
            _ => None,
        }
    }

    fn sentence(&mut self, index: usize, why: Sentence) {
        let slot = &mut self.slots[index];
        if !matches!(slot.life, Life::Sentenced(_) | Life::Vacant) {
            slot.life = Life::Sentenced(why);
            let worker = Worker { slot: index, incarnation: slot.incarnation };
            self.actions.push_back(Action::Kill(worker, why));
        }
    }

    fn count_death(&mut self, now: Duration, index: usize) {
        let Policy { max_restarts, restart_window, .. } = self.policy;
        let deaths = &mut self.slots[index].deaths;
        deaths.push_back(now);
        while deaths.front().is_some_and(|&death| death + restart_window < now) {
            deaths.pop_front();
        }
        if deaths.len() > max_restarts as usize {
            let deaths = deaths.len() as u32;
            self.actions.push_back(Action::GiveUp(GiveUp::Restarts { deaths }));
        }
    }

    fn finish(&mut self, task: TaskId) {
        if let Some(unit) = self.units.remove(&task) {
            if let Some(deaths) = self.isolations.get_mut(&unit.origin) {
                *deaths = 0;
            }
            self.settled(unit.origin);
            self.actions.push_back(Action::Finish(task));
        }
    }

    /// Forgets an isolation of which no part is left.
    fn settled(&mut self, origin: TaskId) {
        if self.isolations.contains_key(&origin) && !self.units.values().any(|unit| unit.origin == origin) {
            self.isolations.remove(&origin);
        }
    }

    /// An attempt crashed its worker or panicked.
    fn blame(&mut self, now: Duration, task: TaskId) {
        let Some(unit) = self.units.get_mut(&task) else { return };
        unit.failures += 1;
        if !unit.indivisible && (unit.suspect || unit.failures > self.policy.retries) {
            self.actions.push_back(Action::Halve(task));
        } else {
            self.retry_or_condemn(now, task);
        }
    }

    fn retry_or_condemn(&mut self, now: Duration, task: TaskId) {
        let unit = &self.units[&task];
        if unit.failures > self.policy.retries {
            let (origin, failures) = (unit.origin, unit.failures);
            self.units.remove(&task);
            self.settled(origin);
            self.actions.push_back(Action::Poisoned(task, failures));
        } else {
            let doubled = self.policy.backoff * (1 << (unit.failures - 1).min(10));
            let pause = doubled.mul_f64(0.5 + jitter(task, unit.failures));
            self.paused.push((now + pause, task));
        }
    }

    fn retire_if_spent(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let spent = self.policy.max_tasks_per_worker.is_some_and(|most| slot.given >= most);
        if spent && slot.life == Life::Ready && slot.leases.is_empty() {
            slot.life = Life::Retiring;
            self.actions.push_back(Action::Retire(Worker { slot: index, incarnation: slot.incarnation }));
        }
    }

    /// Hands queued tasks to workers, and starts workers for those that none can take.
    fn assign(&mut self, now: Duration) {
        while let Some(&task) = self.queue.front() {
            let starting =
                self.slots.iter().filter(|slot| matches!(slot.life, Life::Starting { .. })).count();
            let Some(index) = self.choose(task, starting) else { break };
            self.queue.pop_front();
            let slot = &mut self.slots[index];
            if slot.leases.is_empty() {
                slot.clock = now;
            }
            slot.given += 1;
            let attempt = self.units[&task].failures + 1;
            slot.leases.push_back(Held { task, attempt, begun: false });
            let worker = Worker { slot: index, incarnation: slot.incarnation };
            self.actions.push_back(Action::Send(Lease { task, attempt, worker }));
        }
        self.spawn_for_demand(now);
    }

    /// The worker for a task: an idle one; for a retry a fresh one before any other; one that is
    /// busy only if tasks are short and more wait than idle or starting workers can take.
    fn choose(&self, task: TaskId, starting: usize) -> Option<usize> {
        let most = self.policy.max_tasks_per_worker.unwrap_or(u64::MAX);
        let open = |slot: &Slot| slot.life == Life::Ready && slot.given < most;
        let all = || self.slots.iter().enumerate().filter(|(_, slot)| open(slot));
        let retry = self.units[&task].failures > 0;

        let idle = all().filter(|(_, slot)| slot.leases.is_empty());
        if let Some((index, slot)) = idle.min_by_key(|(_, slot)| retry && slot.given > 0) {
            let wait_for_fresh = retry && slot.given > 0 && starting > 0;
            return (!wait_for_fresh).then_some(index);
        }
        let short = self.mean.is_some_and(|mean| mean < SHORT_TASK);
        if retry || !short || self.queue.len() <= starting {
            return None;
        }
        all()
            .filter(|(_, slot)| slot.leases.len() < self.policy.leases_per_worker)
            .min_by_key(|(_, slot)| slot.leases.len())
            .map(|(index, _)| index)
    }

    /// Starts workers in vacant slots until there is one for each waiting task. A retry that waits
    /// out its pause has its fresh worker started meanwhile.
    fn spawn_for_demand(&mut self, now: Duration) {
        let coming = |slot: &&Slot| {
            matches!(slot.life, Life::Starting { .. })
                || (slot.life == Life::Ready && slot.leases.is_empty() && slot.given == 0)
        };
        let waiting = self.queue.len() + self.paused.len();
        let mut missing = waiting.saturating_sub(self.slots.iter().filter(coming).count());
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if missing == 0 {
                break;
            }
            if slot.life == Life::Vacant {
                slot.life = Life::Starting { since: now };
                slot.incarnation += 1;
                slot.given = 0;
                let worker = Worker { slot: index, incarnation: slot.incarnation };
                self.actions.push_back(Action::Spawn { worker, again: slot.crashed });
                missing -= 1;
            }
        }
    }
}

/// A number from 0 to 1 that spreads the retries of tasks that failed together.
fn jitter(task: TaskId, failures: u32) -> f64 {
    let mixed = super::chaos::mix(task ^ (u64::from(failures) << 48));
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}
