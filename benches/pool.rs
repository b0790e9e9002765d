//! Costs of the pool: empty tasks per second compared with Python's pool, the memory of a lazy map over
//! ten million inputs, and the time from the death of a worker until its task runs again.
//!
//! ```text
//! cargo bench --bench pool [-- tasks | memory | death]
//! ```
//!
//! Without `--bench`, as in `cargo test --benches`, everything runs once on little data.
#![allow(clippy::print_stdout, reason = "tables on stdout are what it is for")]

mod common;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use common::{Spread, machine, runs};
use ngramcount::pool::{self, Pool, Task, TaskError};
use rustix::process::{Pid, Signal, kill_process};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const WORKERS: usize = 2;
const CHUNKS: [usize; 4] = [1, 10, 100, 1000];
/// First argument of the copy of this program that measures memory. A peak never falls, so each
/// measurement needs its own process.
const MEMORY_ONLY: &str = "measure-memory";

fn main() -> Result {
    pool::serve_if_worker(&[Empty::ENTRY, Square::ENTRY, Survive::ENTRY]);
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, inputs] = &args[..]
        && first == MEMORY_ONLY
    {
        return measure_memory(inputs.parse()?);
    }
    let full = args.iter().any(|arg| arg == "--bench");
    let wanted: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let wants = |name| wanted.is_empty() || wanted.contains(&name);
    println!("{}, load average at the start {}", machine(), load_average());
    if wants("tasks") {
        if full { tasks(100_000, runs())? } else { tasks(2_000, 1)? }
    }
    if wants("memory") {
        if full { memory(10_000_000, runs())? } else { memory(10_000, 1)? }
    }
    if wants("death") {
        if full { death(50)? } else { death(2)? }
    }
    Ok(())
}

/// Empty task.
struct Empty;

impl Task for Empty {
    const NAME: &'static str = "empty";
    type Input = u64;
    type Output = ();

    fn run(_: u64) -> std::result::Result<(), TaskError> {
        Ok(())
    }
}

const PYTHON: &str = "\
import sys, time
from concurrent.futures import ProcessPoolExecutor

def empty(n):
    pass

if __name__ == '__main__':
    tasks, workers, chunk = map(int, sys.argv[1:])
    with ProcessPoolExecutor(max_workers=workers) as pool:
        list(pool.map(empty, range(100)))
        start = time.perf_counter()
        for _ in pool.map(empty, range(tasks), chunksize=chunk):
            pass
        print(time.perf_counter() - start)
";

fn tasks(many: u64, runs: usize) -> Result {
    let scratch = tempfile::tempdir()?;
    let script = scratch.path().join("pool.py");
    std::fs::write(&script, PYTHON)?;
    let python = Command::new("python3").arg("--version").output().ok().filter(|run| run.status.success());
    let python = python.map(|run| String::from_utf8_lossy(&run.stdout).trim().to_owned());

    let pool = Pool::builder().workers(WORKERS).build()?;
    pool.map::<Empty>(0..100)?;
    let (mut ours, mut theirs) = ([(); 4].map(|()| vec![]), [(); 4].map(|()| vec![]));
    for _ in 0..runs {
        for (at, &chunk) in CHUNKS.iter().enumerate() {
            let start = Instant::now();
            let done =
                pool.chunked(chunk).imap_unordered::<Empty>(0..many).filter(|done| done.is_ok()).count();
            ours[at].push(many as f64 / start.elapsed().as_secs_f64());
            assert_eq!(done as u64, many);
            if python.is_some() {
                theirs[at].push(many as f64 / python_seconds(&script, many, chunk)?);
            }
        }
    }

    println!("\n{many} empty tasks through imap_unordered on {WORKERS} workers, {runs} interleaved runs");
    println!("tasks a second: median (least to most); beside it ProcessPoolExecutor.map");
    println!(
        "{:>6}  {:^31}  {:^31}  ratio",
        "chunk",
        "this pool",
        python.as_deref().unwrap_or("no python3 here")
    );
    for (chunk, (ours, theirs)) in CHUNKS.into_iter().zip(ours.into_iter().zip(theirs)) {
        let ours = Spread::of(ours);
        let (beside, ratio) = match python {
            Some(_) => {
                let theirs = Spread::of(theirs);
                (show(theirs, 0), format!("{:.1}", ours.median / theirs.median))
            }
            None => ("-".into(), "-".into()),
        };
        println!("{chunk:>6}  {:>31}  {beside:>31}  {ratio:>5}", show(ours, 0));
    }
    Ok(())
}

fn show(Spread { median, least, most }: Spread, digits: usize) -> String {
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

fn python_seconds(script: &Path, many: u64, chunk: usize) -> Result<f64> {
    let args = [many.to_string(), WORKERS.to_string(), chunk.to_string()];
    let run = Command::new("python3").arg(script).args(args).output()?;
    let text = String::from_utf8(run.stdout)?;
    text.trim().parse().map_err(|_| String::from_utf8_lossy(&run.stderr).into_owned().into())
}

struct Square;

impl Task for Square {
    const NAME: &'static str = "square";
    type Input = u64;
    type Output = u64;

    fn run(n: u64) -> std::result::Result<u64, TaskError> {
        Ok(n.wrapping_mul(n))
    }
}

fn memory(inputs: u64, runs: usize) -> Result {
    let (mut mib, mut seconds) = (vec![], vec![]);
    for _ in 0..runs {
        let run = Command::new(std::env::current_exe()?).arg(MEMORY_ONLY).arg(inputs.to_string()).output()?;
        let text = String::from_utf8(run.stdout)?;
        let (peak, time) =
            text.trim().split_once(' ').ok_or_else(|| String::from_utf8_lossy(&run.stderr).into_owned())?;
        mib.push(peak.parse::<f64>()? / f64::from(1 << 20));
        seconds.push(time.parse::<f64>()?);
    }
    println!("\nimap over {inputs} inputs, 1000 a message, on {WORKERS} workers, {runs} runs");
    println!("peak memory of the parent, MiB  {}", show(Spread::of(mib), 1));
    println!("                       seconds  {}", show(Spread::of(seconds), 2));
    Ok(())
}

fn measure_memory(inputs: u64) -> Result {
    let pool = Pool::builder().workers(WORKERS).build()?.chunked(1000);
    let start = Instant::now();
    let mut sum = 0_u64;
    for (n, square) in (0..inputs).zip(pool.imap::<Square>(0..inputs)) {
        let square = square?;
        assert_eq!(square, n.wrapping_mul(n));
        sum = sum.wrapping_add(square);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{} {seconds}", pool::peak_memory(None).ok_or("peak memory is known on Linux only")?);
    Ok(())
}

/// Task that waits to be killed on its first attempt and reports its start time on the second.
struct Survive;

impl Task for Survive {
    const NAME: &'static str = "survive";
    type Input = PathBuf;
    type Output = SystemTime;

    fn run(note: PathBuf) -> std::result::Result<SystemTime, TaskError> {
        let begun = SystemTime::now();
        if note.exists() {
            return Ok(begun);
        }
        // A rename, so that no reader sees a partial number.
        let draft = note.with_extension("draft");
        std::fs::write(&draft, std::process::id().to_string()).map_err(TaskError::new)?;
        std::fs::rename(&draft, &note).map_err(TaskError::new)?;
        std::thread::sleep(Duration::from_secs(60));
        Err(TaskError::new("nobody killed me"))
    }
}

fn death(samples: usize) -> Result {
    let scratch = tempfile::tempdir()?;
    let pool = Pool::builder().workers(WORKERS).max_restarts(1000, Duration::from_secs(1)).build()?;
    let mut milliseconds = vec![];
    for sample in 0..samples {
        let note = scratch.path().join(sample.to_string());
        let handle = pool.submit::<Survive>(note.clone());
        while !note.exists() && !handle.is_done() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let victim =
            std::fs::read_to_string(&note)?.parse().ok().and_then(Pid::from_raw).ok_or("no process id")?;
        std::thread::sleep(Duration::from_millis(5));
        let killed = SystemTime::now();
        kill_process(victim, Signal::KILL)?;
        let again = handle.wait()?;
        milliseconds.push(again.duration_since(killed)?.as_secs_f64() * 1e3);
    }
    println!("\nfrom SIGKILL to a running task until the task runs in another process, {samples} times");
    println!("milliseconds: {}", show(Spread::of(milliseconds), 1));
    Ok(())
}

fn load_average() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned()
}
