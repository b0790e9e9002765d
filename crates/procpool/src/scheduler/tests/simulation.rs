//! Simulation: random events of workers and callers, with checks of the scheduler's guarantees.
//!
//! Simulated workers do at random what real workers do. The simulation keeps its own record of tasks and
//! attempts and compares the scheduler with it after each event. After the random part no further fault
//! happens and time goes on: then every task has to end.

mod checks;

use std::collections::HashSet;

use proptest::prelude::*;

use super::harness::*;

/// Random event: its kind, and a number that selects the worker or task.
type Event = (u8, u16);

/// A range of the items of a task.
#[derive(Debug, Clone, Copy)]
struct Part {
    origin: TaskId,
    from: u32,
    to: u32,
    /// Failed attempts that count against it.
    failures: u32,
    /// The slot of the last one.
    failed_on: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartEnd {
    Finished,
    Poisoned,
    Cancelled,
    Halved,
}

/// A simulated worker.
#[derive(Debug)]
struct SimulatedWorker {
    worker: WorkerId,
    ready: bool,
    sent: VecDeque<Lease>,
    /// It has begun the first of them.
    begun: bool,
    /// It began when the worker was being killed already.
    exempt: bool,
    /// Does nothing until it is killed.
    hangs: bool,
    kill_reason: Option<KillReason>,
    retired: bool,
}

struct Simulation {
    scheduler: Scheduler,
    policy: Policy,
    now: Duration,
    workers: Vec<Option<SimulatedWorker>>,
    next_task: TaskId,
    parts: HashMap<TaskId, Part>,
    ends: HashMap<TaskId, PartEnd>,
    /// Items that kill their worker.
    poison: HashSet<(TaskId, u32)>,
    cancelled: HashSet<TaskId>,
    /// Random faults spare the last attempt of a part.
    spare_last_attempt: bool,
    /// For each slot, its deaths since its last answer, or since it found a part that kills. Those of parts
    /// do not count.
    deaths: Vec<u32>,
    /// For each slot, whether a start that failed is among these deaths.
    failed_start: Vec<bool>,
    gave_up: Option<GiveUpCause>,
}

impl Simulation {
    fn new(policy: Policy, spare_last_attempt: bool) -> Self {
        Simulation {
            scheduler: Scheduler::new(policy.clone()),
            now: Duration::ZERO,
            workers: (0..policy.workers).map(|_| None).collect(),
            next_task: 1,
            parts: HashMap::new(),
            ends: HashMap::new(),
            poison: HashSet::new(),
            cancelled: HashSet::new(),
            spare_last_attempt,
            deaths: vec![0; policy.workers],
            failed_start: vec![false; policy.workers],
            gave_up: None,
            policy,
        }
    }

    fn is_open(&self, task: TaskId) -> bool {
        !self.ends.contains_key(&task)
    }

    fn end(&mut self, task: TaskId, how: PartEnd) {
        assert!(self.parts.contains_key(&task), "{task} is unknown");
        assert_eq!(self.ends.insert(task, how), None, "{task} ends a second time");
    }

    fn is_poison(&self, task: TaskId) -> bool {
        let Part { origin, from, to, .. } = self.parts[&task];
        (from..to).any(|item| self.poison.contains(&(origin, item)))
    }

    /// Executes the actions of the scheduler, as the supervisor does.
    fn execute_actions(&mut self, pick: u16) {
        while let Some(action) = self.scheduler.next_action() {
            match action {
                Action::Spawn { worker, .. } => {
                    assert!(self.workers[worker.slot].is_none(), "the slot is taken");
                    self.workers[worker.slot] = Some(SimulatedWorker {
                        worker,
                        ready: false,
                        sent: VecDeque::new(),
                        begun: false,
                        exempt: false,
                        hangs: false,
                        kill_reason: None,
                        retired: false,
                    });
                }
                Action::Send(lease) => self.send(lease),
                Action::Kill(worker, why) => {
                    let it = self.workers[worker.slot].as_mut().expect("a worker to kill");
                    assert_eq!((it.worker, it.kill_reason), (worker, None));
                    it.kill_reason = Some(why);
                }
                Action::Retire(worker) => {
                    let it = self.workers[worker.slot].as_mut().expect("a worker to retire");
                    assert_eq!((it.worker, it.sent.len(), it.retired), (worker, 0, false));
                    it.retired = true;
                }
                Action::Bisect(task) => self.halve(task, pick),
                Action::Finish(task) => {
                    assert!(!self.is_poison(task), "{task} has an answer that no worker gave");
                    self.end(task, PartEnd::Finished);
                }
                Action::Poisoned(task, attempts) => {
                    assert_eq!(attempts, self.policy.retries + 1);
                    assert_eq!(attempts, self.parts[&task].failures);
                    // The pool may have given up because of the same death.
                    if self.gave_up.is_none() {
                        self.made_progress(self.parts[&task].failed_on);
                    }
                    self.end(task, PartEnd::Poisoned);
                }
                Action::Cancelled(task) => self.end(task, PartEnd::Cancelled),
                Action::GiveUp(why) => self.gave_up = Some(why),
            }
        }
    }

    fn send(&mut self, lease: Lease) {
        let Lease { task, attempt, worker } = lease;
        assert!(self.is_open(task), "{task} is sent after its end");
        assert_eq!(attempt, self.parts[&task].failures + 1, "{task} gets the wrong attempt");
        assert!(attempt <= self.policy.retries + 1, "{task} gets too many attempts");
        let elsewhere = self.workers.iter().flatten().flat_map(|worker| &worker.sent);
        assert!(elsewhere.into_iter().all(|held| held.task != task), "{task} is leased twice");
        let it = self.workers[worker.slot].as_mut().expect("a worker to send to");
        assert!(it.worker == worker && it.ready && !it.retired && it.kill_reason.is_none());
        it.sent.push_back(lease);
        assert!(it.sent.len() <= self.policy.leases_per_worker);
    }

    fn halve(&mut self, task: TaskId, pick: u16) {
        let part = self.parts[&task];
        let size = part.to - part.from;
        let halves = (size > 1).then(|| {
            let middle = part.from + 1 + u32::from(pick) % (size - 1);
            let names = [self.next_task, self.next_task + 1];
            self.next_task += 2;
            self.parts.insert(names[0], Part { to: middle, failures: 0, ..part });
            self.parts.insert(names[1], Part { from: middle, failures: 0, ..part });
            self.end(task, PartEnd::Halved);
            names
        });
        self.scheduler.bisected(self.now, task, halves);
    }

    fn submit(&mut self, pick: u16) {
        let (task, items) = (self.next_task, 1 + u32::from(pick) % 12);
        self.next_task += 1;
        self.parts.insert(task, Part { origin: task, from: 0, to: items, failures: 0, failed_on: 0 });
        let kills = |item: u32| (pick >> 4).rotate_left(item).is_multiple_of(6);
        let bad = (0..items).filter(|&item| kills(item)).map(|item| (task, item));
        self.poison.extend(bad);
        self.scheduler.submit(self.now, task);
    }

    fn cancel(&mut self, pick: u16) {
        let mut open: Vec<TaskId> = self.parts.keys().copied().filter(|&task| self.is_open(task)).collect();
        open.sort_unstable();
        if !open.is_empty() {
            let task = open[usize::from(pick) % open.len()];
            self.cancelled.insert(self.parts[&task].origin);
            self.scheduler.cancel(self.now, task);
        }
    }

    /// A worker takes its next step; false if it has none.
    fn step_worker(&mut self, slot: usize, pick: u16) -> bool {
        let Some(it) = self.workers[slot].as_mut().filter(|it| !it.hangs) else { return false };
        let (worker, now) = (it.worker, self.now);
        let Some(Lease { task, attempt, .. }) = it.sent.front().copied() else {
            if it.retired {
                self.exit_worker(slot);
            } else if !it.ready {
                it.ready = true;
                self.scheduler.worker_ready(now, worker).unwrap();
            } else {
                return false;
            }
            return true;
        };
        if it.begun && self.is_poison(task) {
            match pick % 4 {
                0 | 1 => self.exit_worker(slot),
                2 => self.panic(slot),
                _ => self.workers[slot].as_mut().unwrap().hangs = true,
            }
            return true;
        }
        let Some(it) = self.workers[slot].as_mut() else { return false };
        if !it.begun {
            (it.begun, it.exempt) = (true, it.kill_reason.is_some());
            self.scheduler.attempt_began(now, worker, task, attempt).unwrap();
        } else {
            it.sent.pop_front();
            it.begun = false;
            self.made_progress(slot);
            self.scheduler.attempt_ended(now, worker, task, attempt, AttemptEnd::Answered).unwrap();
        }
        true
    }

    fn panic(&mut self, slot: usize) {
        let it = self.workers[slot].as_mut().unwrap();
        let Lease { task, attempt, worker } = it.sent.pop_front().unwrap();
        it.begun = false;
        if !self.ends.contains_key(&task) {
            self.record_failure(slot, task);
        }
        self.scheduler.attempt_ended(self.now, worker, task, attempt, AttemptEnd::Panicked).unwrap();
    }

    fn made_progress(&mut self, slot: usize) {
        self.deaths[slot] = 0;
        self.failed_start[slot] = false;
    }

    fn record_failure(&mut self, slot: usize, task: TaskId) {
        let part = self.parts.get_mut(&task).unwrap();
        part.failures += 1;
        part.failed_on = slot;
    }

    fn exit_worker(&mut self, slot: usize) {
        let it = self.workers[slot].take().unwrap();
        let ours = matches!(it.kill_reason, Some(KillReason::Cancelled | KillReason::RetireTimeout));
        let running = it.sent.front().filter(|_| it.begun && !it.exempt).map(|lease| lease.task);
        let blamed = running.filter(|&task| self.is_open(task));
        let is_part = blamed.is_some_and(|task| self.parts[&task].origin != task);
        if !ours && !it.retired && !is_part {
            self.deaths[slot] += 1;
            // One that says hello while it is being killed came too late all the same.
            self.failed_start[slot] |= !it.ready || it.kill_reason == Some(KillReason::StartTimeout);
        }
        if let Some(task) = blamed {
            self.record_failure(slot, task);
        }
        self.scheduler.worker_exited(self.now, it.worker);
    }

    /// Whether a fault may strike that is not caused by the running task.
    fn may_fail(&self, slot: usize) -> bool {
        let Some(it) = &self.workers[slot] else { return false };
        match it.sent.front() {
            Some(lease) if it.begun => !self.spare_last_attempt || lease.attempt <= self.policy.retries,
            _ => true,
        }
    }

    fn event(&mut self, (kind, pick): Event) {
        let slot = usize::from(pick) % self.workers.len();
        let running = self.workers[slot].as_ref().is_some_and(|it| it.begun);
        match kind {
            0..=24 => self.submit(pick),
            25..=69 => {
                self.step_worker(slot, pick >> 8);
            }
            70..=75 if self.may_fail(slot) => self.exit_worker(slot),
            76..=79 if running && self.may_fail(slot) => self.panic(slot),
            80..=83 if self.may_fail(slot) => {
                self.workers[slot].as_mut().unwrap().hangs = true;
            }
            84..=87 => self.cancel(pick),
            88..=91 => {
                // A slow worker is a fault too: if last attempts are spared, none may exceed its timeout.
                let most = if self.spare_last_attempt { 50 } else { u64::MAX };
                self.now += Duration::from_millis(u64::from(pick) % most);
                self.scheduler.tick(self.now);
            }
            92..=95 => self.send_invalid_messages(pick),
            _ => {
                self.deliver_kills();
            }
        }
        self.execute_actions(pick);
        self.check();
    }

    /// Workers that are being killed exit.
    fn deliver_kills(&mut self) -> bool {
        let being_killed =
            |worker: &Option<SimulatedWorker>| worker.as_ref().is_some_and(|it| it.kill_reason.is_some());
        let slots: Vec<usize> =
            (0..self.workers.len()).filter(|&slot| being_killed(&self.workers[slot])).collect();
        for &slot in &slots {
            self.exit_worker(slot);
            self.execute_actions(0);
        }
        !slots.is_empty()
    }

    /// Lets workers do their work without faults, and advances the clock when nothing else happens.
    fn run_to_end(&mut self) {
        for round in 0..100_000u32 {
            if self.gave_up.is_some() || self.scheduler.tasks.is_empty() {
                return;
            }
            let mut moved = false;
            for slot in 0..self.workers.len() {
                moved |= self.step_worker(slot, round as u16 % 4);
                self.execute_actions(round as u16);
            }
            self.check();
            if !self.deliver_kills() && !moved {
                let Some(deadline) = self.scheduler.deadline() else {
                    panic!("no event is left: {:#?}", self.scheduler);
                };
                self.now = self.now.max(deadline);
                self.scheduler.tick(self.now);
                self.execute_actions(round as u16);
            }
        }
        panic!("it does not end: {:#?}", self.scheduler);
    }
}

fn policies() -> impl Strategy<Value = Policy> {
    let share = prop_oneof![Just(None), (1u64..4).prop_map(Some)];
    (1usize..5, (1usize..4, 0u32..3), 0u32..4, share, any::<bool>()).prop_map(
        |(workers, (leases_per_worker, short_in_a_row), retries, max_tasks_per_worker, strict)| Policy {
            workers,
            leases_per_worker,
            short_in_a_row,
            retries,
            max_restarts: if strict { 6 } else { u32::MAX },
            restart_window: Duration::from_secs(60),
            start_timeout: Duration::from_secs(10),
            task_timeout: Some(Duration::from_secs(20)),
            max_tasks_per_worker,
            backoff: Duration::from_millis(5),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_task_ends_exactly_once_whatever_happens(
        policy in policies(),
        spare_last_attempt: bool,
        events in prop::collection::vec((0u8..100, any::<u16>()), 1..200),
    ) {
        let mut simulation = Simulation::new(policy, spare_last_attempt);
        for event in events {
            simulation.event(event);
            if simulation.gave_up.is_some() {
                return Ok(());
            }
        }
        simulation.run_to_end();
        if simulation.gave_up.is_none() {
            simulation.check_final_state();
        }
    }
}
