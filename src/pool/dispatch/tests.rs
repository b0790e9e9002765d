//! The rules one by one, each on the shortest life that shows it.

use super::*;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn policy(workers: usize) -> Policy {
    Policy {
        workers,
        leases_per_worker: 2,
        short_in_a_row: 1,
        retries: 2,
        max_restarts: 3,
        restart_window: 10 * SECOND,
        start_timeout: 5 * SECOND,
        task_timeout: Some(60 * SECOND),
        max_tasks_per_worker: None,
        backoff: 10 * MS,
    }
}

/// A dispatcher with a clock that only these tests move.
struct Stage {
    dispatcher: Dispatcher,
    now: Duration,
}

impl Stage {
    fn new(policy: Policy) -> Self {
        Stage { dispatcher: Dispatcher::new(policy), now: Duration::ZERO }
    }

    /// A stage on which every slot has an idle worker that has answered a short task, so that tasks
    /// are queued to busy workers too. Tasks 1000 and up are used for it.
    fn warm(policy: Policy) -> Self {
        let workers = policy.workers;
        let mut stage = Stage::new(policy);
        let warm_up: Vec<TaskId> = (1000..).take(workers).collect();
        warm_up.iter().for_each(|&task| stage.submit(task));
        stage.actions();
        (0..workers).for_each(|slot| stage.ready(slot));
        let leases = stage.sent();
        assert_eq!(leases.len(), workers);
        for lease in leases {
            stage.begin(lease);
            stage.answer(lease);
        }
        stage.actions();
        stage
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.dispatcher.next_action()).collect()
    }

    /// The leases that are to be sent; whatever else is to be done is left out.
    fn sent(&mut self) -> Vec<Lease> {
        let lease = |action| if let Action::Send(lease) = action { Some(lease) } else { None };
        self.actions().into_iter().filter_map(lease).collect()
    }

    fn one_sent(&mut self) -> Lease {
        let leases = self.sent();
        assert_eq!(leases.len(), 1, "{leases:?}");
        leases[0]
    }

    fn worker(&self, slot: usize) -> Worker {
        Worker { slot, incarnation: self.dispatcher.slots[slot].incarnation }
    }

    fn submit(&mut self, task: TaskId) {
        self.dispatcher.submit(self.now, task);
    }

    fn ready(&mut self, slot: usize) {
        let worker = self.worker(slot);
        self.dispatcher.ready(self.now, worker).unwrap();
    }

    fn begin(&mut self, lease: Lease) {
        self.dispatcher.began(self.now, lease.worker, lease.task, lease.attempt).unwrap();
    }

    fn end(&mut self, lease: Lease, how: Ended) {
        self.dispatcher.ended(self.now, lease.worker, lease.task, lease.attempt, how).unwrap();
    }

    fn answer(&mut self, lease: Lease) {
        self.end(lease, Ended::Answered);
    }

    fn die(&mut self, slot: usize, loss: Loss) {
        let worker = self.worker(slot);
        self.dispatcher.died(self.now, worker, loss);
    }

    /// Time passes until the dispatcher wants to be woken.
    fn sleep(&mut self) {
        self.now = self.dispatcher.deadline().expect("something is awaited").max(self.now);
        self.dispatcher.tick(self.now);
    }

    /// Submits a task to the only slot, starts a worker for it and lets it begin.
    fn running(&mut self, task: TaskId) -> Lease {
        self.submit(task);
        if self.actions().iter().any(|action| matches!(action, Action::Spawn { .. })) {
            self.ready(0);
        } else {
            panic!("a fresh worker was expected");
        }
        let lease = self.one_sent();
        self.begin(lease);
        lease
    }

    /// One more attempt at the only task: its fresh worker comes up and begins it.
    fn next_attempt(&mut self) -> Lease {
        self.ready(0);
        let mut leases = self.sent();
        if leases.is_empty() {
            self.sleep();
            leases = self.sent();
        }
        self.begin(leases[0]);
        leases[0]
    }
}

#[test]
fn a_worker_is_started_only_for_a_task_that_nobody_else_can_take() {
    let mut stage = Stage::new(policy(3));
    assert_eq!(stage.actions(), []);
    stage.submit(1);
    let worker = Worker { slot: 0, incarnation: 1 };
    assert_eq!(stage.actions(), [Action::Spawn { worker, again: false }]);
    stage.ready(0);
    let lease = Lease { task: 1, attempt: 1, worker };
    assert_eq!(stage.actions(), [Action::Send(lease)]);
    stage.begin(lease);
    stage.answer(lease);
    assert_eq!(stage.actions(), [Action::Finish(1)]);
    stage.submit(2);
    assert_eq!(stage.actions(), [Action::Send(Lease { task: 2, attempt: 1, worker })]);
}

#[test]
fn a_task_is_sent_behind_another_only_when_tasks_have_shown_to_be_short() {
    let mut stage = Stage::warm(Policy { short_in_a_row: 4, ..policy(2) });
    for task in 1..=4 {
        stage.submit(task);
    }
    // Two short ones have been seen: the others wait for whoever is free first.
    let first = stage.sent();
    assert_eq!(first.iter().map(|lease| lease.task).collect::<Vec<_>>(), [1, 2]);
    stage.begin(first[0]);
    stage.now += MS;
    stage.begin(first[1]);
    stage.answer(first[1]);
    let third = stage.sent();
    assert_eq!(third.iter().map(|lease| (lease.task, lease.worker.slot)).collect::<Vec<_>>(), [(3, 1)]);
    stage.begin(third[0]);
    stage.answer(third[0]);
    // The fourth short one has been seen. Of two busy workers the one that began last gets two.
    stage.submit(5);
    let fourth = stage.sent();
    let given = fourth.iter().map(|lease| (lease.task, lease.worker.slot)).collect::<Vec<_>>();
    assert_eq!(given, [(4, 1), (5, 1)]);
    // Whoever has been at it for long gets nothing to wait behind that.
    stage.now += SECOND;
    stage.submit(6);
    assert_eq!(stage.sent(), []);
    // A long one, and the row begins anew.
    stage.answer(first[0]);
    stage.submit(7);
    assert_eq!(stage.sent().iter().map(|lease| lease.task).collect::<Vec<_>>(), [6]);
}

#[test]
fn only_the_task_that_ran_is_blamed_and_the_one_behind_it_keeps_its_attempt() {
    for loss in [Loss::Signal, Loss::Own] {
        let mut stage = Stage::warm(policy(1));
        stage.submit(1);
        stage.submit(2);
        let leases = stage.sent();
        assert_eq!(leases.len(), 2, "short tasks are queued behind each other");
        stage.begin(leases[0]);
        stage.die(0, loss);
        stage.actions();
        stage.ready(0);
        assert_eq!(stage.actions(), [], "the slot comes to the end of one task before another");
        stage.sleep();
        let again = stage.sent();
        assert_eq!((again[0].task, again[0].attempt), (1, 2), "{again:?}");
        assert_eq!((again[1].task, again[1].attempt), (2, 1), "{again:?}");
    }
}

#[test]
fn a_task_that_was_sent_and_never_begun_is_not_blamed_however_often_its_worker_dies() {
    let mut stage = Stage::new(Policy { max_restarts: 100, ..policy(1) });
    stage.submit(1);
    for _ in 0..20 {
        stage.actions();
        stage.ready(0);
        assert_eq!(stage.one_sent().attempt, 1);
        stage.die(0, Loss::Signal);
    }
}

#[test]
fn what_a_worker_has_no_right_to_say_is_an_error_and_changes_nothing() {
    let mut stage = Stage::warm(policy(2));
    stage.submit(1);
    stage.submit(2);
    stage.submit(3);
    let leases = stage.sent();
    let [first, other, behind] = leases[..] else { panic!("{leases:?}") };
    assert_eq!(first.worker, behind.worker);
    stage.begin(first);
    stage.die(1, Loss::Own);
    stage.actions();
    stage.ready(1);
    let other = stage.sent().into_iter().find(|lease| lease.task == other.task).unwrap();
    stage.actions();

    let before = format!("{:?}", stage.dispatcher);
    let now = stage.now;
    let stale = Worker { incarnation: 1, ..other.worker };
    let stranger = Worker { slot: 9, incarnation: 1 };
    let d = &mut stage.dispatcher;
    for worker in [first.worker, other.worker, stale, stranger] {
        assert_eq!(d.ready(now, worker), Err(OutOfTurn), "a second hello");
    }
    for (worker, task, attempt, why) in [
        (first.worker, first.task, 1, "begun before"),
        (first.worker, behind.task, 1, "not the first"),
        (other.worker, first.task, 1, "held by another"),
        (other.worker, other.task, 2, "another attempt"),
        (other.worker, 77, 1, "no such task"),
        (stale, other.task, 1, "a life that is over"),
        (stranger, other.task, 1, "no such slot"),
    ] {
        assert_eq!(d.began(now, worker, task, attempt), Err(OutOfTurn), "{why}");
    }
    for (worker, task, attempt, why) in [
        (other.worker, other.task, 1, "not begun"),
        (first.worker, behind.task, 1, "not the first"),
        (first.worker, first.task, 2, "another attempt"),
        (other.worker, first.task, 1, "held by another"),
        (stale, other.task, 1, "a life that is over"),
    ] {
        for how in [Ended::Answered, Ended::Panicked] {
            assert_eq!(d.ended(now, worker, task, attempt, how), Err(OutOfTurn), "{why}");
        }
    }
    d.died(now, stale, Loss::Own);
    d.died(now, stranger, Loss::Own);
    d.halved(now, 77, Some([78, 79]));
    d.cancel(now, 77);
    assert_eq!(format!("{:?}", stage.dispatcher), before);
}

#[test]
fn one_death_more_than_allowed_within_the_window_gives_up() {
    let mut stage = Stage::new(Policy { retries: 9, ..policy(1) });
    let mut lease = stage.running(1);
    for death in 1..=4 {
        assert_eq!(lease.attempt, death);
        stage.die(0, Loss::Signal);
        if death <= 3 {
            lease = stage.next_attempt();
        }
    }
    let gave_up = Action::GiveUp(GiveUp::Restarts { deaths: 4 });
    assert!(stage.actions().contains(&gave_up));
}

#[test]
fn deaths_that_have_left_the_window_do_not_count() {
    let mut stage = Stage::new(Policy { retries: 99, ..policy(1) });
    stage.running(1);
    for _ in 0..20 {
        stage.now += 4 * SECOND;
        stage.die(0, Loss::Signal);
        let gave_up = stage.actions().iter().any(|action| matches!(action, Action::GiveUp(_)));
        assert!(!gave_up, "three deaths within 10 s are allowed, and no more fit in");
        stage.next_attempt();
    }
}

#[test]
fn finishing_a_task_clears_the_budget_and_beginning_one_does_not() {
    for finishes in [true, false] {
        let mut stage = Stage::new(Policy { retries: 0, ..policy(1) });
        let mut gave_up = false;
        for task in 0..20 {
            stage.submit(task);
            stage.actions();
            stage.ready(0);
            let lease = stage.one_sent();
            stage.begin(lease);
            if finishes {
                stage.answer(lease);
            }
            stage.die(0, Loss::Own);
            if !finishes {
                stage.dispatcher.halved(stage.now, task, None);
            }
            gave_up |= stage.actions().iter().any(|action| matches!(action, Action::GiveUp(_)));
        }
        assert_eq!(gave_up, !finishes);
    }
}

#[test]
fn a_start_that_fails_by_itself_before_any_hello_gives_up_at_once() {
    let mut stage = Stage::new(policy(2));
    stage.submit(1);
    stage.actions();
    stage.die(0, Loss::Own);
    assert_eq!(stage.actions()[0], Action::GiveUp(GiveUp::CannotStart));

    let mut stage = Stage::new(policy(2));
    stage.submit(1);
    stage.actions();
    stage.sleep();
    assert_eq!(stage.actions()[0], Action::Kill(stage.worker(0), Sentence::StartTimeout));
    stage.die(0, Loss::Signal);
    assert_eq!(stage.actions()[0], Action::GiveUp(GiveUp::CannotStart));
}

#[test]
fn a_start_that_a_signal_ends_or_that_fails_later_is_a_death_like_any_other() {
    let mut stage = Stage::new(policy(1));
    stage.submit(1);
    for deaths in 1..=4 {
        let spawn = Action::Spawn { worker: stage.worker(0), again: deaths > 1 };
        assert_eq!(stage.actions(), [spawn]);
        stage.die(0, Loss::Signal);
    }
    assert_eq!(stage.actions()[0], Action::GiveUp(GiveUp::Restarts { deaths: 4 }));

    let mut stage = Stage::warm(policy(1));
    stage.die(0, Loss::Own);
    stage.submit(1);
    for _ in 0..2 {
        stage.actions();
        stage.die(0, Loss::Own);
    }
    assert!(matches!(stage.actions()[..], [Action::Spawn { again: true, .. }]));
    stage.die(0, Loss::Own);
    assert_eq!(stage.actions()[0], Action::GiveUp(GiveUp::Restarts { deaths: 4 }));
}

#[test]
fn a_panic_is_tried_again_and_costs_no_worker() {
    let mut stage = Stage::new(policy(1));
    let mut lease = stage.running(1);
    for _ in 0..2 {
        stage.end(lease, Ended::Panicked);
        assert_eq!(stage.actions(), []);
        stage.sleep();
        lease = stage.one_sent();
        stage.begin(lease);
    }
    assert_eq!(lease.attempt, 3);
    stage.end(lease, Ended::Panicked);
    assert_eq!(stage.actions(), [Action::Halve(1)]);
    stage.dispatcher.halved(stage.now, 1, None);
    assert_eq!(stage.actions(), [Action::Poisoned(1, 3)]);
    assert_eq!(stage.dispatcher.unfinished(), 0);
}

#[test]
fn a_retry_waits_for_a_fresh_worker_but_not_for_one_that_does_not_come() {
    // Two workers; one dies of the task. The other is idle, and its time is not the retry's.
    let mut stage = Stage::warm(policy(2));
    stage.submit(1);
    let lease = stage.one_sent();
    stage.begin(lease);
    stage.die(lease.worker.slot, Loss::Signal);
    let spawned = stage.actions();
    assert!(matches!(spawned[..], [Action::Spawn { again: true, .. }]), "{spawned:?}");
    // The fresh one does not come.
    stage.sleep();
    let killed = stage.actions();
    assert!(matches!(killed[..], [Action::Kill(_, Sentence::StartTimeout)]), "it waits: {killed:?}");
    stage.die(lease.worker.slot, Loss::Signal);
    let second = stage.one_sent();
    assert_eq!(second.attempt, 2);
    assert_ne!(second.worker.slot, lease.worker.slot);

    // The only worker of a pool panicked: there is no place for a fresh one, so it gets the retry.
    let mut stage = Stage::warm(policy(1));
    stage.submit(1);
    let lease = stage.one_sent();
    stage.begin(lease);
    stage.end(lease, Ended::Panicked);
    stage.sleep();
    assert_eq!(stage.one_sent(), Lease { attempt: 2, ..lease });
}

#[test]
fn workers_that_die_of_all_but_the_last_attempt_do_not_spend_the_restart_budget() {
    // Many tasks, each of which is spared at its last attempt only: every slot gets through one task
    // after another, and so makes progress.
    let mut stage = Stage::new(policy(2));
    for task in 0..40 {
        stage.submit(task);
    }
    while stage.dispatcher.unfinished() > 0 {
        let actions = stage.actions();
        for action in &actions {
            match *action {
                Action::Spawn { worker, .. } => stage.ready(worker.slot),
                Action::Send(lease) => {
                    // What was sent behind a task that killed its worker is not here any more.
                    if stage.dispatcher.alive(lease.worker).is_none() {
                        continue;
                    }
                    stage.begin(lease);
                    if lease.attempt > 2 {
                        stage.end(lease, Ended::Answered);
                    } else {
                        stage.die(lease.worker.slot, Loss::Signal);
                    }
                }
                Action::Finish(_) => {}
                other => panic!("{other:?}"),
            }
        }
        if actions.is_empty() {
            stage.sleep();
        }
    }
}

#[test]
fn pauses_double_and_stay_within_half_of_what_they_should_be() {
    let mut stage = Stage::new(Policy { retries: 6, ..policy(1) });
    let mut lease = stage.running(1);
    for failures in 0..6 {
        stage.end(lease, Ended::Panicked);
        let before = stage.now;
        stage.sleep();
        let (pause, wanted) = (stage.now - before, 10 * MS * (1 << failures));
        assert!(pause >= wanted / 2 && pause <= wanted * 3 / 2, "{pause:?} for {wanted:?}");
        lease = stage.one_sent();
        stage.begin(lease);
    }
}

#[test]
fn a_worker_that_has_had_its_share_is_let_go_and_no_task_is_lost() {
    let mut stage = Stage::new(Policy { max_tasks_per_worker: Some(2), ..policy(1) });
    (0..5).for_each(|task| stage.submit(task));
    let mut lives = 0;
    let mut finished = vec![];
    while stage.dispatcher.unfinished() > 0 {
        for action in stage.actions() {
            match action {
                Action::Spawn { again, .. } => {
                    assert!(!again, "nothing crashed");
                    lives += 1;
                    stage.ready(0);
                }
                Action::Send(lease) => {
                    stage.begin(lease);
                    stage.answer(lease);
                }
                Action::Finish(task) => finished.push(task),
                Action::Retire(_) => stage.die(0, Loss::Own),
                other => panic!("{other:?}"),
            }
        }
    }
    finished.extend(stage.actions().iter().filter_map(|action| match action {
        Action::Finish(task) => Some(*task),
        _ => None,
    }));
    assert_eq!((lives, finished), (3, vec![0, 1, 2, 3, 4]));
}

#[test]
fn a_worker_that_was_let_go_and_does_not_leave_is_killed_and_not_counted_as_a_crash() {
    let mut stage = Stage::new(Policy { max_tasks_per_worker: Some(1), max_restarts: 0, ..policy(1) });
    for task in 0..3 {
        let lease = stage.running(task);
        stage.answer(lease);
        let worker = lease.worker;
        assert_eq!(stage.actions(), [Action::Finish(task), Action::Retire(worker)]);
        stage.submit(99);
        assert_eq!(stage.actions(), [], "the slot is still taken");
        stage.dispatcher.cancel(stage.now, 99);
        stage.sleep();
        assert_eq!(stage.actions(), [Action::Cancelled(99), Action::Kill(worker, Sentence::Overstayed)]);
        stage.die(0, Loss::Signal);
        assert_eq!(stage.actions(), []);
    }
}

#[test]
fn both_a_task_that_runs_too_long_and_one_that_is_never_begun_cost_the_worker_its_life() {
    for begins in [true, false] {
        let mut stage = Stage::new(policy(1));
        stage.submit(1);
        stage.actions();
        stage.ready(0);
        let lease = stage.one_sent();
        if begins {
            stage.now += SECOND;
            stage.begin(lease);
        }
        let before = stage.now;
        stage.sleep();
        assert_eq!(stage.now - before, 60 * SECOND);
        assert_eq!(stage.actions(), [Action::Kill(lease.worker, Sentence::TaskTimeout)]);
        stage.die(0, Loss::Signal);
        stage.actions();
        stage.ready(0);
        let next = stage.sent().first().copied().unwrap_or_else(|| {
            stage.sleep();
            stage.one_sent()
        });
        assert_eq!(next.attempt, if begins { 2 } else { 1 });
    }
}

#[test]
fn the_clock_of_a_queued_task_starts_when_the_one_before_it_ends() {
    let mut stage = Stage::warm(policy(1));
    stage.submit(1);
    stage.submit(2);
    let leases = stage.sent();
    stage.begin(leases[0]);
    stage.now += 59 * SECOND;
    stage.answer(leases[0]);
    stage.actions();
    stage.now += 59 * SECOND;
    stage.dispatcher.tick(stage.now);
    assert_eq!(stage.actions(), []);
    stage.now += SECOND;
    stage.dispatcher.tick(stage.now);
    assert_eq!(stage.actions(), [Action::Kill(leases[0].worker, Sentence::TaskTimeout)]);
}

#[test]
fn a_task_begun_after_its_worker_was_condemned_for_another_is_not_blamed() {
    for why in [Sentence::TaskTimeout, Sentence::Cancelled] {
        let mut stage = Stage::warm(Policy { retries: 0, ..policy(1) });
        stage.submit(1);
        stage.submit(2);
        let leases = stage.sent();
        stage.begin(leases[0]);
        match why {
            Sentence::Cancelled => stage.dispatcher.cancel(stage.now, 1),
            _ => stage.sleep(),
        }
        let condemned = stage.actions();
        assert!(condemned.contains(&Action::Kill(leases[0].worker, why)), "{condemned:?}");
        // The answer was on its way already, and the worker went on before the signal reached it.
        stage.answer(leases[0]);
        stage.begin(leases[1]);
        stage.die(0, Loss::Signal);
        let actions = stage.actions();
        assert!(!actions.iter().any(|a| matches!(a, Action::Halve(_) | Action::Poisoned(..))), "{actions:?}");
        stage.ready(0);
        let again = stage.one_sent();
        assert_eq!((again.task, again.attempt), (2, 1));
    }
}

#[test]
fn a_cancelled_task_costs_a_worker_only_if_one_is_running_it() {
    // Queued: nobody is harmed.
    let mut stage = Stage::new(policy(1));
    let lease = stage.running(1);
    stage.submit(2);
    stage.actions();
    stage.dispatcher.cancel(stage.now, 2);
    assert_eq!(stage.actions(), [Action::Cancelled(2)]);
    // Running: its worker is killed, and that is no crash.
    stage.dispatcher.cancel(stage.now, 1);
    assert_eq!(stage.actions(), [Action::Cancelled(1), Action::Kill(lease.worker, Sentence::Cancelled)]);
    stage.die(0, Loss::Signal);
    stage.submit(3);
    assert!(matches!(stage.actions()[..], [Action::Spawn { again: false, .. }]));
    assert_eq!(stage.dispatcher.slots[0].deaths.len(), 0);
    // In the pipe of a busy worker: killed when it begins it.
    let mut stage = Stage::warm(policy(1));
    stage.submit(1);
    stage.submit(2);
    let leases = stage.sent();
    stage.begin(leases[0]);
    stage.dispatcher.cancel(stage.now, 2);
    stage.answer(leases[0]);
    assert_eq!(stage.actions(), [Action::Cancelled(2), Action::Finish(1)]);
    stage.begin(leases[1]);
    assert_eq!(stage.actions(), [Action::Kill(leases[1].worker, Sentence::Cancelled)]);
    stage.die(0, Loss::Signal);
    assert_eq!(stage.actions(), []);
}

#[test]
fn a_task_that_cannot_be_sent_leaves_its_worker_free_for_the_next() {
    let mut stage = Stage::new(Policy { max_tasks_per_worker: Some(1), ..policy(1) });
    stage.submit(1);
    stage.actions();
    stage.ready(0);
    let lease = stage.one_sent();
    stage.dispatcher.unsent(stage.now, lease);
    assert_eq!((stage.actions(), stage.dispatcher.unfinished()), (vec![], 0));
    stage.submit(2);
    let next = stage.one_sent();
    assert_eq!((next.task, next.worker), (2, lease.worker));
    stage.begin(next);
    stage.answer(next);
    assert_eq!(stage.actions(), [Action::Finish(2), Action::Retire(lease.worker)]);
}

#[test]
fn a_killer_is_halved_until_it_is_alone_and_gets_all_its_attempts_there() {
    // Items 0..8, of which 5 kills. One death fits into the slot's budget; those of the search are
    // not counted there.
    let mut stage = Stage::new(Policy { max_restarts: 1, retries: 0, ..policy(1) });
    let mut parts: HashMap<TaskId, (u32, u32)> = HashMap::new();
    parts.insert(1, (0, 8));
    let (mut next, mut poisoned, mut finished, mut lives) = (2, vec![], 0, 0);
    let mut held = VecDeque::new();
    stage.submit(1);
    while stage.dispatcher.unfinished() > 0 || !stage.dispatcher.actions.is_empty() {
        for action in stage.actions() {
            match action {
                Action::Spawn { .. } => {
                    lives += 1;
                    stage.ready(0);
                }
                Action::Send(lease) => held.push_back(lease),
                Action::Halve(task) => {
                    let (from, to) = parts[&task];
                    let halves = (to - from > 1).then(|| {
                        let middle = (from + to) / 2;
                        parts.extend([(next, (from, middle)), (next + 1, (middle, to))]);
                        next += 2;
                        [next - 2, next - 1]
                    });
                    stage.dispatcher.halved(stage.now, task, halves);
                }
                Action::Finish(task) => finished += parts[&task].1 - parts[&task].0,
                Action::Poisoned(task, attempts) => poisoned.push((parts[&task], attempts)),
                other => panic!("{other:?}"),
            }
        }
        if let Some(lease) = held.pop_front() {
            stage.begin(lease);
            let (from, to) = parts[&lease.task];
            if (from..to).contains(&5) {
                held.clear();
                stage.die(0, Loss::Signal);
            } else {
                stage.answer(lease);
            }
        }
    }
    // One life each for 8, 4, 2 and 1 items that die, and one more for the parts that do not.
    assert_eq!((poisoned, finished, lives), (vec![((5, 6), 1)], 7, 5));
    assert_eq!(stage.dispatcher.isolations.len(), 0);
}

#[test]
fn an_isolation_in_which_no_part_gets_through_gives_up() {
    let mut stage = Stage::new(Policy { retries: 0, max_restarts: 1, ..policy(1) });
    stage.submit(1);
    let mut next = 2;
    for deaths in 0..1000 {
        for action in stage.actions() {
            match action {
                Action::Spawn { .. } => stage.ready(0),
                Action::Send(lease) => {
                    stage.begin(lease);
                    stage.die(0, Loss::Own);
                }
                Action::Halve(task) => {
                    stage.dispatcher.halved(stage.now, task, Some([next, next + 1]));
                    next += 2;
                }
                Action::GiveUp(why) => {
                    let deaths = ISOLATION_DEATHS + 1;
                    return assert_eq!(why, GiveUp::Isolation { deaths });
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(deaths < 999, "it goes on for ever");
    }
}

#[test]
fn limits_as_long_as_a_clock_can_count_are_no_limits() {
    let for_ever = Duration::MAX;
    let mut stage = Stage::new(Policy {
        start_timeout: for_ever,
        task_timeout: Some(for_ever),
        restart_window: for_ever,
        backoff: for_ever,
        ..policy(1)
    });
    stage.now = SECOND;
    let lease = stage.running(1);
    assert_eq!(stage.dispatcher.deadline(), Some(for_ever));
    stage.die(0, Loss::Signal);
    assert!(stage.dispatcher.deadline() > Some(for_ever / 3), "half of it at least");
    assert_eq!(lease.attempt, 1);
}
