//! Bisection: the search for the smallest inputs that kill.

use super::harness::*;

/// What came of a task of numbered items, and how many workers it took.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// The parts that used up their attempts: first item, last item and one, attempts.
    poisoned: Vec<(u32, u32, u32)>,
    /// Items in the parts that finished.
    finished: u32,
    started: u32,
}

/// Runs a task of `items` items on one worker, which dies of some of them.
fn run(harness: &mut Harness, items: u32, kills: impl Fn(u32) -> bool) -> Outcome {
    let mut parts: HashMap<TaskId, (u32, u32)> = HashMap::from([(1, (0, items))]);
    let mut outcome = Outcome::default();
    let mut next = 2;
    let mut held = VecDeque::new();
    harness.submit(1);
    while !harness.scheduler.tasks.is_empty() || !harness.scheduler.actions.is_empty() {
        let actions = harness.actions();
        if actions.is_empty() && held.is_empty() {
            harness.sleep();
        }
        for action in actions {
            match action {
                Action::Spawn { .. } => {
                    outcome.started += 1;
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
                Action::Finish(task) => outcome.finished += parts[&task].1 - parts[&task].0,
                Action::Poisoned(task, attempts) => {
                    outcome.poisoned.push((parts[&task].0, parts[&task].1, attempts));
                }
                other => panic!("{other:?}"),
            }
        }
        if let Some(lease) = held.pop_front() {
            harness.begin(lease);
            let (from, to) = parts[&lease.task];
            if (from..to).any(&kills) {
                held.clear();
                harness.exit_worker(0);
            } else {
                harness.answer(lease);
            }
        }
    }
    outcome
}

#[test]
fn a_killer_is_halved_until_it_is_alone_and_gets_all_its_attempts_there() {
    // One death fits into the slot's budget; those of the search are not counted there.
    let mut harness = Harness::new(Policy { max_restarts: 1, retries: 0, ..policy(1) });
    let outcome = run(&mut harness, 8, |item| item == 5);
    // One life each for 8, 4, 2 and 1 items that die, and one more for the parts that do not.
    assert_eq!(outcome, Outcome { poisoned: vec![(5, 6, 1)], finished: 7, started: 5 });
}

#[test]
fn adjacent_killers_are_all_singled_out_however_many_they_are_and_without_a_pause() {
    for (items, killers) in [(50_000, 20_000..20_394), (500, 0..500)] {
        let mut harness = Harness::new(Policy { max_restarts: 3, ..policy(1) });
        let outcome = run(&mut harness, items, |item| killers.contains(&item));
        let alone = killers.clone().map(|item| (item, item + 1, 3)).collect::<Vec<_>>();
        assert_eq!((outcome.poisoned, outcome.finished), (alone, items - killers.len() as u32));
        // The whole may be innocent until its third death: those two pauses are the only ones.
        assert!(harness.now <= 45 * MS, "{:?}", harness.now);
    }
}
