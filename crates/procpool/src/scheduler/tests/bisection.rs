//! Bisection: the search for the smallest input that kills.

use super::harness::*;

#[test]
fn a_killer_is_halved_until_it_is_alone_and_gets_all_its_attempts_there() {
    // Items 0..8, of which 5 kills. One death fits into the slot's budget; those of the search are
    // not counted there.
    let mut harness = Harness::new(Policy { max_restarts: 1, retries: 0, ..policy(1) });
    let mut parts: HashMap<TaskId, (u32, u32)> = HashMap::new();
    parts.insert(1, (0, 8));
    let (mut next, mut poisoned, mut finished, mut incarnations) = (2, vec![], 0, 0);
    let mut held = VecDeque::new();
    harness.submit(1);
    while !harness.scheduler.tasks.is_empty() || !harness.scheduler.actions.is_empty() {
        for action in harness.actions() {
            match action {
                Action::Spawn { .. } => {
                    incarnations += 1;
                    harness.ready(0);
                }
                Action::Send(lease) => held.push_back(lease),
                Action::Bisect(task) => {
                    let (from, to) = parts[&task];
                    let halves = (to - from > 1).then(|| {
                        let middle = (from + to) / 2;
                        parts.extend([(next, (from, middle)), (next + 1, (middle, to))]);
                        next += 2;
                        [next - 2, next - 1]
                    });
                    harness.scheduler.bisected(harness.now, task, halves);
                }
                Action::Finish(task) => finished += parts[&task].1 - parts[&task].0,
                Action::Poisoned(task, attempts) => poisoned.push((parts[&task], attempts)),
                other => panic!("{other:?}"),
            }
        }
        if let Some(lease) = held.pop_front() {
            harness.begin(lease);
            let (from, to) = parts[&lease.task];
            if (from..to).contains(&5) {
                held.clear();
                harness.exit_worker(0, ExitCause::Signal);
            } else {
                harness.answer(lease);
            }
        }
    }
    // One life each for 8, 4, 2 and 1 items that die, and one more for the parts that do not.
    assert_eq!((poisoned, finished, incarnations), (vec![((5, 6), 1)], 7, 5));
    assert_eq!(harness.scheduler.bisections.len(), 0);
}

#[test]
fn a_bisection_in_which_no_part_finishes_gives_up() {
    let mut harness = Harness::new(Policy { retries: 0, max_restarts: 1, ..policy(1) });
    harness.submit(1);
    let mut next = 2;
    for deaths in 0..1000 {
        for action in harness.actions() {
            match action {
                Action::Spawn { .. } => harness.ready(0),
                Action::Send(lease) => {
                    harness.begin(lease);
                    harness.exit_worker(0, ExitCause::SelfInflicted);
                }
                Action::Bisect(task) => {
                    harness.scheduler.bisected(harness.now, task, Some([next, next + 1]));
                    next += 2;
                }
                Action::GiveUp(why) => {
                    let deaths = MAX_BISECTION_DEATHS + 1;
                    return assert_eq!(why, GiveUpCause::Bisection { deaths });
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(deaths < 999, "it goes on without end");
    }
}
