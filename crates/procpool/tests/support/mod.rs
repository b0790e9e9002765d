//! Shared by the tests: tasks that harm their worker in each way, and trials that end in time and leave nothing
//! behind.
// Each test file compiles this for itself and uses a part of it.
#![allow(dead_code)]

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use procpool::{Bisect, Crash, Entry, Failure, Pool, PoolBuilder, Task, TaskError};
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

pub const MS: Duration = Duration::from_millis(1);

/// Every task of these tests, for `serve_if_worker`.
pub const TASKS: &[Entry] =
    &[Square::ENTRY, Behave::ENTRY, Echo::ENTRY, Sum::ENTRY, Unsplit::ENTRY, Search::ENTRY];

/// The simplest task.
pub struct Square;

impl Task for Square {
    const NAME: &'static str = "square";
    type Input = u64;
    type Output = u64;
    fn run(n: u64) -> Result<u64, TaskError> {
        n.checked_mul(n).ok_or_else(|| TaskError::new("the square does not fit"))
    }
}

/// A task that workers do not know.
pub struct Unknown;

impl Task for Unknown {
    const NAME: &'static str = "unknown";
    type Input = ();
    type Output = ();
    fn run((): ()) -> Result<(), TaskError> {
        Ok(())
    }
}

/// Behavior of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Behavior {
    Answer(u64),
    Fail(String),
    Panic(String),
    /// Panics in another thread, then exits with code 1.
    PanicElsewhere,
    Exit(i32),
    Abort,
    /// Sends this signal to its own process.
    Raise(i32),
    /// Sends this signal to all workers of the same parent but its own.
    RaiseElsewhere(i32),
    /// Allocates this number of bytes.
    Allocate(u64),
    Sleep(Duration),
    Spin,
    Print(String),
    /// Writes this number of numbered lines to stderr, then exits with code 5.
    WriteStderr(u32),
    WriteStderrForever,
    /// Answers with the number of bytes that stdin had.
    ReadStdin,
    /// Starts `sleep 1000` and answers with its process id.
    SpawnChild,
    /// The same, and exits with code 6 after writing the id to stderr.
    SpawnChildAndExit,
    /// Closes every descriptor above 2, then sleeps.
    CloseAndSleep,
    /// Answers with its process id.
    Pid,
    /// Answers with 1 the second time that it finds the file there, and exits the first time.
    ExitOnce(std::path::PathBuf),
}

/// Task that behaves as told.
pub struct Behave;

impl Task for Behave {
    const NAME: &'static str = "behave";
    type Input = Behavior;
    type Output = u64;

    #[allow(clippy::print_stdout)]
    fn run(behavior: Behavior) -> Result<u64, TaskError> {
        match behavior {
            Behavior::Answer(n) => return Ok(n),
            Behavior::Fail(why) => return Err(TaskError::new(why)),
            Behavior::Panic(why) => panic!("{why}"),
            Behavior::PanicElsewhere => {
                let thread = std::thread::Builder::new().name("other".into());
                let _ = thread.spawn(|| panic!("in another thread")).map(std::thread::JoinHandle::join);
                std::process::exit(1);
            }
            Behavior::Exit(code) => std::process::exit(code),
            Behavior::Abort => std::process::abort(),
            // Again and again: the first SIGSEGV that comes from outside goes to the handler with which
            // Rust tells stack overflows, and that one lets it pass.
            Behavior::Raise(signal) => loop {
                raise(getpid(), signal);
                std::thread::sleep(MS);
            },
            Behavior::RaiseElsewhere(signal) => {
                let parent = getppid().map_or(0, |parent| parent.as_raw_nonzero().get());
                let me = std::process::id() as i32;
                for pid in children_of(parent).into_iter().filter(|&pid| pid != me) {
                    raise(Pid::from_raw(pid).unwrap(), signal);
                }
            }
            Behavior::Allocate(bytes) => return Ok(vec![1u8; bytes as usize].len() as u64),
            Behavior::Sleep(time) => std::thread::sleep(time),
            Behavior::Spin => loop {
                std::hint::spin_loop();
            },
            Behavior::Print(text) => println!("{text}"),
            Behavior::WriteStderr(lines) => {
                (0..lines).for_each(|line| eprintln!("complaint number {line}"));
                std::process::exit(5);
            }
            Behavior::WriteStderrForever => {
                let text = "and another thing ".repeat(1000);
                loop {
                    eprint!("{text}");
                }
            }
            Behavior::ReadStdin => {
                return std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).map_err(TaskError::from);
            }
            Behavior::SpawnChild => return spawn_child(),
            Behavior::SpawnChildAndExit => {
                eprintln!("{}", spawn_child()?);
                std::process::exit(6);
            }
            Behavior::CloseAndSleep => close_descriptors_and_sleep(),
            Behavior::Pid => return Ok(u64::from(std::process::id())),
            Behavior::ExitOnce(path) => {
                if !path.exists() {
                    std::fs::write(path, "")?;
                    std::process::exit(1);
                }
                return Ok(1);
            }
        }
        Ok(0)
    }
}

#[expect(unsafe_code, reason = "closes descriptors of others on purpose")]
fn close_descriptors_and_sleep() {
    let is_open = |fd: &i32| Path::new(&format!("/proc/self/fd/{fd}")).exists();
    for fd in (3..64).filter(is_open) {
        // SAFETY: the owners of these descriptors do not use them any more: their thread sleeps until it is
        // killed, and the other thread polls a number that names no descriptor.
        unsafe { rustix::io::close(fd) };
    }
    std::thread::sleep(Duration::from_secs(1000));
}

fn spawn_child() -> Result<u64, TaskError> {
    let mut command = std::process::Command::new("sleep");
    let child = command.arg("1000").stdin(Stdio::null()).spawn()?;
    Ok(u64::from(child.id()))
}

pub fn raise(pid: Pid, signal: i32) {
    let _ = kill_process(pid, Signal::from_named_raw(signal).expect("a signal"));
}

/// Returns its input.
pub struct Echo;

impl Task for Echo {
    const NAME: &'static str = "echo";
    type Input = ByteBuf;
    type Output = ByteBuf;
    fn run(bytes: ByteBuf) -> Result<ByteBuf, TaskError> {
        Ok(bytes)
    }
}

/// Sums the answers of its behaviors; can be halved.
pub struct Sum;

impl Task for Sum {
    const NAME: &'static str = "sum";
    type Input = Vec<Behavior>;
    type Output = u64;

    fn run(behaviors: Vec<Behavior>) -> Result<u64, TaskError> {
        behaviors.into_iter().map(Behave::run).sum()
    }

    fn items(behaviors: &Vec<Behavior>) -> u64 {
        behaviors.len() as u64
    }

    const BISECT: Option<Bisect<Self>> = Some(Bisect {
        split: |mut behaviors| {
            let right = behaviors.split_off(behaviors.len() / 2);
            (!behaviors.is_empty()).then_some((behaviors, right))
        },
        join: |left, right| left + right,
    });
}

/// How a split fails to make its input smaller.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum BadSplit {
    EverythingAndNothing,
    NothingAndEverything,
    Twice,
    OneMore,
}

/// Task that always kills its worker, unless it has no items, and whose split gives no smaller part.
pub struct Unsplit;

impl Task for Unsplit {
    const NAME: &'static str = "unsplit";
    // A set, because it is encoded in another order each time.
    type Input = (BadSplit, HashSet<u32>);
    type Output = ();

    fn run((_, items): Self::Input) -> Result<(), TaskError> {
        if items.is_empty() { Ok(()) } else { std::process::exit(1) }
    }

    fn items((_, items): &Self::Input) -> u64 {
        items.len() as u64
    }

    const BISECT: Option<Bisect<Self>> = Some(Bisect {
        split: |(how, items)| {
            let (left, right) = match how {
                BadSplit::EverythingAndNothing => (items, HashSet::new()),
                BadSplit::NothingAndEverything => (HashSet::new(), items),
                BadSplit::Twice => (items.clone(), items),
                BadSplit::OneMore => (items.iter().copied().chain([items.len() as u32]).collect(), items),
            };
            Some(((how, left), (how, right)))
        },
        join: |(), ()| (),
    });
}

/// Task over a range, of which one number kills. Its halves have as many bytes as the whole, or more, and the
/// task does not count items.
pub struct Search;

impl Search {
    pub const KILLER: u64 = 7_777_777_777;
}

impl Task for Search {
    const NAME: &'static str = "search";
    type Input = (u64, u64);
    type Output = u64;

    fn run((from, to): (u64, u64)) -> Result<u64, TaskError> {
        if (from..to).contains(&Self::KILLER) { std::process::exit(1) } else { Ok(to - from) }
    }

    const BISECT: Option<Bisect<Self>> = Some(Bisect {
        split: |(from, to)| {
            let middle = from.midpoint(to);
            (middle > from).then_some(((from, middle), (middle, to)))
        },
        join: |left, right| left + right,
    });
}

/// A pool for tests: no forwarded stderr, and a budget for many deaths.
pub fn builder(workers: usize) -> PoolBuilder {
    Pool::builder().workers(workers).echo_stderr(false).max_restarts(10_000, Duration::from_secs(10))
}

pub fn build(builder: PoolBuilder) -> Pool {
    builder.build().expect("a pool")
}

/// The last crash of a task that used up its attempts, and how many those were.
pub fn crash(failure: Failure) -> (u32, Crash) {
    match failure {
        Failure::Crashed { attempts, last } => (attempts, *last),
        other => panic!("a crash was expected, not {other:?}"),
    }
}

/// Process ids of the children of a process, dead ones that nobody has waited for among them.
pub fn children_of(parent: i32) -> BTreeSet<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return BTreeSet::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|&pid| stat(pid).is_some_and(|(_, ppid)| ppid == parent)).collect()
}

pub fn children() -> BTreeSet<i32> {
    children_of(std::process::id() as i32)
}

/// Whether a process is there and not only waits to be reaped.
pub fn lives(pid: i32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// State and parent of a process.
fn stat(pid: i32) -> Option<(String, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses too.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Waits until it is so.
pub fn within(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(5 * MS);
    }
}

/// Time limit of a trial; enough for the busiest machine.
const LIMIT: Duration = Duration::from_secs(40);

/// A test that has to end in time and to leave no child, no zombie and no descriptor.
pub fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let (ended, end) = mpsc::channel();
        let body = move || {
            // What a trial that did not end has left is not held against the next one.
            let (before, born_before) = (descriptors(), children());
            test();
            let left = &children() - &born_before;
            assert!(left.is_empty(), "left behind: {left:?}");
            assert_eq!(descriptors(), before, "open descriptors");
            let _ = ended.send(());
        };
        let thread = std::thread::Builder::new().name("trial".into()).spawn(body)?;
        match end.recv_timeout(LIMIT) {
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Failed::from("it does not end")),
            _ => thread.join().map_err(|panic| Failed::from(message(&*panic))),
        }
    })
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Runs trials one after the other, so that each sees only its own children and descriptors.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = if Path::new("/proc/self/fd").exists() { trials } else { Vec::new() };
    libtest_mimic::run(&arguments, trials).exit_code()
}
