//! The supervisor's mind: who runs what, what a death costs and when to give up.
//!
//! A state machine without I/O, threads or a clock of its own: every event comes in as a call with
//! the time at which it happened, every consequence leaves as an [`Action`]. `supervisor.rs` lends
//! it hands; `dispatch/tests.rs` drives it through random lives.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashMap;

use super::terms::{Action, Ended, GiveUp, Lease, Loss, OutOfTurn, Policy, Sentence, TaskId, Worker};

/// Deaths that isolating a killer may cost without one part of the task getting through: more than
/// any bisection needs (one a level, and inputs have less than 2^64 parts), few enough to end a
/// task every part of which kills.
const ISOLATION_DEATHS: u32 = 128;

/// When a row of tasks have all run shorter than this, two are queued to a worker, so that the next
/// one is there when the last one ends. Otherwise not: a short task would wait behind a long one
/// while other workers are idle.
const SHORT_TASK: Duration = Duration::from_millis(50);
/// How long a worker that was let go may take to leave. One that lives kills itself sooner; one that
/// is stopped would keep its slot for ever.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Unit {
    /// The task this is a part of; itself when whole.
    origin: TaskId,
    failures: u32,
    /// The slot on which it last failed.
    slot: usize,
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
    Retiring {
        since: Duration,
    },
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
    /// Tasks that failed on this slot and wait here for their next attempt, each until its pause ends.
    /// They come before any other task: so the attempt is made by a fresh worker where the last one
    /// died, and a slot whose workers die of tasks comes to the end of each before it begins another.
    retries: Vec<(Duration, TaskId)>,
    /// Since when the first lease has been the first, or has been running.
    clock: Duration,
    /// When the first lease last gave a sign of life.
    heard: Duration,
    given: u64,
    /// Deaths since the slot last finished a task.
    deaths: VecDeque<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    task: TaskId,
    attempt: u32,
    begun: bool,
    /// Begun when the worker was condemned already, for something else.
    blameless: bool,
}

/// See the module's own words.
#[derive(Debug)]
pub struct Dispatcher {
    policy: Policy,
    slots: Vec<Slot>,
    units: HashMap<TaskId, Unit>,
    queue: VecDeque<TaskId>,
    /// Deaths since a part of the task last got through, for tasks that are being divided.
    isolations: HashMap<TaskId, u32>,
    /// How many attempts in a row have been short.
    short_in_a_row: u32,
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
            retries: Vec::new(),
            clock: Duration::ZERO,
            heard: Duration::ZERO,
            given: 0,
            deaths: VecDeque::new(),
        };
        Dispatcher {
            slots: std::iter::repeat_with(slot).take(policy.workers).collect(),
            policy,
            units: HashMap::new(),
            queue: VecDeque::new(),
            isolations: HashMap::new(),
            short_in_a_row: 0,
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
        let limits = self.slots.iter().filter_map(|slot| self.time_limit(slot));
        let pauses = self.slots.iter().filter(|slot| slot.is_idle()).filter_map(Slot::next_retry);
        limits.chain(pauses.map(|(until, _)| until)).min()
    }

    /// Tasks that have not ended.
    #[cfg(test)]
    fn unfinished(&self) -> usize {
        self.units.len()
    }

    /// Takes in a new task.
    pub fn submit(&mut self, now: Duration, task: TaskId) {
        self.units
            .insert(task, Unit { origin: task, failures: 0, slot: 0, suspect: false, indivisible: false });
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
        held.blameless = matches!(slot.life, Life::Sentenced(_));
        slot.clock = now;
        if !wanted {
            self.sentence(worker.slot, Sentence::Cancelled);
        }
        Ok(())
    }

    /// A worker says that its first lease is under way: the task timeout begins anew.
    ///
    /// # Errors
    /// It does not hold that lease, or had not begun it.
    pub fn progressed(
        &mut self,
        now: Duration,
        worker: Worker,
        task: TaskId,
        attempt: u32,
    ) -> Result<(), OutOfTurn> {
        let slot = self.alive(worker).ok_or(OutOfTurn)?;
        match slot.leases.front() {
            Some(held) if (held.task, held.attempt, held.begun) == (task, attempt, true) => {
                slot.heard = now;
                Ok(())
            }
            _ => Err(OutOfTurn),
        }
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
        self.short_in_a_row = if took < SHORT_TASK { self.short_in_a_row.saturating_add(1) } else { 0 };
        if self.units.contains_key(&task) {
            match how {
                Ended::Answered => self.finish(task),
                Ended::Panicked => self.blame(now, task, worker.slot),
            }
        }
        self.retire_if_spent(now, worker.slot);
        self.assign(now);
        Ok(())
    }

    /// A worker is dead and reaped; all that it had written has been reported.
    pub fn died(&mut self, now: Duration, worker: Worker, loss: Loss) {
        let Some(slot) = self.alive(worker) else { return };
        let life = std::mem::replace(&mut slot.life, Life::Vacant);
        let mut leases = std::mem::take(&mut slot.leases);
        let expected = matches!(
            life,
            Life::Retiring { .. } | Life::Sentenced(Sentence::Cancelled | Sentence::Overstayed)
        );
        slot.crashed = !expected;

        let blamed = leases.pop_front_if(|held| held.begun && !held.blameless).map(|held| held.task);
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
            let (starting, own) = match life {
                Life::Starting { .. } => (true, loss == Loss::Own),
                Life::Sentenced(Sentence::StartTimeout) => (true, true),
                _ => (false, false),
            };
            if starting {
                // The fresh worker for which they waited did not come: now any worker will do.
                let waiting = std::mem::take(&mut self.slots[worker.slot].retries);
                waiting.into_iter().for_each(|(_, task)| self.queue.push_front(task));
            }
            if own && !self.ever_ready {
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
            self.blame(now, task, worker.slot);
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
                    let part = Unit { origin, failures: 0, slot: 0, suspect: true, indivisible: false };
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
        for slot in &mut self.slots {
            slot.retries.retain(|&(_, retry)| retry != task);
        }
        self.settled(unit.origin);
        self.actions.push_back(Action::Cancelled(task));
        let running = |slot: &Slot| slot.leases.front().is_some_and(|held| held.begun && held.task == task);
        if let Some(slot) = self.slots.iter().position(running) {
            self.sentence(slot, Sentence::Cancelled);
        }
        self.assign(now);
    }

    /// A task cannot be written to any worker. It has ended otherwise, and the worker that was to have
    /// it never hears of it.
    pub fn unsent(&mut self, now: Duration, lease: Lease) {
        let Lease { task, attempt, worker } = lease;
        if let Some(slot) = self.alive(worker) {
            let before = slot.leases.len();
            slot.leases.retain(|held| (held.task, held.attempt) != (task, attempt));
            slot.given -= (before - slot.leases.len()) as u64;
        }
        if let Some(unit) = self.units.remove(&task) {
            self.settled(unit.origin);
        }
        self.assign(now);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Duration) {
        for index in 0..self.slots.len() {
            if self.time_limit(&self.slots[index]).is_some_and(|limit| limit <= now) {
                let why = match self.slots[index].life {
                    Life::Starting { .. } => Sentence::StartTimeout,
                    Life::Retiring { .. } => Sentence::Overstayed,
                    _ => Sentence::TaskTimeout,
                };
                self.sentence(index, why);
            }
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
            Life::Starting { since } => Some(since.saturating_add(self.policy.start_timeout)),
            Life::Retiring { since } => Some(since.saturating_add(LEAVE_WITHIN)),
            Life::Ready if !slot.leases.is_empty() => {
                let since = slot.clock.max(slot.heard);
                self.policy.task_timeout.map(|limit| since.saturating_add(limit))
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
        while deaths.front().is_some_and(|&death| death.saturating_add(restart_window) < now) {
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
    fn blame(&mut self, now: Duration, task: TaskId, slot: usize) {
        let Some(unit) = self.units.get_mut(&task) else { return };
        unit.failures += 1;
        unit.slot = slot;
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
            let doubled = self.policy.backoff.saturating_mul(1 << (unit.failures - 1).min(10));
            let spread = doubled.as_secs_f64() * (0.5 + jitter(task, unit.failures));
            let pause = Duration::try_from_secs_f64(spread).unwrap_or(Duration::MAX);
            self.slots[unit.slot].retries.push((now.saturating_add(pause), task));
        }
    }

    fn retire_if_spent(&mut self, now: Duration, index: usize) {
        let slot = &mut self.slots[index];
        let spent = self.policy.max_tasks_per_worker.is_some_and(|most| slot.given >= most);
        if spent && slot.life == Life::Ready && slot.leases.is_empty() {
            slot.life = Life::Retiring { since: now };
            self.actions.push_back(Action::Retire(Worker { slot: index, incarnation: slot.incarnation }));
        }
    }

    /// Hands waiting tasks to workers, and starts workers for those that none can take.
    fn assign(&mut self, now: Duration) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.is_idle()
                && let Some((until, task)) = slot.next_retry()
                && until <= now
            {
                slot.retries.retain(|&(_, retry)| retry != task);
                self.give(now, index, task);
            }
        }
        while let Some(index) = self.choose(now) {
            let Some(task) = self.queue.pop_front() else { break };
            self.give(now, index, task);
        }
        self.spawn_for_demand(now);
    }

    fn give(&mut self, now: Duration, index: usize, task: TaskId) {
        let slot = &mut self.slots[index];
        if slot.leases.is_empty() {
            slot.clock = now;
        }
        slot.given += 1;
        let attempt = self.units[&task].failures + 1;
        slot.leases.push_back(Held { task, attempt, begun: false, blameless: false });
        let worker = Worker { slot: index, incarnation: slot.incarnation };
        self.actions.push_back(Action::Send(Lease { task, attempt, worker }));
    }

    /// The worker for the next task of the queue: an idle one, or a busy one if tasks are short and
    /// more of them wait than workers are about to come up.
    fn choose(&self, now: Duration) -> Option<usize> {
        let most = self.policy.max_tasks_per_worker.unwrap_or(u64::MAX);
        let open = |slot: &Slot| slot.life == Life::Ready && slot.given < most && slot.retries.is_empty();
        let all = || self.slots.iter().enumerate().filter(|(_, slot)| open(slot));

        let idle = all().find(|(_, slot)| slot.leases.is_empty());
        if let Some((index, _)) = idle {
            return Some(index);
        }
        let starting = self.slots.iter().filter(|slot| matches!(slot.life, Life::Starting { .. })).count();
        if self.short_in_a_row < self.policy.short_in_a_row || self.queue.len() <= starting {
            return None;
        }
        // The worker that began last, for its task is the least likely to turn out a long one.
        all()
            .filter(|(_, slot)| slot.leases.len() < self.policy.leases_per_worker)
            .filter(|(_, slot)| now.saturating_sub(slot.clock) < SHORT_TASK)
            .min_by_key(|(_, slot)| (slot.leases.len(), Reverse(slot.clock)))
            .map(|(index, _)| index)
    }

    /// Starts workers in vacant slots: where a retry waits, and until there is one for each task of
    /// the queue.
    fn spawn_for_demand(&mut self, now: Duration) {
        let coming = |slot: &&Slot| {
            let fresh = slot.is_idle() && slot.given == 0;
            slot.retries.is_empty() && (matches!(slot.life, Life::Starting { .. }) || fresh)
        };
        let mut missing = self.queue.len().saturating_sub(self.slots.iter().filter(coming).count());
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.life == Life::Vacant && (missing > 0 || !slot.retries.is_empty()) {
                if slot.retries.is_empty() {
                    missing -= 1;
                }
                slot.life = Life::Starting { since: now };
                slot.incarnation += 1;
                slot.given = 0;
                let worker = Worker { slot: index, incarnation: slot.incarnation };
                self.actions.push_back(Action::Spawn { worker, again: slot.crashed });
            }
        }
    }
}

impl Slot {
    fn is_idle(&self) -> bool {
        self.life == Life::Ready && self.leases.is_empty()
    }

    /// The retry whose pause ends first, and when.
    fn next_retry(&self) -> Option<(Duration, TaskId)> {
        self.retries.iter().copied().min()
    }
}

/// A number from 0 to 1 that spreads the retries of tasks that failed together.
fn jitter(task: TaskId, failures: u32) -> f64 {
    let mixed = super::chaos::mix(task ^ (u64::from(failures) << 48));
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod lives;
#[cfg(test)]
mod tests;
