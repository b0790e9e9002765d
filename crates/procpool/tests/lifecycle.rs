//! What can happen in the life of a pool, from inside and from outside: neighbours that kill each
//! other, pipes that are full, callers that change their mind, programs that do not start.

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use procpool::{
    Attempt, Ending, Failure, GaveUp, GiveUpCause, OnPoison, PartialResult, Pool, PoolError, serve_if_worker,
};
use rustix::process::Pid;
use serde_bytes::ByteBuf;
use support::{
    Behave, Behavior, Echo, MS, Square, Sum, TASKS, Unknown, build, builder, children, children_of, crash,
    lives, raise, trial, within,
};

fn main() -> ExitCode {
    // A program that forgets to become a worker, for one of the tests below.
    if std::env::var_os("PROCPOOL_TEST_FORGETS").is_some() {
        return forgetful();
    }
    serve_if_worker(TASKS);
    if std::env::args().nth(1).as_deref() == Some("--spin") {
        return spin();
    }
    let mut trials = Vec::new();
    trials.extend(deaths());
    trials.extend(pipes());
    trials.extend(cancels());
    trials.extend(budgets());
    trials.extend(starts());
    trials.extend(poisons());
    trials.extend(callers());
    support::run(trials)
}

fn pid(raw: i32) -> Pid {
    Pid::from_raw(raw).unwrap()
}

fn deaths() -> Vec<Trial> {
    vec![
        trial("workers that kill each other", || {
            let pool = build(builder(3).retries(1000));
            let behaviors =
                (0..30).map(|n| if n % 3 == 0 { Behavior::RaiseElsewhere(9) } else { Behavior::Answer(n) });
            let answers = pool.map::<Behave>(behaviors).unwrap();
            assert_eq!(answers, (0..30).map(|n| if n % 3 == 0 { 0 } else { n }).collect::<Vec<_>>());
        }),
        trial("a parent killed with SIGKILL leaves no worker, though they spin", || {
            let mut parent = Command::new(std::env::current_exe().unwrap());
            let mut parent = parent.arg("--spin").stdout(Stdio::null()).spawn().unwrap();
            let id = parent.id() as i32;
            let mut workers = BTreeSet::new();
            within(5000 * MS, "three workers", || {
                workers = children_of(id);
                workers.len() == 3
            });
            std::thread::sleep(100 * MS);
            // One of them is stopped as well.
            raise(pid(*workers.first().unwrap()), 19);
            parent.kill().unwrap();
            parent.wait().unwrap();
            within(2000 * MS, "all workers die", || !workers.iter().any(|&worker| lives(worker)));
        }),
        trial("results count once, whoever kills or stops workers meanwhile", || {
            let pool = build(builder(3).retries(1000).task_timeout(Some(Duration::from_secs(5))));
            let killer = Killer::start(&[9, 19], 7 * MS);
            let mut squares: Vec<u64> =
                pool.imap_unordered::<Square>(0..3000).collect::<Result<_, _>>().unwrap();
            let killed = killer.stop();
            squares.sort_unstable();
            assert_eq!(squares, (0..3000).map(|n| n * n).collect::<Vec<_>>());
            let batches = pool.chunked(100).map::<Square>(0..3000).unwrap();
            assert_eq!(batches, squares);
            assert!(killed > 0);
            assert_eq!(pool.stats().failed, 0);
        }),
        trial("new tasks while a worker is being killed", || {
            let pool = build(builder(2).retries(1000));
            let killer = Killer::start(&[9], 2 * MS);
            let squares = (0..300).map(|n| (n * n, pool.submit::<Square>(n))).collect::<Vec<_>>();
            for (square, handle) in squares {
                assert_eq!(handle.wait().unwrap(), square);
            }
            killer.stop();
        }),
        trial("many restarts", || {
            let chaos = "exit@running=1,seed=3".parse().unwrap();
            let pool = build(builder(2).retries(1).chaos(chaos).backoff(MS));
            assert_eq!(pool.map::<Square>(0..100).unwrap()[99], 9801);
            let stats = pool.stats();
            assert_eq!((stats.attempts, stats.retried, stats.finished), (200, 100, 100));
            assert!(stats.restarts >= 99, "{stats:?}");
        }),
        trial("a worker for each task", || {
            let pool = build(builder(2).max_tasks_per_worker(Some(1)));
            let pids = pool.map::<Behave>((0..20).map(|_| Behavior::Pid)).unwrap();
            assert_eq!(pids.into_iter().collect::<BTreeSet<_>>().len(), 20);
            let stats = pool.stats();
            assert_eq!((stats.attempts, stats.restarts), (20, 0));
        }),
        trial("a worker that was let go and is stopped gives its slot back", || {
            let chaos = "stop@after-result=1".parse().unwrap();
            let pool = build(builder(1).max_tasks_per_worker(Some(1)).chaos(chaos));
            assert_eq!(pool.map::<Square>(0..3).unwrap(), [0, 1, 4]);
        }),
    ]
}

fn pipes() -> Vec<Trial> {
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

fn cancels() -> Vec<Trial> {
    vec![
        trial("cancel of a task in line, of one that runs, and of one that has ended", || {
            let pool = build(builder(1));
            let running = pool.submit::<Behave>(Behavior::Spin);
            within(2000 * MS, "it runs", || pool.stats().attempts == 1);
            let queued = pool.submit::<Behave>(Behavior::Answer(1));
            let ended = pool.submit::<Behave>(Behavior::Answer(2));
            queued.cancel();
            assert!(matches!(queued.wait(), Err(Failure::Cancelled)));
            let worker = *children().first().unwrap();
            running.cancel();
            assert!(matches!(running.wait(), Err(Failure::Cancelled)));
            within(2000 * MS, "its worker dies", || !lives(worker));
            within(2000 * MS, "the next one ends", || ended.is_done());
            ended.cancel();
            assert_eq!(ended.wait().unwrap(), 2);
            assert_eq!(pool.stats().restarts, 0, "a cancelled task is no crash");
        }),
        trial("cancel of a task that is being written", || {
            let pool = build(builder(1));
            let large = pool.submit::<Echo>(ByteBuf::from(vec![7; 50 << 20]));
            within(2000 * MS, "a worker", || !children().is_empty());
            large.cancel();
            assert!(matches!(large.wait(), Err(Failure::Cancelled)));
            assert_eq!(pool.apply::<Square>(5).unwrap(), 25);
        }),
        trial("a lazy iterator that is dropped calls the rest off", || {
            let pool = build(builder(2));
            let behaviors = [Behavior::Answer(1)].into_iter().chain((0..100).map(|_| Behavior::Spin));
            let mut answers = pool.imap::<Behave>(behaviors);
            assert_eq!(answers.next().unwrap().unwrap(), 1);
            drop(answers);
            assert_eq!(pool.map::<Square>(0..4).unwrap(), [0, 1, 4, 9]);
        }),
        trial("each attempt has its line in the record, cancelled and stopped ones too", || {
            let lines = Arc::new(Mutex::new(Vec::<Attempt>::new()));
            let ours = lines.clone();
            let pool = build(builder(2).retries(1).on_attempt(move |attempt| {
                ours.lock().unwrap().push(attempt.clone());
                // What goes wrong here is not to cost the pool anything.
                assert_ne!(attempt.task, 0, "a panic in the record");
            }));
            assert_eq!(pool.apply::<Behave>(Behavior::Answer(1)).unwrap(), 1);
            pool.apply::<Behave>(Behavior::Exit(1)).unwrap_err();
            let spinning = pool.submit::<Behave>(Behavior::Spin);
            within(2000 * MS, "it runs", || pool.stats().attempts == 4);
            spinning.cancel();
            assert_eq!(pool.apply::<Behave>(Behavior::Answer(1)).unwrap(), 1);
            let stopped = pool.submit::<Behave>(Behavior::Spin);
            within(2000 * MS, "it runs", || pool.stats().attempts == 6);
            let attempts = pool.stats().attempts;
            drop(pool);
            assert!(matches!(stopped.wait(), Err(Failure::Stopped)));
            let lines = lines.lock().unwrap();
            let outcomes: BTreeSet<_> = lines.iter().map(|line| (line.task, line.outcome)).collect();
            let wanted = [(0, "done"), (1, "exited"), (2, "cancelled"), (3, "done"), (4, "stopped")];
            assert_eq!((outcomes, lines.len() as u64), (wanted.into(), attempts));
            assert!(lines.iter().all(|line| line.queued <= line.started && line.started <= line.ended));
        }),
    ]
}

fn gave_up(failure: Failure) -> Arc<GaveUp> {
    if let Failure::GaveUp(why) = failure { why } else { panic!("{failure:?}") }
}

fn budgets() -> Vec<Trial> {
    vec![trial("a restart budget that is spent ends the pool with the last cause", || {
        let window = Duration::from_secs(10);
        let pool = build(builder(1).max_restarts(3, window).retries(100));
        assert_eq!(pool.apply::<Square>(2).unwrap(), 4);
        let why = gave_up(pool.apply::<Behave>(Behavior::Exit(9)).unwrap_err());
        assert_eq!((why.cause, why.window), (GiveUpCause::Restarts { deaths: 4 }, window));
        assert_eq!(why.last.as_ref().unwrap().ending, Ending::Exited { code: 9 });
        assert_eq!(why.last.as_ref().unwrap().attempt, 4);
        assert_eq!(
            why.to_string(),
            "gave up: a worker died 4 times within 10 s without finishing a task: exited with code 9"
        );
        gave_up(pool.apply::<Square>(3).unwrap_err());
        assert!(children().is_empty());
    })]
}

/// A program of these few lines, which is gone at the end.
struct Script(PathBuf);

impl Script {
    fn new(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let path = folder.join("program");
        std::fs::File::create(&path).unwrap().write_all(lines.as_bytes()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Script(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn start(program: &Path) -> (Ending, Duration) {
    let since = Instant::now();
    let pool = build(builder(2).program(program).start_timeout(500 * MS));
    let why = gave_up(pool.apply::<Square>(1).unwrap_err());
    assert_eq!(why.cause, GiveUpCause::CannotStart);
    (why.last.clone().unwrap().ending, since.elapsed())
}

fn starts() -> Vec<Trial> {
    vec![
        trial("a program that is not there, or may not be run", || {
            let (ending, took) = start(Path::new("/no/such/program"));
            let reason = "/no/such/program: No such file or directory (os error 2)".to_owned();
            assert_eq!(ending, Ending::CouldNotStart { reason });
            assert!(took < 1000 * MS, "{took:?}");
            let (ending, _) = start(Path::new("/dev/null"));
            let reason = "/dev/null: Permission denied (os error 13)".to_owned();
            assert_eq!(ending, Ending::CouldNotStart { reason });
        }),
        trial("a program that leaves at once, and one that says why", || {
            let script = Script::new("#!/bin/sh\nexit 0\n");
            let reason = "exit status: 0 before its hello: ".to_owned();
            assert_eq!(start(&script.0).0, Ending::CouldNotStart { reason });
            let script = Script::new("#!/bin/sh\necho no licence >&2\nexit 4\n");
            let reason = "exit status: 4 before its hello: no licence".to_owned();
            assert_eq!(start(&script.0).0, Ending::CouldNotStart { reason });
        }),
        trial("a program that is no worker and talks", || {
            let script = Script::new("#!/bin/sh\necho hello, this is some other program\nsleep 1000\n");
            let Ending::BrokenProtocol { what } = start(&script.0).0 else { panic!() };
            assert!(what.starts_with("a frame begins with [68, 65, 6c, 6c]"), "{what}");
        }),
        trial("a program that hangs at its start", || {
            let script = Script::new("#!/bin/sh\nexec sleep 1000\n");
            let (ending, took) = start(&script.0);
            let reason = "no hello within 0.5 s".to_owned();
            assert_eq!(ending, Ending::CouldNotStart { reason });
            assert!(took < 2000 * MS, "{took:?}");
        }),
        trial("a program that forgets to become a worker", || {
            let script = Script::new(&format!(
                "#!/bin/sh\nPROCPOOL_TEST_FORGETS=1 exec {} \"$@\"\n",
                std::env::current_exe().unwrap().display()
            ));
            let Ending::CouldNotStart { reason } = start(&script.0).0 else { panic!() };
            assert_eq!(reason, format!("exit status: 1 before its hello: {}", PoolError::Nested));
        }),
        trial("a task that main does not know costs nobody else anything", || {
            let pool = build(builder(1));
            for n in 0..3 {
                let Err(Failure::Task(error)) = pool.apply::<Unknown>(()) else { panic!() };
                let text = "the task `unknown` is not among those that main gives to serve_if_worker";
                assert_eq!(error.to_string(), text);
                assert_eq!(pool.apply::<Square>(n).unwrap(), n * n);
            }
            assert_eq!((pool.stats().started, pool.stats().attempts), (1, 3));
        }),
    ]
}

/// Ten behaviors of which three cost their worker its life, each in another way, and what is left.
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
        other => panic!("{other} is innocent: {why}"),
    }
}

fn poisons() -> Vec<Trial> {
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
        trial("in a batch of ten too", move || {
            let pool = build(skipping());
            let results = pool.chunked(10).imap::<Behave>(ten()).collect::<Vec<_>>();
            assert_eq!(results.len(), 10);
            for (place, result) in results.iter().enumerate() {
                match result {
                    Ok(answer) => assert_eq!(*answer, place as u64),
                    Err(why) => check_loss(place, why),
                }
            }
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 7);
        }),
        trial("without leave to skip, one bad item ends its task and nothing else", || {
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
        trial("a task every part of which kills ends the pool, but not before 128 deaths in a row", || {
            let pool = build(builder(2).retries(0).on_poison(OnPoison::Skip));
            let mut results = pool.imap_partial_unordered::<Sum>([vec![Behavior::Exit(1); 400]]);
            let PartialResult { output, lost, .. } = results.next().unwrap();
            assert_eq!(output, None);
            assert_eq!(lost.iter().map(|(input, _)| input.as_ref().unwrap().len()).sum::<usize>(), 400);
            let (alone, rest): (Vec<_>, Vec<_>) =
                lost.into_iter().partition(|(_, why)| matches!(why, Failure::Crashed { .. }));
            assert!(!alone.is_empty() && alone.iter().all(|(input, _)| input.as_ref().unwrap().len() == 1));
            for (_, why) in rest {
                assert_eq!(gave_up(why).cause, GiveUpCause::Bisection { deaths: 129 });
            }
            gave_up(pool.apply::<Square>(1).unwrap_err());
        }),
        trial("a task that is unlucky once is not divided", || {
            let folder = tempfile::tempdir().unwrap();
            let pool = build(builder(1).retries(1));
            let behaviors = vec![Behavior::Answer(5), Behavior::ExitOnce(folder.path().join("met"))];
            assert_eq!(pool.apply::<Sum>(behaviors).unwrap(), 6);
            assert_eq!((pool.stats().divided, pool.stats().attempts), (0, 2));
        }),
    ]
}

fn callers() -> Vec<Trial> {
    vec![
        trial("a wait as long as can be said", || {
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
        trial("the last clone of a pool ends it, whichever that is", || {
            let pool = build(builder(1));
            let clone = pool.clone();
            assert_eq!(pool.apply::<Square>(6).unwrap(), 36);
            drop(pool);
            assert_eq!(clone.apply::<Square>(7).unwrap(), 49);
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
        trial("a waker that panics costs nobody else anything", || {
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

/// After so many signals a killer rests: on a slow machine no large task might ever get through.
const MOST_SIGNALS: u32 = 60;

/// Sends signals to workers of this process, now to one and now to another, until it is told to stop.
struct Killer {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<u32>,
}

impl Killer {
    /// One that stops workers kills them later, unless the pool has done so before.
    fn start(signals: &'static [i32], pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut sent = 0;
            while !stopped.load(Ordering::Relaxed) && sent < MOST_SIGNALS {
                std::thread::sleep(pause);
                let workers: Vec<i32> = children().into_iter().collect();
                let signal = signals[sent as usize % signals.len()];
                if let Some(&worker) = workers.get(sent as usize % workers.len().max(1)) {
                    raise(pid(worker), signal);
                    if signal == 19 {
                        std::thread::sleep(pause);
                        // Its number may be another's by now.
                        if children().contains(&worker) {
                            raise(pid(worker), 9);
                        }
                    }
                    sent += 1;
                }
            }
            sent
        });
        Killer { stop, thread }
    }

    fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// A parent whose workers spin for ever.
fn spin() -> ExitCode {
    let pool = build(builder(3).task_timeout(None));
    let _ = pool.map::<Behave>((0..3).map(|_| Behavior::Spin));
    ExitCode::FAILURE
}

fn forgetful() -> ExitCode {
    match Pool::builder().build() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
