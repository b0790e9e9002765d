//! Faults: each fault at each point ends in the exact answer or the exact error, in time, and leaves nothing behind.

mod support;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::Trial;
use procpool::{Crash, Ending, Failure, GiveUpCause, PoolBuilder, Task, TaskError, serve_if_worker};
use serde_bytes::ByteBuf;
use support::{
    Behave, Behavior, Echo, MS, Square, TASKS, build, builder, children, crash, lives, trial, within,
};

fn main() -> ExitCode {
    ask_for_backtraces();
    serve_if_worker(&[TASKS, &[Repeat::ENTRY]].concat());
    let mut trials = vec![trial("a result larger than a frame", check_result_larger_than_a_frame)];
    for (fault, outcome) in FAULTS {
        for point in ["reading", "running", "mid-result"] {
            // Only a panic inside a task is caught: any other one ends the worker with code 101.
            let outcome = if (*fault, point) != ("panic", "running") { outcome } else { &"panicked" };
            trials.push(trial(format!("{fault} while {point}"), || check_fault(fault, point, outcome)));
        }
        trials.push(trial(format!("{fault} in a large result"), || {
            check_fault_in_a_large_result(fault, outcome)
        }));
        trials.push(trial(format!("{fault} after-result"), || check_fault_after_result(fault)));
        trials.push(trial(format!("{fault} before hello"), || check_fault_before_hello(fault)));
    }
    trials.extend(task_faults());
    support::run(trials)
}

/// Lets the workers of these tests inherit the wish for backtraces.
#[expect(unsafe_code, reason = "the environment is changed while there is one thread")]
fn ask_for_backtraces() {
    if std::env::args().nth(1).as_deref() != Some("--procpool-worker") {
        // SAFETY: `main` has just begun, and no other thread reads the environment.
        unsafe { std::env::set_var("RUST_BACKTRACE", "1") };
    }
}

/// The faults, and what the record of an attempt calls them.
const FAULTS: &[(&str, &str)] = &[
    ("panic", "exited"),
    ("exit", "exited"),
    ("abort", "killed"),
    ("kill", "killed"),
    ("hang", "timed-out"),
    ("spin", "timed-out"),
    ("stop", "timed-out"),
    ("oom", "out-of-memory"),
    ("print", "done"),
    ("garbage", "broken-protocol"),
    ("truncate", "broken-protocol"),
    ("oversize", "broken-protocol"),
];

const LIMIT: Duration = Duration::from_millis(500);

/// Whether only a timeout ends a fault.
fn lasts(fault: &str) -> bool {
    ["hang", "spin", "stop"].contains(&fault)
}

/// Failed attempts of a task under a fault: one if each costs a timeout, two otherwise.
fn retries(fault: &str) -> u32 {
    if lasts(fault) { 1 } else { 2 }
}

/// Outcomes of all attempts, in the order in which they ended.
type Record = Arc<Mutex<Vec<&'static str>>>;

fn chaotic(fault: &str, point: &str) -> (PoolBuilder, Record) {
    let chaos = format!("{fault}@{point}=1,seed=1").parse().unwrap();
    let record = Record::default();
    let ours = record.clone();
    let builder = builder(2)
        .retries(retries(fault))
        // A panic that prints where it came from on a busy machine takes its time.
        .task_timeout(Some(if lasts(fault) { LIMIT } else { 60 * LIMIT }))
        .start_timeout(20 * LIMIT)
        .chaos(chaos)
        .on_attempt(move |attempt| ours.lock().unwrap().push(attempt.outcome));
    (builder, record)
}

/// Each attempt but the last one fails with the right outcome, and the answer is exact.
fn check_fault(fault: &str, point: &str, outcome: &str) {
    let (builder, record) = chaotic(fault, point);
    let pool = build(builder);
    assert_eq!(pool.map::<Square>(1..=3).unwrap(), [1, 4, 9]);
    let stats = pool.stats();
    drop(pool);
    let record = record.lock().unwrap();
    let failed = record.iter().filter(|&&end| end != "done").collect::<Vec<_>>();
    let wanted = if outcome == "done" { 0 } else { 3 * retries(fault) as usize };
    assert!(failed.len() == wanted && failed.iter().all(|&&end| end == outcome), "{record:?}");
    assert_eq!(record.len(), 3 + wanted, "{record:?}");
    assert_eq!((stats.attempts, stats.retried), (3 + wanted as u64, wanted as u64));
    assert_eq!((stats.finished, stats.failed, stats.divided), (3, 0, 0));
    let deaths = if outcome == "panicked" { 0 } else { wanted as u64 };
    assert!(stats.restarts <= deaths && (deaths == 0 || stats.restarts > 0), "{stats:?}");
}

/// A result that has arrived counts even if the worker then fails, and nothing is retried.
fn check_fault_after_result(fault: &str) {
    let (builder, record) = chaotic(fault, "after-result");
    let pool = build(builder);
    assert_eq!(pool.map::<Square>(1..=3).unwrap(), [1, 4, 9]);
    assert_eq!((pool.stats().attempts, pool.stats().retried), (3, 0));
    drop(pool);
    assert_eq!(*record.lock().unwrap(), ["done"; 3]);
}

fn check_result_larger_than_a_frame() {
    let pool = build(builder(1));
    let text = pool.apply::<Repeat>(1100 << 20).unwrap();
    assert!(text == vec![b'x'; 1100 << 20]);
}

/// Returns this number of bytes.
struct Repeat;

impl Task for Repeat {
    const NAME: &'static str = "repeat";
    type Input = usize;
    type Output = ByteBuf;
    fn run(bytes: usize) -> Result<ByteBuf, TaskError> {
        Ok(ByteBuf::from(vec![b'x'; bytes]))
    }
}

/// A result of several pieces is whole or lost, and then made again; no piece of a lost one is in the next.
fn check_fault_in_a_large_result(fault: &str, outcome: &str) {
    let (builder, record) = chaotic(fault, "mid-result");
    let pool = build(builder);
    let large = |byte: u8| ByteBuf::from(vec![byte; 20 << 20]);
    assert!(pool.map::<Echo>([1, 2].map(large)).unwrap() == [1, 2].map(large));
    drop(pool);
    let failed = if outcome == "done" { 0 } else { 2 * retries(fault) as usize };
    assert_eq!(record.lock().unwrap().len(), 2 + failed);
}

/// A death before the hello is a death like any other: another worker is started. If the budget allows none, the
/// pool gives up and names the fault.
fn check_fault_before_hello(fault: &str) {
    let started_by = if lasts(fault) { LIMIT } else { 40 * LIMIT };
    let (builder, record) = chaotic(fault, "hello");
    let pool = build(builder.workers(1).start_timeout(started_by));
    assert_eq!(pool.apply::<Square>(7).unwrap(), 49);
    let deaths = if fault == "print" { 0 } else { u64::from(retries(fault)) };
    assert_eq!((pool.stats().started, pool.stats().restarts), (deaths + 1, deaths));
    assert_eq!(*record.lock().unwrap(), ["done"]);

    let within = Duration::from_secs(10);
    let pool = build(chaotic(fault, "hello").0.workers(1).start_timeout(started_by).max_restarts(0, within));
    let answer = pool.apply::<Square>(7);
    if fault == "print" {
        assert_eq!(answer.unwrap(), 49);
        return;
    }
    let Err(Failure::GaveUp(why)) = answer else { panic!("{answer:?}") };
    assert_eq!(why.cause, GiveUpCause::Restarts { deaths: 1, within });
    let last = why.last.clone().expect("a last death");
    assert_eq!((last.task, last.attempt, last.worker), (None, 0, 0));
    assert_ne!(last.pid, 0);
    let wanted = match fault {
        "panic" => "could not start: exit status: 101 before its hello: ",
        "exit" => "could not start: exit status: 3 before its hello",
        "truncate" => {
            "could not start: exit status: 0 before its hello; does main begin with serve_if_worker"
        }
        "hang" | "spin" | "stop" => "could not start: no hello within 0.5 s",
        "kill" => "signal 9, SIGKILL",
        "abort" => "signal 6, SIGABRT",
        "oom" => "out of memory: memory allocation of ",
        "garbage" => "broken protocol: a frame begins with [a5, a5, a5, a5], not with the magic",
        "oversize" => "broken protocol: a frame announces 1073741825 bytes",
        other => panic!("{other}"),
    };
    assert!(last.ending.to_string().starts_with(wanted), "{}; stderr: {}", last.ending, last.stderr);
    assert_eq!(last.stderr.contains("chaos: a panic on purpose"), fault == "panic");
    // Later tasks fail at once.
    assert!(matches!(pool.apply::<Square>(8), Err(Failure::GaveUp(_))));
}

/// Faults in the code of tasks.
fn task_faults() -> Vec<Trial> {
    vec![
        trial("a task that panics", || {
            let last = fails(Behavior::Panic("no such luck".into()));
            assert_eq!(last.ending, Ending::Panicked { message: "no such luck".into() });
            assert!(last.stderr.contains("no such luck"), "{}", last.stderr);
        }),
        trial("a panic is told without a backtrace, even if the environment asks for one", || {
            for behavior in [Behavior::Panic("no such luck".into()), Behavior::PanicElsewhere] {
                let last = fails(behavior);
                assert!(last.stderr.contains(" panicked at crates/procpool/tests/support/mod.rs:"));
                assert!(!last.stderr.contains("stack backtrace:"), "{}", last.stderr);
            }
        }),
        trial("a task that exits", || {
            assert_eq!(fails(Behavior::Exit(7)).ending, Ending::Exited { code: 7 });
            assert_eq!(fails(Behavior::Exit(0)).ending, Ending::Exited { code: 0 });
        }),
        trial("a task that aborts", || {
            assert_eq!(fails(Behavior::Abort).ending, Ending::Killed { signal: 6 });
        }),
        trial("a task that a signal ends", || {
            for (signal, name) in
                [(11, "signal 11, SIGSEGV"), (9, "signal 9, SIGKILL"), (15, "signal 15, SIGTERM")]
            {
                let last = fails(Behavior::Raise(signal));
                assert_eq!(last.ending, Ending::Killed { signal });
                assert_eq!(last.ending.to_string(), name);
            }
        }),
        trial("a task that allocates more than its worker may have", || {
            let last =
                fails_with(Behavior::Allocate(8 << 30), |builder| builder.worker_memory(Some(1 << 30)));
            let evidence = "memory allocation of 8589934592 bytes failed".to_owned();
            assert_eq!(last.ending, Ending::OutOfMemory { evidence });
        }),
        trial("a task that sleeps too long, and one that spins", || {
            let limit = 300 * MS;
            for behavior in [Behavior::Sleep(Duration::from_secs(1000)), Behavior::Spin, Behavior::Raise(19)]
            {
                let last = fails_with(behavior, |builder| builder.task_timeout(Some(limit)));
                assert_eq!(last.ending, Ending::TimedOut { limit });
            }
        }),
        trial("a task that writes to stderr without end", || {
            let limit = 500 * MS;
            let last = fails_with(Behavior::WriteStderrForever, |builder| builder.task_timeout(Some(limit)));
            assert_eq!(last.ending, Ending::TimedOut { limit });
            assert_eq!(last.stderr.len(), 8 << 10);
        }),
        trial("the last 8 KiB of stderr are kept", || {
            let last = fails(Behavior::WriteStderr(3000));
            assert_eq!(last.ending, Ending::Exited { code: 5 });
            assert_eq!(last.stderr.len(), 8 << 10);
            assert!(last.stderr.ends_with("complaint number 2999\n"));
            assert_eq!(last.to_string(), "exited with code 5; last line of stderr: complaint number 2999");
        }),
        trial("a task that closes all its descriptors", || {
            let what = "it closed its output pipe without exiting".to_owned();
            let last = fails(Behavior::CloseAndSleep);
            assert_eq!(last.ending, Ending::BrokenProtocol { what }, "{}", last.stderr);
        }),
        trial("a task that prints, and one that reads stdin", || {
            let pool = build(builder(1));
            let text = "PPFR\x01\x07 looks like a frame\n".repeat(1000);
            assert_eq!(pool.apply::<Behave>(Behavior::Print(text)).unwrap(), 0);
            assert_eq!(pool.apply::<Behave>(Behavior::ReadStdin).unwrap(), 0);
            assert_eq!(pool.stats().started, 1);
        }),
        trial("a task's error is an answer and is not tried again", || {
            let pool = build(builder(1));
            let answer = pool.apply::<Behave>(Behavior::Fail("not today".into()));
            let Err(Failure::Task(error)) = answer else { panic!("{answer:?}") };
            assert_eq!(error.to_string(), "not today");
            let stats = pool.stats();
            assert_eq!((stats.started, stats.attempts, stats.failed), (1, 1, 1));
        }),
        trial("a panic costs no worker", || {
            let pool = build(builder(1).retries(0));
            let before = pool.apply::<Behave>(Behavior::Pid).unwrap();
            let (attempts, last) = crash(pool.apply::<Behave>(Behavior::Panic("once".into())).unwrap_err());
            assert_eq!((attempts, u64::from(last.pid)), (1, before));
            assert_eq!(pool.apply::<Behave>(Behavior::Pid).unwrap(), before);
        }),
        trial("what a task starts dies with its worker", || {
            // With a worker that is dismissed, and with one that leaves by itself.
            let pool = build(builder(1));
            let grandchild = pool.apply::<Behave>(Behavior::SpawnChild).unwrap() as i32;
            assert!(lives(grandchild));
            drop(pool);
            within(2000 * MS, "the grandchild dies", || !lives(grandchild));
            let last = fails_with(Behavior::SpawnChildAndExit, |builder| builder.retries(0));
            assert_eq!(last.ending, Ending::Exited { code: 6 });
            let grandchild = last.stderr.trim().parse().unwrap();
            within(2000 * MS, "the grandchild dies", || !lives(grandchild));
        }),
    ]
}

/// The crash of a task that fails each time, with everything in it checked but the ending.
fn fails(behavior: Behavior) -> Crash {
    fails_with(behavior, |builder| builder)
}

fn fails_with(behavior: Behavior, change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Crash {
    let attempts_of = |outcomes: &Record| outcomes.lock().unwrap().len() as u32;
    let record = Record::default();
    let ours = record.clone();
    let mine = builder(1).retries(1).on_attempt(move |attempt| ours.lock().unwrap().push(attempt.outcome));
    let pool = build(change(mine));
    // The pool has tasks before and after; the failing one is the second.
    assert_eq!(pool.apply::<Square>(3).unwrap(), 9);
    let workers = children();
    assert_eq!(workers.len(), 1);
    let (attempts, last) = crash(pool.apply::<Behave>(behavior).unwrap_err());
    assert_eq!(attempts + 1, attempts_of(&record));
    assert_eq!((last.task, last.attempt, last.worker), (Some(1), attempts, 0));
    assert_ne!(last.pid, 0);
    assert_eq!(record.lock().unwrap().last(), Some(&last.ending.name()));
    assert_eq!(pool.apply::<Square>(4).unwrap(), 16);
    last
}
