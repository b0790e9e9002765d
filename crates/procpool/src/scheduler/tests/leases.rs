//! Leases: assignment to workers, protocol violations, cancellation, recycled workers.

use super::harness::*;

#[test]
fn a_worker_is_started_only_for_a_task_that_no_running_worker_can_take() {
    let mut harness = Harness::new(policy(3));
    assert_eq!(harness.actions(), []);
    harness.submit(1);
    let worker = WorkerId { slot: 0, incarnation: 1 };
    assert_eq!(harness.actions(), [Action::Spawn { worker, again: false }]);
    harness.ready(0);
    let lease = Lease { task: 1, attempt: 1, worker };
    assert_eq!(harness.actions(), [Action::Send(lease)]);
    harness.begin(lease);
    harness.answer(lease);
    assert_eq!(harness.actions(), [Action::Finish(1)]);
    harness.submit(2);
    assert_eq!(harness.actions(), [Action::Send(Lease { task: 2, attempt: 1, worker })]);
}

#[test]
fn a_worker_gets_a_second_lease_only_after_a_number_of_short_tasks() {
    let mut harness = Harness::warm(Policy { short_in_a_row: 4, ..policy(2) });
    for task in 1..=4 {
        harness.submit(task);
    }
    // Two short tasks have ended: the others wait for the first idle worker.
    let first = harness.sent();
    assert_eq!(first.iter().map(|lease| lease.task).collect::<Vec<_>>(), [1, 2]);
    harness.begin(first[0]);
    harness.now += MS;
    harness.begin(first[1]);
    harness.answer(first[1]);
    let third = harness.sent();
    assert_eq!(third.iter().map(|lease| (lease.task, lease.worker.slot)).collect::<Vec<_>>(), [(3, 1)]);
    harness.begin(third[0]);
    harness.answer(third[0]);
    // The fourth short task has ended. Of two busy workers the one that began last gets two leases.
    harness.submit(5);
    let fourth = harness.sent();
    let given = fourth.iter().map(|lease| (lease.task, lease.worker.slot)).collect::<Vec<_>>();
    assert_eq!(given, [(4, 1), (5, 1)]);
    // A worker whose task has run for long gets no second lease.
    harness.now += SECOND;
    harness.submit(6);
    assert_eq!(harness.sent(), []);
    // A long task resets the count of short ones.
    harness.answer(first[0]);
    harness.submit(7);
    assert_eq!(harness.sent().iter().map(|lease| lease.task).collect::<Vec<_>>(), [6]);
}

#[test]
fn a_message_about_a_lease_that_the_worker_does_not_hold_is_an_error_and_changes_nothing() {
    let mut harness = Harness::warm(policy(2));
    harness.submit(1);
    harness.submit(2);
    harness.submit(3);
    let leases = harness.sent();
    let [first, other, behind] = leases[..] else { panic!("{leases:?}") };
    assert_eq!(first.worker, behind.worker);
    harness.begin(first);
    harness.exit_worker(1);
    harness.actions();
    harness.ready(1);
    let other = harness.sent().into_iter().find(|lease| lease.task == other.task).unwrap();
    harness.actions();

    let before = format!("{:?}", harness.scheduler);
    let now = harness.now;
    let stale = WorkerId { incarnation: 1, ..other.worker };
    let unknown = WorkerId { slot: 9, incarnation: 1 };
    let d = &mut harness.scheduler;
    for worker in [first.worker, other.worker, stale, unknown] {
        assert_eq!(d.worker_ready(now, worker), Err(ProtocolViolation), "a second hello");
    }
    for (worker, task, attempt, why) in [
        (first.worker, first.task, 1, "begun before"),
        (first.worker, behind.task, 1, "not the first"),
        (other.worker, first.task, 1, "held by another"),
        (other.worker, other.task, 2, "another attempt"),
        (other.worker, 77, 1, "no such task"),
        (stale, other.task, 1, "an earlier incarnation"),
        (unknown, other.task, 1, "no such slot"),
    ] {
        assert_eq!(d.attempt_began(now, worker, task, attempt), Err(ProtocolViolation), "{why}");
    }
    for (worker, task, attempt, why) in [
        (other.worker, other.task, 1, "not begun"),
        (first.worker, behind.task, 1, "not the first"),
        (first.worker, first.task, 2, "another attempt"),
        (other.worker, first.task, 1, "held by another"),
        (stale, other.task, 1, "an earlier incarnation"),
    ] {
        for how in [AttemptEnd::Answered, AttemptEnd::Panicked] {
            assert_eq!(d.attempt_ended(now, worker, task, attempt, how), Err(ProtocolViolation), "{why}");
        }
    }
    d.worker_exited(now, stale);
    d.worker_exited(now, unknown);
    d.bisected(now, 77, Some([78, 79]));
    d.cancel(now, 77);
    assert_eq!(format!("{:?}", harness.scheduler), before);
}

#[test]
fn a_worker_retires_after_its_number_of_tasks_and_no_task_is_lost() {
    let mut harness = Harness::new(Policy { max_tasks_per_worker: Some(2), ..policy(1) });
    (0..5).for_each(|task| harness.submit(task));
    let mut incarnations = 0;
    let mut finished = vec![];
    while !harness.scheduler.tasks.is_empty() {
        for action in harness.actions() {
            match action {
                Action::Spawn { again, .. } => {
                    assert!(!again, "nothing crashed");
                    incarnations += 1;
                    harness.ready(0);
                }
                Action::Send(lease) => {
                    harness.begin(lease);
                    harness.answer(lease);
                }
                Action::Finish(task) => finished.push(task),
                Action::Retire(_) => harness.exit_worker(0),
                other => panic!("{other:?}"),
            }
        }
    }
    finished.extend(harness.actions().iter().filter_map(|action| match action {
        Action::Finish(task) => Some(*task),
        _ => None,
    }));
    assert_eq!((incarnations, finished), (3, vec![0, 1, 2, 3, 4]));
}

#[test]
fn a_cancelled_task_kills_a_worker_only_if_one_runs_it() {
    // Queued: no worker is killed.
    let mut harness = Harness::new(policy(1));
    let lease = harness.running(1);
    harness.submit(2);
    harness.actions();
    harness.scheduler.cancel(harness.now, 2);
    assert_eq!(harness.actions(), [Action::Cancelled(2)]);
    // Running: its worker is killed, which is no crash.
    harness.scheduler.cancel(harness.now, 1);
    assert_eq!(harness.actions(), [Action::Cancelled(1), Action::Kill(lease.worker, KillReason::Cancelled)]);
    harness.exit_worker(0);
    harness.submit(3);
    assert!(matches!(harness.actions()[..], [Action::Spawn { again: false, .. }]));
    assert_eq!(harness.scheduler.slots[0].deaths.len(), 0);
    // In the pipe of a busy worker: the worker is killed when it begins the task.
    let mut harness = Harness::warm(policy(1));
    harness.submit(1);
    harness.submit(2);
    let leases = harness.sent();
    harness.begin(leases[0]);
    harness.scheduler.cancel(harness.now, 2);
    harness.answer(leases[0]);
    assert_eq!(harness.actions(), [Action::Cancelled(2), Action::Finish(1)]);
    harness.begin(leases[1]);
    assert_eq!(harness.actions(), [Action::Kill(leases[1].worker, KillReason::Cancelled)]);
    harness.exit_worker(0);
    assert_eq!(harness.actions(), []);
}

#[test]
fn a_task_that_cannot_be_sent_leaves_its_worker_free_for_the_next() {
    let mut harness = Harness::new(Policy { max_tasks_per_worker: Some(1), ..policy(1) });
    harness.submit(1);
    harness.actions();
    harness.ready(0);
    let lease = harness.one_sent();
    harness.scheduler.send_failed(harness.now, lease);
    assert_eq!((harness.actions(), harness.scheduler.tasks.len()), (vec![], 0));
    harness.submit(2);
    let next = harness.one_sent();
    assert_eq!((next.task, next.worker), (2, lease.worker));
    harness.begin(next);
    harness.answer(next);
    assert_eq!(harness.actions(), [Action::Finish(2), Action::Retire(lease.worker)]);
}
