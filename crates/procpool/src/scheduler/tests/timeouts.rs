//! Timeouts: start, task, retirement.

use super::harness::*;

#[test]
fn a_retired_worker_that_does_not_exit_is_killed_and_not_counted_as_a_crash() {
    let mut harness = Harness::new(Policy { max_tasks_per_worker: Some(1), max_restarts: 0, ..policy(1) });
    for task in 0..3 {
        let lease = harness.running(task);
        harness.answer(lease);
        let worker = lease.worker;
        assert_eq!(harness.actions(), [Action::Finish(task), Action::Retire(worker)]);
        harness.submit(99);
        assert_eq!(harness.actions(), [], "the slot is still taken");
        harness.scheduler.cancel(harness.now, 99);
        harness.sleep();
        assert_eq!(
            harness.actions(),
            [Action::Cancelled(99), Action::Kill(worker, KillReason::RetireTimeout)]
        );
        harness.exit_worker(0);
        assert_eq!(harness.actions(), []);
    }
}

#[test]
fn a_task_that_runs_too_long_or_never_begins_gets_its_worker_killed() {
    for begins in [true, false] {
        let mut harness = Harness::new(policy(1));
        harness.submit(1);
        harness.actions();
        harness.ready(0);
        let lease = harness.one_sent();
        if begins {
            harness.now += SECOND;
            harness.begin(lease);
        }
        let before = harness.now;
        harness.sleep();
        assert_eq!(harness.now - before, 60 * SECOND);
        assert_eq!(harness.actions(), [Action::Kill(lease.worker, KillReason::TaskTimeout)]);
        harness.exit_worker(0);
        harness.actions();
        harness.ready(0);
        let next = harness.sent().first().copied().unwrap_or_else(|| {
            harness.sleep();
            harness.one_sent()
        });
        assert_eq!(next.attempt, if begins { 2 } else { 1 });
    }
}

#[test]
fn the_clock_of_a_queued_task_starts_when_the_one_before_it_ends() {
    let mut harness = Harness::warm(policy(1));
    harness.submit(1);
    harness.submit(2);
    let leases = harness.sent();
    harness.begin(leases[0]);
    harness.now += 59 * SECOND;
    harness.answer(leases[0]);
    harness.actions();
    harness.now += 59 * SECOND;
    harness.scheduler.tick(harness.now);
    assert_eq!(harness.actions(), []);
    harness.now += SECOND;
    harness.scheduler.tick(harness.now);
    assert_eq!(harness.actions(), [Action::Kill(leases[0].worker, KillReason::TaskTimeout)]);
}

#[test]
fn a_task_that_begins_while_its_worker_is_being_killed_is_not_blamed() {
    for why in [KillReason::TaskTimeout, KillReason::Cancelled] {
        let mut harness = Harness::warm(Policy { retries: 0, ..policy(1) });
        harness.submit(1);
        harness.submit(2);
        let leases = harness.sent();
        harness.begin(leases[0]);
        match why {
            KillReason::Cancelled => harness.scheduler.cancel(harness.now, 1),
            _ => harness.sleep(),
        }
        let killed = harness.actions();
        assert!(killed.contains(&Action::Kill(leases[0].worker, why)), "{killed:?}");
        // The answer was on its way already, and the worker went on before the signal reached it.
        harness.answer(leases[0]);
        harness.begin(leases[1]);
        harness.exit_worker(0);
        let actions = harness.actions();
        assert!(
            !actions.iter().any(|a| matches!(a, Action::Bisect(_) | Action::Poisoned(..))),
            "{actions:?}"
        );
        harness.ready(0);
        let again = harness.one_sent();
        assert_eq!((again.task, again.attempt), (2, 1));
    }
}

#[test]
fn the_longest_possible_limits_do_not_overflow() {
    let for_ever = Duration::MAX;
    let mut harness = Harness::new(Policy {
        start_timeout: for_ever,
        task_timeout: Some(for_ever),
        restart_window: for_ever,
        backoff: for_ever,
        ..policy(1)
    });
    harness.now = SECOND;
    let lease = harness.running(1);
    assert_eq!(harness.scheduler.deadline(), Some(for_ever));
    harness.exit_worker(0);
    assert!(harness.scheduler.deadline() > Some(for_ever / 3), "half of it at least");
    assert_eq!(lease.attempt, 1);
}
