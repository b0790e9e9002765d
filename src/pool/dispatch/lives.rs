//! Random lives: whatever workers do, and in whatever order it is heard, the promises hold.
//!
//! A world of simulated workers does at random what real ones do, and keeps its own books, from
//! which each promise is checked while it goes. After the random part the world becomes fair:
//! workers do their work and clocks go on, and then everything has to end.

use hashbrown::HashSet;
use proptest::prelude::*;

use super::*;

/// One random event: what, and to whom.
type Event = (u8, u16);

/// A part of a task: which of the items of which task.
#[derive(Debug, Clone, Copy)]
struct Piece {
    origin: TaskId,
    from: u32,
    to: u32,
    /// Attempts for which it was to blame.
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Finished,
    Poisoned,
    Cancelled,
    Halved,
}

/// A simulated worker.
#[derive(Debug)]
struct Sim {
    worker: Worker,
    ready: bool,
    sent: VecDeque<Lease>,
    /// It has begun the first of them.
    begun: bool,
    /// And it did so when it was condemned already.
    late: bool,
    /// Does nothing any more, until it is killed.
    hangs: bool,
    sentence: Option<Sentence>,
    retired: bool,
}

struct World {
    dispatcher: Dispatcher,
    policy: Policy,
    now: Duration,
    workers: Vec<Option<Sim>>,
    next_task: TaskId,
    pieces: HashMap<TaskId, Piece>,
    ends: HashMap<TaskId, End>,
    /// Items that kill whoever touches them.
    poison: HashSet<(TaskId, u32)>,
    cancelled: HashSet<TaskId>,
    /// Faults of the workers' own spare a part's last attempt.
    spares: bool,
    /// For each slot, its deaths since it last had an answer.
    deaths: Vec<u32>,
    /// The same for all of them, over the whole life.
    total_deaths: u32,
    /// A task has been halved.
    divided: bool,
    gave_up: Option<GiveUp>,
}

impl World {
    fn new(policy: Policy, spares: bool) -> Self {
        World {
            dispatcher: Dispatcher::new(policy.clone()),
            now: Duration::ZERO,
            workers: (0..policy.workers).map(|_| None).collect(),
            next_task: 1,
            pieces: HashMap::new(),
            ends: HashMap::new(),
            poison: HashSet::new(),
            cancelled: HashSet::new(),
            spares,
            deaths: vec![0; policy.workers],
            total_deaths: 0,
            divided: false,
            gave_up: None,
            policy,
        }
    }

    fn is_open(&self, task: TaskId) -> bool {
        !self.ends.contains_key(&task)
    }

    fn end(&mut self, task: TaskId, how: End) {
        assert!(self.pieces.contains_key(&task), "{task} is unknown");
        assert_eq!(self.ends.insert(task, how), None, "{task} ends a second time");
    }

    fn is_poison(&self, task: TaskId) -> bool {
        let Piece { origin, from, to, .. } = self.pieces[&task];
        (from..to).any(|item| self.poison.contains(&(origin, item)))
    }

    /// Does what the dispatcher asks for, as the supervisor would.
    fn act(&mut self, pick: u16) {
        while let Some(action) = self.dispatcher.next_action() {
            match action {
                Action::Spawn { worker, .. } => {
                    assert!(self.workers[worker.slot].is_none(), "the slot is taken");
                    self.workers[worker.slot] = Some(Sim {
                        worker,
                        ready: false,
                        sent: VecDeque::new(),
                        begun: false,
                        late: false,
                        hangs: false,
                        sentence: None,
                        retired: false,
                    });
                }
                Action::Send(lease) => self.send(lease),
                Action::Kill(worker, why) => {
                    let it = self.workers[worker.slot].as_mut().expect("a worker to kill");
                    assert_eq!((it.worker, it.sentence), (worker, None));
                    it.sentence = Some(why);
                }
                Action::Retire(worker) => {
                    let it = self.workers[worker.slot].as_mut().expect("a worker to retire");
                    assert_eq!((it.worker, it.sent.len(), it.retired), (worker, 0, false));
                    it.retired = true;
                }
                Action::Halve(task) => self.halve(task, pick),
                Action::Finish(task) => {
                    assert!(!self.is_poison(task), "{task} has an answer that nobody gave");
                    self.end(task, End::Finished);
                }
                Action::Poisoned(task, attempts) => {
                    assert_eq!(attempts, self.policy.retries + 1);
                    assert_eq!(attempts, self.pieces[&task].failures);
                    self.end(task, End::Poisoned);
                }
                Action::Cancelled(task) => self.end(task, End::Cancelled),
                Action::GiveUp(why) => self.gave_up = Some(why),
            }
        }
    }

    fn send(&mut self, lease: Lease) {
        let Lease { task, attempt, worker } = lease;
        assert!(self.is_open(task), "{task} is sent after its end");
        assert_eq!(attempt, self.pieces[&task].failures + 1, "{task} gets the wrong attempt");
        assert!(attempt <= self.policy.retries + 1, "{task} gets too many attempts");
        let elsewhere = self.workers.iter().flatten().flat_map(|worker| &worker.sent);
        assert!(elsewhere.into_iter().all(|held| held.task != task), "{task} is leased twice");
        let it = self.workers[worker.slot].as_mut().expect("a worker to send to");
        assert!(it.worker == worker && it.ready && !it.retired && it.sentence.is_none());
        it.sent.push_back(lease);
        assert!(it.sent.len() <= self.policy.leases_per_worker);
    }

    fn halve(&mut self, task: TaskId, pick: u16) {
        let piece = self.pieces[&task];
        let size = piece.to - piece.from;
        let halves = (size > 1).then(|| {
            let middle = piece.from + 1 + u32::from(pick) % (size - 1);
            let names = [self.next_task, self.next_task + 1];
            self.next_task += 2;
            self.pieces.insert(names[0], Piece { to: middle, failures: 0, ..piece });
            self.pieces.insert(names[1], Piece { from: middle, failures: 0, ..piece });
            self.end(task, End::Halved);
            self.divided = true;
            names
        });
        self.dispatcher.halved(self.now, task, halves);
    }

    fn submit(&mut self, pick: u16) {
        let (task, items) = (self.next_task, 1 + u32::from(pick) % 12);
        self.next_task += 1;
        self.pieces.insert(task, Piece { origin: task, from: 0, to: items, failures: 0 });
        let kills = |item: u32| (pick >> 4).rotate_left(item).is_multiple_of(6);
        let bad = (0..items).filter(|&item| kills(item)).map(|item| (task, item));
        self.poison.extend(bad);
        self.dispatcher.submit(self.now, task);
    }

    fn cancel(&mut self, pick: u16) {
        let mut open: Vec<TaskId> = self.pieces.keys().copied().filter(|&task| self.is_open(task)).collect();
        open.sort_unstable();
        if !open.is_empty() {
            let task = open[usize::from(pick) % open.len()];
            self.cancelled.insert(self.pieces[&task].origin);
            self.dispatcher.cancel(self.now, task);
        }
    }

    /// A worker that lives does the next thing it has to do; false if there is none.
    fn go_on(&mut self, slot: usize, pick: u16) -> bool {
        let Some(it) = self.workers[slot].as_mut().filter(|it| !it.hangs) else { return false };
        let (worker, now) = (it.worker, self.now);
        let Some(Lease { task, attempt, .. }) = it.sent.front().copied() else {
            if it.retired {
                self.die(slot, Loss::Own);
            } else if !it.ready {
                it.ready = true;
                self.dispatcher.ready(now, worker).unwrap();
            } else {
                return false;
            }
            return true;
        };
        if it.begun && self.is_poison(task) {
            match pick % 4 {
                0 => self.die(slot, Loss::Own),
                1 => self.die(slot, Loss::Signal),
                2 => self.panic(slot),
                _ => self.workers[slot].as_mut().unwrap().hangs = true,
            }
            return true;
        }
        let Some(it) = self.workers[slot].as_mut() else { return false };
        if !it.begun {
            (it.begun, it.late) = (true, it.sentence.is_some());
            self.dispatcher.began(now, worker, task, attempt).unwrap();
        } else {
            it.sent.pop_front();
            it.begun = false;
            self.deaths[slot] = 0;
            self.dispatcher.ended(now, worker, task, attempt, Ended::Answered).unwrap();
        }
        true
    }

    fn panic(&mut self, slot: usize) {
        let it = self.workers[slot].as_mut().unwrap();
        let Lease { task, attempt, worker } = it.sent.pop_front().unwrap();
        it.begun = false;
        if !self.ends.contains_key(&task) {
            self.pieces.get_mut(&task).unwrap().failures += 1;
        }
        self.dispatcher.ended(self.now, worker, task, attempt, Ended::Panicked).unwrap();
    }

    fn die(&mut self, slot: usize, loss: Loss) {
        let it = self.workers[slot].take().unwrap();
        let ours = matches!(it.sentence, Some(Sentence::Cancelled | Sentence::Overstayed));
        if !ours && !it.retired {
            self.deaths[slot] += 1;
            self.total_deaths += 1;
        }
        if let Some(lease) = it.sent.front()
            && it.begun
            && !it.late
            && self.is_open(lease.task)
        {
            self.pieces.get_mut(&lease.task).unwrap().failures += 1;
        }
        self.dispatcher.died(self.now, it.worker, loss);
    }

    /// Whether a fault that the running task has no part in may happen now.
    fn may_fail(&self, slot: usize) -> bool {
        let Some(it) = &self.workers[slot] else { return false };
        match it.sent.front() {
            Some(lease) if it.begun => !self.spares || lease.attempt <= self.policy.retries,
            _ => true,
        }
    }

    fn event(&mut self, (kind, pick): Event) {
        let slot = usize::from(pick) % self.workers.len();
        let running = self.workers[slot].as_ref().is_some_and(|it| it.begun);
        match kind {
            0..=24 => self.submit(pick),
            25..=69 => {
                self.go_on(slot, pick >> 8);
            }
            70..=75 if self.may_fail(slot) => {
                // An honest start that fails before any hello ends the pool: there is a test for it.
                let own = pick & 0x100 != 0 && self.dispatcher.ever_ready;
                self.die(slot, if own { Loss::Own } else { Loss::Signal });
            }
            76..=79 if running && self.may_fail(slot) => self.panic(slot),
            80..=83 if self.dispatcher.ever_ready && self.may_fail(slot) => {
                self.workers[slot].as_mut().unwrap().hangs = true;
            }
            84..=87 => self.cancel(pick),
            88..=91 => {
                // A slow worker is a fault too: where innocents are spared, no attempt takes too long.
                let most = if self.spares { 50 } else { u64::MAX };
                self.now += Duration::from_millis(u64::from(pick) % most);
                self.dispatcher.tick(self.now);
            }
            92..=95 => self.speak_out_of_turn(pick),
            _ => {
                self.execute();
            }
        }
        self.act(pick);
        self.check();
    }

    /// The signals that are under way arrive.
    fn execute(&mut self) -> bool {
        let condemned = |worker: &Option<Sim>| worker.as_ref().is_some_and(|it| it.sentence.is_some());
        let slots: Vec<usize> =
            (0..self.workers.len()).filter(|&slot| condemned(&self.workers[slot])).collect();
        for &slot in &slots {
            self.die(slot, Loss::Signal);
            self.act(0);
        }
        !slots.is_empty()
    }

    /// A worker says what only another one could, about this or that task.
    fn speak_out_of_turn(&mut self, pick: u16) {
        let slot = usize::from(pick) % self.workers.len();
        let task = 1 + TaskId::from(pick >> 4) % self.next_task;
        let attempt = u32::from(pick >> 12) % 4;
        let current = self.workers[slot].as_ref().map(|it| it.worker);
        let worker = current.filter(|_| pick & 8 == 0);
        let worker = worker.unwrap_or(Worker { slot, incarnation: u64::from(pick >> 8) });
        let it = self.workers[slot].as_ref().filter(|it| it.worker == worker);
        let first = it.and_then(|it| it.sent.front());
        let right = first.is_some_and(|lease| (lease.task, lease.attempt) == (task, attempt));
        let begun = it.is_some_and(|it| it.begun);
        let before = format!("{:?}", self.dispatcher);
        if !right || begun {
            assert_eq!(self.dispatcher.began(self.now, worker, task, attempt), Err(OutOfTurn));
        }
        if !right || !begun {
            let how = if pick & 1 == 0 { Ended::Answered } else { Ended::Panicked };
            assert_eq!(self.dispatcher.ended(self.now, worker, task, attempt, how), Err(OutOfTurn));
        }
        if it.is_none_or(|it| it.ready && it.sentence.is_none()) {
            assert_eq!(self.dispatcher.ready(self.now, worker), Err(OutOfTurn));
        }
        assert_eq!(format!("{:?}", self.dispatcher), before);
    }

    fn check(&self) {
        let open = self.pieces.keys().filter(|&&task| self.is_open(task)).count();
        assert_eq!(self.dispatcher.unfinished(), open);
        for (slot, it) in self.workers.iter().enumerate() {
            let held = &self.dispatcher.slots[slot].leases;
            let sent = it.iter().flat_map(|it| &it.sent);
            assert!(held.iter().map(|held| held.task).eq(sent.map(|lease| lease.task)));
        }
        match self.gave_up {
            // Deaths in a search count elsewhere, and old ones not at all.
            None if !self.divided && self.now < self.policy.restart_window => {
                assert!(self.deaths.iter().all(|&deaths| deaths <= self.policy.max_restarts));
            }
            None => {}
            Some(GiveUp::Restarts { deaths }) => {
                assert_eq!(deaths, self.policy.max_restarts + 1);
                assert!(self.deaths.iter().any(|&counted| counted >= deaths));
            }
            Some(GiveUp::Isolation { deaths }) => {
                assert_eq!(deaths, ISOLATION_DEATHS + 1);
                assert!(self.total_deaths >= deaths);
            }
            Some(GiveUp::CannotStart) => assert!(!self.dispatcher.ever_ready),
        }
    }

    /// From here on workers do their work, and time passes when nothing else does.
    fn settle(&mut self) {
        for round in 0..100_000u32 {
            if self.gave_up.is_some() || self.dispatcher.unfinished() == 0 {
                return;
            }
            let mut moved = false;
            for slot in 0..self.workers.len() {
                moved |= self.go_on(slot, round as u16 % 4);
                self.act(round as u16);
            }
            self.check();
            if !self.execute() && !moved {
                let Some(deadline) = self.dispatcher.deadline() else {
                    panic!("nothing will ever happen again: {:#?}", self.dispatcher);
                };
                self.now = self.now.max(deadline);
                self.dispatcher.tick(self.now);
                self.act(round as u16);
            }
        }
        panic!("it goes on for ever: {:#?}", self.dispatcher);
    }

    /// What has to be true when all has been said.
    fn judge(&self) {
        assert_eq!(self.ends.len(), self.pieces.len(), "every part has its end");
        let d = &self.dispatcher;
        assert!(
            d.queue.is_empty()
                && d.slots.iter().all(|slot| slot.retries.is_empty())
                && d.isolations.is_empty()
                && d.units.is_empty()
        );
        // A lease for a task that was cancelled may still lie in a pipe; none that counts does.
        for lease in self.workers.iter().flatten().flat_map(|it| &it.sent) {
            assert_eq!(self.ends[&lease.task], End::Cancelled);
        }
        for (task, piece) in &self.pieces {
            let size = piece.to - piece.from;
            match self.ends[task] {
                End::Poisoned if self.spares => {
                    assert!(size == 1 && self.is_poison(*task), "{piece:?} is innocent");
                }
                End::Poisoned => assert_eq!(size, 1, "what was condemned could have been divided"),
                End::Halved => assert!(size > 1),
                End::Cancelled => assert!(self.cancelled.contains(&piece.origin)),
                End::Finished => {}
            }
        }
        // Each item of a task has one end, so what is not lost has been done.
        for (task, root) in self.pieces.iter().filter(|(task, piece)| **task == piece.origin) {
            let leaves = self
                .pieces
                .iter()
                .filter(|(name, piece)| piece.origin == *task && self.ends[*name] != End::Halved);
            assert_eq!(leaves.map(|(_, piece)| piece.to - piece.from).sum::<u32>(), root.to);
        }
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
        spares: bool,
        events in prop::collection::vec((0u8..100, any::<u16>()), 1..200),
    ) {
        let mut world = World::new(policy, spares);
        for event in events {
            world.event(event);
            if world.gave_up.is_some() {
                return Ok(());
            }
        }
        world.settle();
        if world.gave_up.is_none() {
            world.judge();
        }
    }
}
