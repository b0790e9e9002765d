//! API: the methods mean the same on processes and on threads, so each test runs on both.

mod support;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use procpool::{
    Ending, Failure, Handle, Pool, Task, TaskError, ThreadPool, as_completed, gather, serve_if_worker,
    worker_state,
};
use serde::{Deserialize, Serialize};
use support::{Behave, Behavior, MS, Square, TASKS, crash, trial};

fn main() -> ExitCode {
    let tasks = [TASKS, &[Power::ENTRY, Named::ENTRY, Picky::ENTRY]].concat();
    serve_if_worker(&tasks);
    let mut trials = processes::trials();
    trials.extend(threads::trials());
    trials.extend(what_cannot_be_sent());
    support::run(trials)
}

struct Power;

impl Task for Power {
    const NAME: &'static str = "power";
    type Input = (u64, u32);
    type Output = u64;
    fn run((base, exponent): (u64, u32)) -> Result<u64, TaskError> {
        base.checked_pow(exponent).ok_or_else(|| TaskError::new("the power does not fit"))
    }
}

/// Looks up a word of the list that the pool shares.
struct Named;

impl Task for Named {
    const NAME: &'static str = "named";
    type Input = usize;
    type Output = String;
    fn run(place: usize) -> Result<String, TaskError> {
        let words = worker_state(|words: Vec<String>| words)?;
        words.get(place).cloned().ok_or_else(|| TaskError::new("no such word"))
    }
}

/// A value that cannot be encoded when it is odd.
#[derive(Clone, Deserialize)]
struct Odd(u64);

impl Serialize for Odd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 2 == 1 {
            return Err(serde::ser::Error::custom("an odd value"));
        }
        serializer.serialize_newtype_struct("Odd", &self.0)
    }
}

struct Picky;

impl Task for Picky {
    const NAME: &'static str = "picky";
    type Input = Odd;
    type Output = Odd;
    fn run(Odd(n): Odd) -> Result<Odd, TaskError> {
        // The output cannot be encoded when the half is odd.
        Ok(Odd(n / 2))
    }
}

/// Runs a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// An iterator that reports how many items were taken.
fn counted(taken: &Rc<Cell<usize>>) -> impl Iterator<Item = u64> + use<> {
    let taken = taken.clone();
    (0..).inspect(move |_| taken.set(taken.get() + 1))
}

/// The same tests for one kind of pool.
macro_rules! tests_of {
    ($kind:ident, $Pool:ident) => {
        mod $kind {
            use super::*;

            fn new(workers: usize) -> $Pool {
                $Pool::builder().workers(workers).build().unwrap()
            }

            pub fn trials() -> Vec<Trial> {
                let tests: &[(&str, fn())] = &[
                    ("map gives all, in order", map),
                    ("map ends with the first failure, in order", map_fails),
                    ("imap gives one by one, in order, and takes no more than its bound", imap),
                    (
                        "imap_unordered gives each once, as it comes, and takes no more than its bound",
                        unordered,
                    ),
                    ("starmap takes tuples", starmap),
                    ("apply waits", apply),
                    ("submit does not wait; a handle can be polled, waited for and is taken once", submit),
                    ("as_completed gives them as they come", completed),
                    ("gather gives them in order", gathered),
                    ("a handle is a future", future),
                    ("a panic is a value, and the pool goes on", panics),
                    ("workers share a value", shared),
                    ("cancel of one that waits", cancel),
                    ("the pool says what it did", stats),
                ];
                let name = stringify!($kind);
                tests.iter().map(|&(what, test)| trial(format!("{name}: {what}"), test)).collect()
            }

            fn map() {
                let pool = new(2);
                let squares: Vec<u64> = (0..1000).map(|n| n * n).collect();
                assert_eq!(pool.map::<Square>(0..1000).unwrap(), squares);
                for size in [0, 1, 2, 7, 999, 1000, 1001] {
                    assert_eq!(pool.chunked(size).map::<Square>(0..1000).unwrap(), squares);
                }
                assert_eq!(pool.map::<Square>([]).unwrap(), [0; 0]);
                assert_eq!(pool.chunked(5).map::<Square>([]).unwrap(), [0; 0]);
                // Slow ones first: order is not that of the ends.
                let behaviors = [50, 0].map(|time| Behavior::Sleep(time * MS));
                assert_eq!(
                    pool.map::<Behave>(behaviors.into_iter().chain([Behavior::Answer(7)])).unwrap(),
                    [0, 0, 7]
                );
            }

            fn map_fails() {
                let pool = new(2);
                let behaviors = || {
                    [
                        Behavior::Answer(1),
                        Behavior::Sleep(50 * MS),
                        Behavior::Fail("first".into()),
                        Behavior::Fail("second".into()),
                    ]
                };
                for size in [1, 3] {
                    let Err(Failure::Task(error)) = pool.chunked(size).map::<Behave>(behaviors()) else {
                        panic!()
                    };
                    assert_eq!(error.to_string(), "first");
                }
                // One bad item of a batch has no part in the others.
                let results: Vec<bool> =
                    pool.chunked(4).imap::<Behave>(behaviors()).map(|result| result.is_ok()).collect();
                assert_eq!(results, [true, true, false, false]);
            }

            fn imap() {
                for chunk in [1, 5] {
                    let pool =
                        $Pool::builder().workers(2).in_flight(6, 1 << 20).build().unwrap().chunked(chunk);
                    let taken = Rc::new(Cell::new(0));
                    let mut squares = pool.imap::<Square>(counted(&taken));
                    assert_eq!(taken.get(), 0, "nothing is taken before somebody asks");
                    for n in 0..500 {
                        assert_eq!(squares.next().unwrap().unwrap(), n * n);
                        let ahead = taken.get() - n as usize - 1;
                        // A chunk that has come is handed out while the bound is in flight behind it.
                        assert!(ahead <= (6 + 1) * chunk, "{ahead} ahead");
                    }
                }
            }

            fn unordered() {
                let pool = $Pool::builder().workers(2).in_flight(6, 1 << 20).build().unwrap();
                let taken = Rc::new(Cell::new(0));
                let mut seen = BTreeSet::new();
                for (n, square) in pool.imap_unordered::<Square>(counted(&taken).take(500)).enumerate() {
                    assert!(seen.insert(square.unwrap()), "twice");
                    assert!(taken.get() - n - 1 <= 6);
                }
                assert_eq!(seen, (0..500).map(|n| n * n).collect());
                let behaviors = [Behavior::Sleep(200 * MS), Behavior::Answer(1), Behavior::Answer(2)];
                let pool = new(2);
                let mut as_they_come = pool.imap_unordered::<Behave>(behaviors).map(Result::unwrap);
                assert_ne!(as_they_come.next(), Some(0));
                assert_eq!(as_they_come.by_ref().last(), Some(0));
            }

            fn starmap() {
                let pool = new(2);
                assert_eq!(pool.starmap::<Power>([(2, 10), (10, 3), (7, 0)]).unwrap(), [1024, 1000, 1]);
                let Err(Failure::Task(error)) = pool.starmap::<Power>([(2, 64)]) else { panic!() };
                assert_eq!(error.to_string(), "the power does not fit");
            }

            fn apply() {
                let pool = new(1);
                let since = Instant::now();
                assert_eq!(pool.apply::<Behave>(Behavior::Sleep(100 * MS)).unwrap(), 0);
                assert!(since.elapsed() >= 100 * MS);
            }

            fn submit() {
                let pool = new(1);
                let since = Instant::now();
                let mut handle = pool.submit::<Behave>(Behavior::Sleep(200 * MS));
                assert!(since.elapsed() < 150 * MS);
                assert!(!handle.is_done() && handle.poll().is_none());
                assert!(handle.wait_timeout(10 * MS).is_none());
                assert_eq!(handle.wait_timeout(Duration::MAX).unwrap().unwrap(), 0);
                assert!(handle.is_done());
                assert!(matches!(handle.poll(), Some(Err(Failure::Taken))));
                assert!(matches!(handle.wait(), Err(Failure::Taken)));
            }

            fn completed() {
                let pool = new(2);
                let behaviors =
                    [Behavior::Sleep(300 * MS), Behavior::Answer(1), Behavior::Fail("two".into())];
                let handles = behaviors.map(|behavior| pool.submit::<Behave>(behavior));
                let ends: Vec<_> =
                    as_completed(handles).map(|(place, result)| (place, result.ok())).collect();
                assert_eq!(ends, [(1, Some(1)), (2, None), (0, Some(0))]);
                assert_eq!(as_completed(Vec::<Handle<Behave>>::new()).count(), 0);
            }

            fn gathered() {
                let pool = new(2);
                let handles = [Behavior::Sleep(50 * MS), Behavior::Answer(1)]
                    .map(|behavior| pool.submit::<Behave>(behavior));
                assert_eq!(gather(handles).unwrap(), [0, 1]);
                let handles = [Behavior::Answer(1), Behavior::Fail("no".into())]
                    .map(|behavior| pool.submit::<Behave>(behavior));
                assert!(matches!(gather(handles), Err(Failure::Task(_))));
            }

            fn future() {
                let pool = new(2);
                let sum = block_on(async {
                    let [slow, fast] = [Behavior::Sleep(50 * MS), Behavior::Answer(3)]
                        .map(|behavior| pool.submit::<Behave>(behavior));
                    let square = pool.submit::<Square>(5);
                    slow.await.unwrap() + fast.await.unwrap() + square.await.unwrap()
                });
                assert_eq!(sum, 28);
                let failed = block_on(pool.submit::<Behave>(Behavior::Fail("no".into())));
                assert!(matches!(failed, Err(Failure::Task(_))));
            }

            fn panics() {
                let pool = new(2);
                let (_, last) =
                    crash(pool.apply::<Behave>(Behavior::Panic("on purpose".into())).unwrap_err());
                assert_eq!(last.ending, Ending::Panicked { message: "on purpose".into() });
                let results = [Behavior::Answer(1), Behavior::Panic("again".into()), Behavior::Answer(3)];
                let results: Vec<_> = pool.imap::<Behave>(results).map(Result::ok).collect();
                assert_eq!(results, [Some(1), None, Some(3)]);
            }

            fn shared() {
                let words: Vec<String> = ["zero", "one", "two"].map(String::from).into();
                let pool = $Pool::builder().workers(2).share(&words).unwrap().build().unwrap();
                assert_eq!(pool.map::<Named>([2, 0, 1]).unwrap(), ["two", "zero", "one"]);
                assert!(matches!(pool.apply::<Named>(3), Err(Failure::Task(_))));
                let Err(Failure::Task(error)) = new(1).apply::<Named>(0) else { panic!() };
                assert_eq!(error.to_string(), "the pool shares no value with its workers");
            }

            fn cancel() {
                let pool = new(1);
                let first = pool.submit::<Behave>(Behavior::Sleep(100 * MS));
                let second = pool.submit::<Behave>(Behavior::Answer(1));
                let third = pool.submit::<Behave>(Behavior::Answer(2));
                second.cancel();
                second.cancel();
                assert_eq!(third.wait().unwrap(), 2);
                assert!(matches!(second.wait(), Err(Failure::Cancelled)));
                first.cancel();
                assert_eq!(first.wait().unwrap(), 0, "it had ended");
            }

            fn stats() {
                let pool = new(2);
                assert_eq!((pool.stats().workers, pool.stats().finished), (2, 0));
                pool.map::<Square>(0..10).unwrap();
                pool.apply::<Behave>(Behavior::Fail("no".into())).unwrap_err();
                let stats = pool.stats();
                assert_eq!((stats.attempts, stats.finished, stats.failed), (11, 10, 1));
                assert_eq!((stats.retried, stats.restarts, stats.divided), (0, 0, 0));
            }
        }
    };
}

tests_of!(processes, Pool);
tests_of!(threads, ThreadPool);

fn what_cannot_be_sent() -> Vec<Trial> {
    vec![trial("what cannot be encoded is its own failure", || {
        let pool = Pool::builder().workers(1).build().unwrap();
        // 4 can be sent and so can its half, 2 can be sent and its half cannot, 3 cannot be sent.
        for (chunk, wanted) in [(1, [true, false, false, true]), (4, [false; 4])] {
            let inputs = [4, 2, 3, 8].map(Odd);
            let results: Vec<_> = pool.chunked(chunk).imap::<Picky>(inputs).collect();
            let fine: Vec<bool> = results.iter().map(Result::is_ok).collect();
            assert_eq!(fine, wanted, "{chunk}");
            assert!(matches!(results[2], Err(Failure::Wire(_))));
        }
    })]
}
