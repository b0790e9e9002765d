//! Failures: blame, retries, pauses, restart budget.

use super::harness::*;

#[test]
fn only_the_task_that_ran_is_blamed_and_the_one_behind_it_keeps_its_attempt() {
    for cause in [ExitCause::Signal, ExitCause::SelfInflicted] {
        let mut harness = Harness::warm(policy(1));
        harness.submit(1);
        harness.submit(2);
        let leases = harness.sent();
        assert_eq!(leases.len(), 2, "short tasks are queued behind each other");
        harness.begin(leases[0]);
        harness.exit_worker(0, cause);
        harness.actions();
        harness.ready(0);
        assert_eq!(harness.actions(), [], "the slot comes to the end of one task before another");
        harness.sleep();
        let again = harness.sent();
        assert_eq!((again[0].task, again[0].attempt), (1, 2), "{again:?}");
        assert_eq!((again[1].task, again[1].attempt), (2, 1), "{again:?}");
    }
}

#[test]
fn a_task_that_was_sent_and_never_begun_is_not_blamed_however_often_its_worker_dies() {
    let mut harness = Harness::new(Policy { max_restarts: 100, ..policy(1) });
    harness.submit(1);
    for _ in 0..20 {
        harness.actions();
        harness.ready(0);
        assert_eq!(harness.one_sent().attempt, 1);
        harness.exit_worker(0, ExitCause::Signal);
    }
}

#[test]
fn one_death_more_than_allowed_within_the_window_gives_up() {
    let mut harness = Harness::new(Policy { retries: 9, ..policy(1) });
    let mut lease = harness.running(1);
    for death in 1..=4 {
        assert_eq!(lease.attempt, death);
        harness.exit_worker(0, ExitCause::Signal);
        if death <= 3 {
            lease = harness.next_attempt();
        }
    }
    let gave_up = Action::GiveUp(GiveUpCause::Restarts { deaths: 4 });
    assert!(harness.actions().contains(&gave_up));
}

#[test]
fn deaths_that_have_left_the_window_do_not_count() {
    let mut harness = Harness::new(Policy { retries: 99, ..policy(1) });
    harness.running(1);
    for _ in 0..20 {
        harness.now += 4 * SECOND;
        harness.exit_worker(0, ExitCause::Signal);
        let gave_up = harness.actions().iter().any(|action| matches!(action, Action::GiveUp(_)));
        assert!(!gave_up, "three deaths within 10 s are allowed, and no more fit in");
        harness.next_attempt();
    }
}

#[test]
fn finishing_a_task_clears_the_budget_and_beginning_one_does_not() {
    for finishes in [true, false] {
        let mut harness = Harness::new(Policy { retries: 0, ..policy(1) });
        let mut gave_up = false;
        for task in 0..20 {
            harness.submit(task);
            harness.actions();
            harness.ready(0);
            let lease = harness.one_sent();
            harness.begin(lease);
            if finishes {
                harness.answer(lease);
            }
            harness.exit_worker(0, ExitCause::SelfInflicted);
            if !finishes {
                harness.scheduler.bisected(harness.now, task, None);
            }
            gave_up |= harness.actions().iter().any(|action| matches!(action, Action::GiveUp(_)));
        }
        assert_eq!(gave_up, !finishes);
    }
}

#[test]
fn a_start_that_fails_by_itself_before_any_hello_gives_up_at_once() {
    let mut harness = Harness::new(policy(2));
    harness.submit(1);
    harness.actions();
    harness.exit_worker(0, ExitCause::SelfInflicted);
    assert_eq!(harness.actions()[0], Action::GiveUp(GiveUpCause::CannotStart));

    let mut harness = Harness::new(policy(2));
    harness.submit(1);
    harness.actions();
    harness.sleep();
    assert_eq!(harness.actions()[0], Action::Kill(harness.worker(0), KillReason::StartTimeout));
    harness.exit_worker(0, ExitCause::Signal);
    assert_eq!(harness.actions()[0], Action::GiveUp(GiveUpCause::CannotStart));
}

#[test]
fn a_start_that_a_signal_ends_or_that_fails_later_is_a_death_like_any_other() {
    let mut harness = Harness::new(policy(1));
    harness.submit(1);
    for deaths in 1..=4 {
        let spawn = Action::Spawn { worker: harness.worker(0), again: deaths > 1 };
        assert_eq!(harness.actions(), [spawn]);
        harness.exit_worker(0, ExitCause::Signal);
    }
    assert_eq!(harness.actions()[0], Action::GiveUp(GiveUpCause::Restarts { deaths: 4 }));

    let mut harness = Harness::warm(policy(1));
    harness.exit_worker(0, ExitCause::SelfInflicted);
    harness.submit(1);
    for _ in 0..2 {
        harness.actions();
        harness.exit_worker(0, ExitCause::SelfInflicted);
    }
    assert!(matches!(harness.actions()[..], [Action::Spawn { again: true, .. }]));
    harness.exit_worker(0, ExitCause::SelfInflicted);
    assert_eq!(harness.actions()[0], Action::GiveUp(GiveUpCause::Restarts { deaths: 4 }));
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
    harness.exit_worker(lease.worker.slot, ExitCause::Signal);
    let spawned = harness.actions();
    assert!(matches!(spawned[..], [Action::Spawn { again: true, .. }]), "{spawned:?}");
    // The fresh one does not come.
    harness.sleep();
    let killed = harness.actions();
    assert!(matches!(killed[..], [Action::Kill(_, KillReason::StartTimeout)]), "it waits: {killed:?}");
    harness.exit_worker(lease.worker.slot, ExitCause::Signal);
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
                        harness.exit_worker(lease.worker.slot, ExitCause::Signal);
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
