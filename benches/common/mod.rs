//! Common parts of the benchmarks: test data, medians, memory of a process tree.
#![allow(dead_code, reason = "each benchmark uses a part of this")]
#![allow(clippy::print_stdout, reason = "tables on stdout are what benchmarks are for")]

pub mod usage;
pub mod zipf;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each measurement, unless `NGRAMCOUNT_BENCH_RUNS` says otherwise.
pub fn runs() -> usize {
    std::env::var("NGRAMCOUNT_BENCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5)
}

/// A generated v2 file with about this number of uncompressed bytes. It is generated once and kept under `target/`.
pub fn v2_file(name: &str, bytes: &str, ngrams: &str) -> PathBuf {
    let file = data(name);
    if !file.exists() {
        generate(&file, &["--bytes", bytes, "--ngrams", ngrams]);
    }
    file
}

/// The same data with its n-grams in byte order.
pub fn sorted_v2_file(name: &str, bytes: &str, ngrams: &str) -> PathBuf {
    let file = data(name);
    if !file.exists() {
        generate(&file, &["--bytes", bytes, "--ngrams", ngrams, "--sorted"]);
    }
    file
}

/// The same data divided into several files.
pub fn v2_shards(name: &str, bytes: &str, ngrams: &str, shards: usize) -> Vec<PathBuf> {
    let (stem, ending) = name.split_once('.').expect("a name with an ending");
    let files: Vec<_> = (0..shards).map(|shard| data(&format!("{stem}-{shard}.{ending}"))).collect();
    if files.iter().any(|file| !file.exists()) {
        generate(&data(name), &["--bytes", bytes, "--ngrams", ngrams, "--shards", &shards.to_string()]);
    }
    files
}

pub fn data(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    std::fs::create_dir_all(&folder).expect("target/ is writable");
    folder.join(name)
}

fn generate(file: &Path, args: &[&str]) {
    eprintln!("generating {} …", file.display());
    let made = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["run", "--quiet", "--release", "--example", "generate", "--"])
        .arg(file)
        .args(args)
        .stdout(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "the generator failed");
}

/// Wall time of a call, in seconds.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

/// Wall time of a command, in seconds. The command must succeed.
pub fn seconds_of(command: &mut Command) -> f64 {
    seconds(|| {
        let status = command.stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
    })
}

/// Median, minimum and maximum.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    pub fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let (least, most) = (figures[0], figures[figures.len() - 1]);
        let middle = figures.len() / 2;
        let median = if figures.len() % 2 == 1 {
            figures[middle]
        } else {
            (figures[middle - 1] + figures[middle]) / 2.0
        };
        Spread { median, least, most }
    }
}

/// A repeatable measurement that returns seconds.
pub type Contender<'a> = (String, Box<dyn FnMut() -> f64 + 'a>);

/// Times several contenders in interleaved rounds, after one warm-up round.
pub fn interleaved(contenders: &mut [Contender<'_>]) -> Vec<(String, Vec<f64>)> {
    let mut figures: Vec<(String, Vec<f64>)> =
        contenders.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
    for round in 0..=runs() {
        for ((_, run), (_, seen)) in contenders.iter_mut().zip(&mut figures) {
            let taken = run();
            if round > 0 {
                seen.push(taken);
            }
        }
    }
    figures
}

/// Prints a table of seconds and of ratios to the first contender in the same round.
pub fn print_table(figures: &[(String, Vec<f64>)]) {
    println!("| what | median s | least | most | ratio to the first, median | least | most |");
    println!("|---|---|---|---|---|---|---|");
    let first = &figures[0].1;
    for (name, seen) in figures {
        let time = Spread::of(seen.clone());
        let ratio = Spread::of(seen.iter().zip(first).map(|(mine, first)| mine / first).collect());
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {:.2} | {:.2} | {:.2} |",
            time.median, time.least, time.most, ratio.median, ratio.least, ratio.most
        );
    }
}

/// The largest sum of proportional set sizes (PSS) of a command and all its descendants, in bytes,
/// sampled every 10 ms. Shared pages count once.
pub fn peak_pss(command: &mut Command) -> u64 {
    let mut child = command.stdout(Stdio::null()).spawn().expect("the command starts");
    let mut peak = 0;
    while child.try_wait().expect("a child can be waited for").is_none() {
        peak = peak.max(tree_pss(&child));
        std::thread::sleep(Duration::from_millis(10));
    }
    peak
}

fn tree_pss(root: &Child) -> u64 {
    let mut waiting = vec![root.id()];
    let mut sum = 0;
    while let Some(pid) = waiting.pop() {
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
        sum += pss.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) << 10;
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            waiting.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    sum
}

/// One line that describes the machine.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {}", model.trim_start_matches([' ', '\t', ':']))
}
