//! Failures: blame, retries, pauses, restart budget.

use super::harness::*;

fn gave_up(deaths: u32, within: Duration) -> Action {
    Action::GiveUp(GiveUpCause::Restarts { deaths, within })
}

fn gives_up(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::GiveUp(_)))
}

#[test]
fn only_the_task_that_ran_is_blamed_and_the_one_behind_it_keeps_its_attempt() {
    let mut harness = Harness::warm(policy(1));
    harness.submit(1);
    harness.submit(2);
    let leases = harness.sent();
    assert_eq!(leases.len(), 2, "short tasks are queued behind each other");
    harness.begin(leases[0]);
    harness.exit_worker(0);
    harness.actions();
    harness.ready(0);
    assert_eq!(harness.actions(), [], "the slot comes to the end of one task before another");
    harness.sleep();
    let again = harness.sent();
    assert_eq!((again[0].task, again[0].attempt), (1, 2), "{again:?}");
    assert_eq!((again[1].task, again[1].attempt), (2, 1), "{again:?}");
}

#[test]
fn a_task_that_was_sent_and_never_begun_is_not_blamed_however_often_its_worker_dies() {
    let mut harness = Harness::new(Policy { max_restarts: 100, ..policy(1) });
    harness.submit(1);
    for _ in 0..20 {
        harness.actions();
        harness.ready(0);
        assert_eq!(harness.one_sent().attempt, 1);
        harness.exit_worker(0);
    }
}

#[test]
fn one_death_more_than_allowed_within_the_window_gives_up() {
    let mut harness = Harness::new(Policy { retries: 9, ..policy(1) });
    let mut lease = harness.running(1);
    for death in 1..=4 {
        assert_eq!(lease.attempt, death);
        harness.exit_worker(0);
        if death <= 3 {
            lease = harness.next_attempt();
        }
    }
    assert!(harness.actions().contains(&gave_up(4, 10 * SECOND)));
}

#[test]
fn deaths_that_have_left_the_window_do_not_count() {
    let mut harness = Harness::new(Policy { retries: 99, ..policy(1) });
    harness.running(1);
    for _ in 0..20 {
        harness.now += 4 * SECOND;
        harness.exit_worker(0);
        assert!(!gives_up(&harness.actions()), "three deaths within 10 s are allowed, and no more fit in");
        harness.next_attempt();
    }
}

#[test]
fn an_answer_and_a_killer_that_is_found_clear_the_budget_and_beginning_a_task_does_not() {
    for (retries, answers, wanted) in [(0, true, false), (0, false, false), (99, false, true)] {
        let mut harness = Harness::new(Policy { retries, ..policy(1) });
        let mut gave_up = false;
        for task in 0..20 {
            harness.submit(task);
            harness.actions();
            let lease = harness.next_attempt();
            if answers {
                harness.answer(lease);
            }
            harness.exit_worker(0);
            let actions = harness.actions();
            if actions.contains(&Action::Bisect(task)) {
                harness.scheduler.bisected(harness.now, task, None);
            }
            gave_up |= gives_up(&actions);
        }
        assert_eq!(gave_up, wanted, "{retries} retries");
    }
}

#[test]
fn a_death_at_birth_is_a_death_like_any_other() {
    // With and without a worker that has worked before.
    for mut harness in [Harness::new(policy(1)), Harness::warm(policy(1))] {
        if harness.now == Duration::ZERO {
            harness.exit_worker(0);
        }
        harness.submit(1);
        let deaths_before = harness.scheduler.slots[0].deaths.len();
        for deaths in deaths_before + 1..=3 {
            assert!(matches!(harness.actions()[..], [Action::Spawn { .. }]));
            harness.exit_worker(0);
            assert_eq!(harness.actions(), [], "{deaths}: there is a pause");
            harness.sleep();
        }
        assert!(matches!(harness.actions()[..], [Action::Spawn { again: true, .. }]));
        harness.exit_worker(0);
        assert_eq!(harness.actions(), [gave_up(4, 10 * SECOND)]);
    }
    // Workers that come in the end do their work.
    let mut harness = Harness::new(policy(1));
    harness.submit(1);
    for _ in 0..3 {
        harness.actions();
        harness.exit_worker(0);
        harness.sleep();
    }
    harness.actions();
    harness.ready(0);
    assert_eq!(harness.one_sent().attempt, 1);
}

#[test]
fn starts_that_time_out_spend_the_budget_though_they_take_longer_than_its_window() {
    let mut harness = Harness::new(Policy { restart_window: SECOND, ..policy(1) });
    harness.submit(1);
    for _ in 1..=4 {
        harness.actions();
        harness.sleep();
        assert_eq!(harness.actions(), [Action::Kill(harness.worker(0), KillReason::StartTimeout)]);
        harness.exit_worker(0);
        if !gives_up(harness.scheduler.actions.make_contiguous()) {
            harness.sleep();
        }
    }
    // The four deaths are 5 s apart.
    assert_eq!(harness.actions(), [gave_up(4, 16 * SECOND)]);
}

#[test]
fn a_pool_goes_on_with_the_workers_that_can_be_started_and_tries_the_others_again() {
    let mut harness = Harness::new(policy(2));
    for task in 1..=3 {
        harness.submit(task);
    }
    harness.actions();
    harness.ready(0);
    let first = harness.one_sent();
    harness.begin(first);
    for deaths in 1..=9 {
        let before = harness.now;
        harness.exit_worker(1);
        harness.sleep();
        assert_eq!(harness.now - before, if deaths <= 3 { 10 * MS } else { START_PAUSE });
        assert!(matches!(harness.actions()[..], [Action::Spawn { .. }]), "one of two workers is enough");
    }
    // At last it comes, and its next death is its first.
    harness.ready(1);
    let second = harness.one_sent();
    harness.begin(second);
    harness.exit_worker(1);
    assert!(!gives_up(&harness.actions()));
    assert_eq!(harness.scheduler.slots[1].deaths.len(), 1);

    // A slot that waits for its next try is no worker to go on with.
    let mut harness = Harness::new(policy(2));
    harness.submit(1);
    harness.submit(2);
    let mut started = 0;
    while harness.scheduler.slots.iter().any(|slot| slot.deaths.len() <= 3) {
        for action in harness.actions() {
            let Action::Spawn { worker, .. } = action else { panic!("{action:?}") };
            started += 1;
            harness.exit_worker(worker.slot);
        }
        if harness.scheduler.actions.is_empty() {
            harness.sleep();
        }
    }
    assert_eq!((started, harness.actions()), (8, vec![gave_up(4, 10 * SECOND)]));
}

#[test]
fn a_panic_is_retried_and_costs_no_worker() {
    let mut harness = Harness::new(policy(1));
    let mut lease = harness.running(1);
    for _ in 0..2 {
        harness.end(lease, AttemptEnd::Panicked);
        assert_eq!(harness.actions(), []);
        harness.sleep();
        lease = harness.one_sent();
        harness.begin(lease);
    }
    assert_eq!(lease.attempt, 3);
    harness.end(lease, AttemptEnd::Panicked);
    assert_eq!(harness.actions(), [Action::Bisect(1)]);
    harness.scheduler.bisected(harness.now, 1, None);
    assert_eq!(harness.actions(), [Action::Poisoned(1, 3)]);
    assert_eq!(harness.scheduler.tasks.len(), 0);
}

#[test]
fn a_retry_waits_for_a_fresh_worker_until_that_fails_to_start() {
    // Two workers; one dies of the task. The other is idle, and its time is not the retry's.
    let mut harness = Harness::warm(policy(2));
    harness.submit(1);
    let lease = harness.one_sent();
    harness.begin(lease);
    harness.exit_worker(lease.worker.slot);
    let spawned = harness.actions();
    assert!(matches!(spawned[..], [Action::Spawn { again: true, .. }]), "{spawned:?}");
    // The fresh one does not come.
    harness.sleep();
    let killed = harness.actions();
    assert!(matches!(killed[..], [Action::Kill(_, KillReason::StartTimeout)]), "it waits: {killed:?}");
    harness.exit_worker(lease.worker.slot);
    let second = harness.one_sent();
    assert_eq!(second.attempt, 2);
    assert_ne!(second.worker.slot, lease.worker.slot);

    // The only worker of a pool panicked: there is no place for a fresh one, so it gets the retry.
    let mut harness = Harness::warm(policy(1));
    harness.submit(1);
    let lease = harness.one_sent();
    harness.begin(lease);
    harness.end(lease, AttemptEnd::Panicked);
    harness.sleep();
    assert_eq!(harness.one_sent(), Lease { attempt: 2, ..lease });
}

#[test]
fn workers_that_die_of_all_but_the_last_attempt_do_not_spend_the_restart_budget() {
    // Many tasks, each of which is spared at its last attempt only: every slot gets through one task
    // after another, and so makes progress.
    let mut harness = Harness::new(policy(2));
    for task in 0..40 {
        harness.submit(task);
    }
    while !harness.scheduler.tasks.is_empty() {
        let actions = harness.actions();
        for action in &actions {
            match *action {
                Action::Spawn { worker, .. } => harness.ready(worker.slot),
                Action::Send(lease) => {
                    // What was sent behind a task that killed its worker is not here any more.
                    if harness.scheduler.current_slot(lease.worker).is_none() {
                        continue;
                    }
                    harness.begin(lease);
                    if lease.attempt > 2 {
                        harness.end(lease, AttemptEnd::Answered);
                    } else {
                        harness.exit_worker(lease.worker.slot);
                    }
                }
                Action::Finish(_) => {}
                other => panic!("{other:?}"),
            }
        }
        if actions.is_empty() {
            harness.sleep();
        }
    }
}

#[test]
fn pauses_double_and_differ_by_at_most_half() {
    let mut harness = Harness::new(Policy { retries: 6, ..policy(1) });
    let mut lease = harness.running(1);
    for failures in 0..6 {
        harness.end(lease, AttemptEnd::Panicked);
        let before = harness.now;
        harness.sleep();
        let (pause, wanted) = (harness.now - before, 10 * MS * (1 << failures));
        assert!(pause >= wanted / 2 && pause <= wanted * 3 / 2, "{pause:?} for {wanted:?}");
        lease = harness.one_sent();
        harness.begin(lease);
    }
}
