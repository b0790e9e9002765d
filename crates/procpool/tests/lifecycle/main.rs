//! Life of a pool: workers that kill each other, full pipes, cancelled tasks, programs that do not start, inputs that
//! kill.

mod callers;
mod cancels;
mod deaths;
mod killer;
mod pipes;
mod poisons;
mod starts;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use killer::Killer;
use libtest_mimic::Trial;
use procpool::{
    Attempt, Ending, Failure, GaveUp, GiveUpCause, OnPoison, PartialResult, Pool, PoolError, Task,
    ThreadPool, serve_if_worker,
};
use rustix::process::Pid;
use serde_bytes::ByteBuf;
use support::{
    BadSplit, Behave, Behavior, Echo, MS, Search, Square, Sum, TASKS, Unknown, Unsplit, build, builder,
    children, children_of, crash, lives, raise, trial, within,
};

fn main() -> ExitCode {
    // A program that forgets to become a worker, for one of the tests below.
    if std::env::var_os("PROCPOOL_TEST_FORGETS").is_some() {
        return forgetful();
    }
    serve_if_worker(TASKS);
    match std::env::args().nth(1).as_deref() {
        Some("--spin") => return spin(),
        Some("--kills") => return kills(),
        _ => {}
    }
    let mut trials = Vec::new();
    trials.extend(deaths::trials());
    trials.extend(pipes::trials());
    trials.extend(cancels::trials());
    trials.extend(starts::trials());
    trials.extend(poisons::trials());
    trials.extend(callers::trials());
    support::run(trials)
}

fn pid(raw: i32) -> Pid {
    Pid::from_raw(raw).unwrap()
}

fn gave_up(failure: Failure) -> Arc<GaveUp> {
    if let Failure::GaveUp(why) = failure { why } else { panic!("{failure:?}") }
}

/// A parent whose workers spin without end.
fn spin() -> ExitCode {
    let pool = build(builder(3).task_timeout(None));
    let _ = pool.map::<Behave>((0..3).map(|_| Behavior::Spin));
    ExitCode::FAILURE
}

/// A parent that prints how two of its workers ended, and which signals it ignored at its start.
#[allow(clippy::print_stdout)]
fn kills() -> ExitCode {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("SigIgn:")).unwrap());
    let pool = build(builder(1).retries(0));
    for behavior in [Behavior::Raise(9), Behavior::Exit(3)] {
        println!("{}", crash(pool.apply::<Behave>(behavior).unwrap_err()).1.ending);
    }
    ExitCode::SUCCESS
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
