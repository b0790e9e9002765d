//! Callers: longest waits, clones of a pool, threads, wakers that panic.

use super::*;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("the longest possible timeouts", || {
            let pool = build(builder(1));
            let mut handle = pool.submit::<Square>(6);
            assert_eq!(handle.wait_timeout(Duration::MAX).unwrap().unwrap(), 36);
            let pool = build(
                builder(1)
                    .task_timeout(Some(Duration::MAX))
                    .start_timeout(Duration::MAX)
                    .max_restarts(5, Duration::MAX),
            );
            assert_eq!(pool.apply::<Square>(6).unwrap(), 36);
        }),
        trial("the pool ends with its last clone", || {
            let pool = build(builder(1));
            let clone = pool.clone();
            assert_eq!(pool.apply::<Square>(6).unwrap(), 36);
            drop(pool);
            assert_eq!(clone.apply::<Square>(7).unwrap(), 49);
        }),
        trial("a dropped pool of threads does not run what is queued", || {
            let pool = ThreadPool::builder().workers(1).build().unwrap();
            let running = pool.submit::<Behave>(Behavior::Sleep(200 * MS));
            within(2000 * MS, "it runs", || pool.stats().attempts == 1);
            let queued =
                (0..20).map(|_| pool.submit::<Behave>(Behavior::Sleep(200 * MS))).collect::<Vec<_>>();
            let since = Instant::now();
            drop(pool);
            assert!(since.elapsed() < 1000 * MS, "{:?}", since.elapsed());
            assert_eq!(running.wait().unwrap(), 0, "a thread cannot be killed");
            for handle in queued {
                assert!(matches!(handle.wait(), Err(Failure::Stopped)));
            }
        }),
        trial("many threads share a pool", || {
            let pool = build(builder(2));
            std::thread::scope(|scope| {
                for thread in 0..8u64 {
                    let pool = pool.clone();
                    scope.spawn(move || {
                        for n in 0..100 {
                            assert_eq!(
                                pool.apply::<Square>(thread * 100 + n).unwrap(),
                                (thread * 100 + n).pow(2)
                            );
                        }
                    });
                }
            });
            assert_eq!(pool.stats().finished, 800);
        }),
        trial("a waker that panics does not end the pool", || {
            use std::future::Future;
            use std::task::{Context, Poll, Wake, Waker};
            struct Clumsy;
            impl Wake for Clumsy {
                fn wake(self: Arc<Self>) {
                    panic!("a waker's panic, on purpose");
                }
            }
            let pool = build(builder(1));
            let mut handle = std::pin::pin!(pool.submit::<Behave>(Behavior::Sleep(50 * MS)));
            let waker = Waker::from(Arc::new(Clumsy));
            assert!(matches!(handle.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending));
            assert_eq!(pool.apply::<Square>(6).unwrap(), 36);
            assert_eq!(handle.wait_timeout(Duration::MAX).unwrap().unwrap(), 0);
        }),
    ]
}
