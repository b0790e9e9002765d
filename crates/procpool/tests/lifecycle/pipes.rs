//! Pipes: large messages, readers that stop, drops in the middle.

use super::*;

pub fn trials() -> Vec<Trial> {
    let large = || ByteBuf::from((0..5_000_000u32).map(|n| (n ^ (n >> 8)) as u8).collect::<Vec<_>>());
    vec![
        trial("large inputs and outputs, with workers killed and stopped in the middle", move || {
            let (large, sent) = (large(), 12);
            let pool = build(builder(2).retries(1000).task_timeout(Some(Duration::from_secs(8))));
            let killer = Killer::start(&[9, 19], 20 * MS);
            let inputs = std::iter::repeat_with(|| large.clone()).take(sent);
            let answers: Vec<ByteBuf> = pool.imap::<Echo>(inputs).collect::<Result<_, _>>().unwrap();
            killer.stop();
            assert!(answers.len() == sent && answers.iter().all(|answer| *answer == large));
        }),
        trial("a worker that is stopped before it has read its input", move || {
            let pool = build(builder(1).task_timeout(Some(500 * MS)).retries(3));
            assert_eq!(pool.apply::<Square>(2).unwrap(), 4);
            raise(pid(*children().first().unwrap()), 19);
            let large = large();
            assert!(pool.apply::<Echo>(large.clone()).unwrap() == large);
            assert_eq!((pool.stats().attempts, pool.stats().retried), (2, 0), "it had not begun");
        }),
        trial("a pool that is dropped while pipes are full", move || {
            let pool = build(builder(2));
            let handles = (0..10).map(|_| pool.submit::<Echo>(large())).collect::<Vec<_>>();
            children().into_iter().for_each(|child| raise(pid(child), 19));
            let since = Instant::now();
            drop(pool);
            assert!(since.elapsed() < 2000 * MS, "{:?}", since.elapsed());
            for handle in handles {
                assert!(matches!(handle.wait(), Ok(_) | Err(Failure::Stopped)));
            }
        }),
        trial("a pool that is dropped with work in flight and in line", || {
            let pool = build(builder(2).task_timeout(None));
            let handles = (0..50).map(|_| pool.submit::<Behave>(Behavior::Spin)).collect::<Vec<_>>();
            within(2000 * MS, "both spin", || pool.stats().attempts == 2);
            let since = Instant::now();
            drop(pool);
            assert!(since.elapsed() < 2000 * MS, "{:?}", since.elapsed());
            for handle in handles {
                assert!(matches!(handle.wait(), Err(Failure::Stopped)));
            }
        }),
        trial("a worker that answers at full speed does not keep a cancel or a drop waiting", || {
            let pool = build(builder(2));
            let handles = (0..20_000).map(|n| pool.submit::<Square>(n)).collect::<Vec<_>>();
            let since = Instant::now();
            handles[19_999].cancel();
            within(2000 * MS, "the last one is done", || handles[19_999].is_done());
            drop(pool);
            assert!(since.elapsed() < 2000 * MS, "{:?}", since.elapsed());
            let last = handles.into_iter().next_back().unwrap().wait();
            assert!(matches!(last, Err(Failure::Cancelled) | Ok(399_960_001)), "{last:?}");
        }),
    ]
}
