//! Inputs that kill their workers: found by bisection, reported, skipped.

use procpool::PoolBuilder;

use super::*;

/// Ten behaviors, of which three kill their worker or panic, each in another way.
fn ten() -> Vec<Behavior> {
    let mut behaviors: Vec<Behavior> = (0..10).map(Behavior::Answer).collect();
    behaviors[2] = Behavior::Exit(1);
    behaviors[5] = Behavior::Panic("five".into());
    behaviors[8] = Behavior::Sleep(Duration::from_secs(1000));
    behaviors
}

fn check_loss(place: usize, why: &Failure) {
    let (attempts, last) = crash(why.clone());
    assert_eq!(attempts, 2);
    match place {
        2 => assert_eq!(last.ending, Ending::Exited { code: 1 }),
        5 => assert_eq!(last.ending, Ending::Panicked { message: "five".into() }),
        8 => assert_eq!(last.ending, Ending::TimedOut { limit: 300 * MS }),
        other => panic!("{other} kills no worker: {why}"),
    }
}

pub fn trials() -> Vec<Trial> {
    let skipping = || builder(2).retries(1).task_timeout(Some(300 * MS)).on_poison(OnPoison::Skip);
    vec![
        trial("of ten items three bad ones are lost, and no other", move || {
            let pool = build(skipping());
            let mut results = pool.imap_partial_unordered::<Sum>([ten()]);
            let PartialResult { output, lost, .. } = results.next().unwrap();
            assert_eq!(output, Some(1 + 3 + 4 + 6 + 7 + 9));
            assert_eq!(lost.len(), 3);
            for ((input, why), place) in lost.iter().zip([2, 5, 8]) {
                let [behavior] = &input.as_ref().unwrap()[..] else { panic!("{input:?}") };
                assert_eq!(format!("{behavior:?}"), format!("{:?}", ten()[place]));
                check_loss(place, why);
            }
            assert!(results.next().is_none());
        }),
        trial("in a batch of ten too, with and without skip: each input has its own result", move || {
            for on_poison in [OnPoison::Skip, OnPoison::Fail] {
                let pool = build(skipping().on_poison(on_poison));
                let results = pool.chunked(10).imap::<Behave>(ten()).collect::<Vec<_>>();
                assert_eq!(results.len(), 10);
                for (place, result) in results.iter().enumerate() {
                    match result {
                        Ok(answer) => assert_eq!(*answer, place as u64),
                        Err(why) => check_loss(place, why),
                    }
                }
                assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 7);
            }
        }),
        trial("without skip, one bad item ends its task and no other", || {
            let pool = build(builder(2).retries(0));
            let bad = pool.submit::<Sum>(vec![
                Behavior::Answer(1),
                Behavior::Exit(3),
                Behavior::Answer(2),
                Behavior::Answer(3),
            ]);
            let good = pool.submit::<Sum>(vec![Behavior::Answer(4)]);
            let (attempts, last) = crash(bad.wait().unwrap_err());
            assert_eq!((attempts, last.ending), (1, Ending::Exited { code: 3 }));
            assert_eq!(good.wait().unwrap(), 4);
        }),
        trial(
            "without skip, the first of two bad items is the cause, though the second is found sooner",
            || {
                let pool = build(builder(2).retries(0));
                let slow = Behavior::Sleep(100 * MS);
                let bad = vec![slow, Behavior::Exit(3), Behavior::Answer(1), Behavior::Exit(4)];
                let (_, last) = crash(pool.apply::<Sum>(bad).unwrap_err());
                assert_eq!(last.ending, Ending::Exited { code: 3 });
            },
        ),
        trial("items that kill may stand together: each is singled out, and the pool goes on", || {
            let budget = |builder: PoolBuilder| builder.max_restarts(10, Duration::from_secs(10));
            let pool = build(budget(builder(2).on_poison(OnPoison::Skip)));
            let items: Vec<Behavior> = (0..300)
                .map(|n| if (20..280).contains(&n) { Behavior::Exit(1) } else { Behavior::Answer(1) })
                .collect();
            let mut results = pool.imap_partial_unordered::<Sum>([items.clone()]);
            let PartialResult { output, lost, .. } = results.next().unwrap();
            assert_eq!((output, lost.len()), (Some(40), 260));
            for (input, why) in lost {
                assert_eq!((input.unwrap().len(), crash(why).0), (1, 3));
            }
            drop(results);
            // The same items one by one: each ends as itself, and the budget is not spent.
            let pool = build(budget(builder(2).retries(2)));
            let results = pool.imap::<Behave>(items.into_iter().take(60)).collect::<Vec<_>>();
            assert!(results.iter().take(20).all(Result::is_ok));
            assert!(results.into_iter().skip(20).all(|result| crash(result.unwrap_err()).0 == 3));
        }),
        trial("a part that is not smaller than its whole ends the search", || {
            for on_poison in [OnPoison::Fail, OnPoison::Skip] {
                for how in [
                    BadSplit::EverythingAndNothing,
                    BadSplit::NothingAndEverything,
                    BadSplit::Twice,
                    BadSplit::OneMore,
                ] {
                    let pool = build(builder(2).on_poison(on_poison));
                    let input = (how, HashSet::from_iter(0..20));
                    let mut results = pool.imap_partial_unordered::<Unsplit>([input.clone()]);
                    let PartialResult { output, mut lost, .. } = results.next().unwrap();
                    let (rest, why) = lost.remove(0);
                    assert_eq!((output, lost.len(), rest.unwrap().1), (None, 0, input.1), "{how:?}");
                    assert_eq!(crash(why).0, 3);
                    assert!(pool.stats().attempts <= 3, "{how:?}: {:?}", pool.stats());
                }
            }
        }),
        trial("a range is halved, though its halves have as many bytes", || {
            let pool = build(builder(2).retries(1).on_poison(OnPoison::Skip));
            let mut results = pool.imap_partial_unordered::<Search>([(0, 10_000_000_000)]);
            let PartialResult { output, lost, .. } = results.next().unwrap();
            assert_eq!(output, Some(9_999_999_999));
            let [(Some(range), _)] = lost[..] else { panic!("{lost:?}") };
            assert_eq!(range, (Search::KILLER, Search::KILLER + 1));
        }),
        trial("a task that fails once is not halved", || {
            let folder = tempfile::tempdir().unwrap();
            let pool = build(builder(1).retries(1));
            let behaviors = vec![Behavior::Answer(5), Behavior::ExitOnce(folder.path().join("met"))];
            assert_eq!(pool.apply::<Sum>(behaviors).unwrap(), 6);
            assert_eq!((pool.stats().divided, pool.stats().attempts), (0, 2));
        }),
    ]
}
