//! `--memory`: what all processes may take together.

use std::ffi::OsString;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::args;
use crate::common::{Scratch, a_gz, data, ngramcount, program, workers_of};

const BUDGET: u64 = 256_000_000;

/// N-grams of the files below, which take about 100 bytes each without a budget.
const NGRAMS: u64 = 6_000_000;

/// Seven words of eight letters that occur nowhere else, so that each of the n-grams occurs once.
fn write_rows(path: &Path, row: impl Fn(u64, &mut dyn Write)) -> PathBuf {
    let mut out = BufWriter::new(fs::File::create(path).unwrap());
    (0..NGRAMS).for_each(|number| row(number, &mut out));
    out.flush().unwrap();
    path.to_owned()
}

/// The largest sum of the proportional set sizes of the program and its workers.
fn peak_of(args: &[OsString], stdout: impl Into<Stdio>) -> u64 {
    let mut child = program().args(args).stdout(stdout).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let all = [vec![child.id() as i32], workers_of(child.id())].concat();
        peak = peak.max(all.into_iter().map(pss).sum());
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
    peak
}

/// In bytes; 0 if the process has ended.
fn pss(id: i32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Counts with a budget and checks memory and answer: each n-gram occurs once.
fn keeps_the_budget(args: &[OsString], ngrams: u64) {
    let scratch = Scratch::new();
    let out = scratch.path("out.tsv");
    let budget = args!["--memory", BUDGET.to_string(), "-o", out];
    let peak = peak_of(&[args, &budget].concat(), Stdio::null());
    assert!(peak <= BUDGET / 10 * 11, "{peak} bytes at the peak");
    // Less would show that they were not so many n-grams, or that the peak was missed.
    assert!(peak >= BUDGET / 8, "{peak} bytes at the peak");
    let answer = fs::read(&out).unwrap();
    let rows = answer.split(|&byte| byte == b'\n').filter(|row| !row.is_empty());
    let mut wrong = 0;
    let counted = rows.inspect(|row| wrong += u64::from(!row.ends_with(b"\t1"))).count();
    assert_eq!((counted as u64, wrong), (ngrams, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn many_rows_keep_the_budget() {
    let scratch = Scratch::new();
    let rows = write_rows(&scratch.path("rows.tsv"), |number, out| {
        writeln!(out, "an n-gram {number:010}\t1999\t1\t1").unwrap();
    });
    keeps_the_budget(&args![rows, "--workers", "2"], NGRAMS);
}

#[cfg(target_os = "linux")]
#[test]
fn many_n_grams_of_a_text_keep_the_budget() {
    let scratch = Scratch::new();
    // 5-grams that begin with one number and end with the next: 3 of them a line.
    let lines = write_rows(&scratch.path("text.txt"), |number, out| {
        if number % 3 == 0 {
            writeln!(out, "w{number:08} of the same w{:08} in a", number + 1).unwrap();
        }
    });
    keeps_the_budget(&args![lines, "--format", "text", "--n", "5", "--tokens", "blanks"], NGRAMS);
}

#[cfg(target_os = "linux")]
#[test]
fn a_reduce_step_of_unsorted_rows_keeps_the_budget() {
    let scratch = Scratch::new();
    let rows = write_rows(&scratch.path("partials"), |number, out| {
        // In no order: a step that shares no factor with their number visits them all.
        writeln!(out, "an n-gram {:010}\t1", number * 3_700_001 % NGRAMS).unwrap();
    });
    let out = scratch.path("out.tsv");
    let args = args!["reduce", "--memory", BUDGET.to_string(), "--temp-dir", scratch.path("."), rows];
    let peak = peak_of(&args, fs::File::create(&out).unwrap());
    assert!((BUDGET / 8..=BUDGET / 10 * 11).contains(&peak), "{peak} bytes at the peak");
    let answer = fs::read_to_string(&out).unwrap();
    for (number, row) in answer.lines().enumerate() {
        assert_eq!(row, format!("an n-gram {number:010}\t1"));
    }
    assert_eq!(answer.lines().count() as u64, NGRAMS);
}

#[test]
fn a_line_that_is_too_large_for_the_budget_is_named() {
    let scratch = Scratch::new();
    let long = format!("a\t1999\t1\t1\n{}\t1999\t1\t1\nb\t1999\t1\t1\n", "x".repeat(200 << 20));
    let file = scratch.file("long.tsv", long);
    let run = ngramcount(args![file, "--memory", "100MB"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.starts_with(&format!("ngramcount: {}: line 2: ", file.display())), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1);
}

#[test]
fn a_budget_is_a_size_or_a_share_of_the_memory() {
    let expected = ngramcount(args![a_gz()]).quietly();
    for budget in ["256MB", "300000000", "1GiB", "50%", "100%"] {
        assert!(ngramcount(args![a_gz(), "--memory", budget]).quietly() == expected, "{budget}");
    }
    for budget in ["", "0", "much", "0%", "101%", "%", "1KB"] {
        let run = ngramcount(args![a_gz(), "--memory", budget]);
        assert_eq!(run.code, Some(2), "{budget}: {}", run.stderr);
        assert!(run.stderr.contains("--memory"), "{budget}: {}", run.stderr);
    }
    for option in ["--max-disk", "--spill-bytes"] {
        let run = ngramcount(args![a_gz(), option, "much"]);
        assert!(run.code == Some(2) && run.stderr.contains(option), "{}", run.stderr);
    }
}

#[test]
fn the_budget_is_told() {
    for report in ["--stats", "-v"] {
        let run = ngramcount(args![a_gz(), "--memory", "300MB", "--word", "Aardvark", report]);
        assert!(run.code == Some(0) && run.stderr.contains("300"), "{report}: {}", run.stderr);
    }
}

#[test]
fn too_few_descriptors_for_runs_are_an_error_and_no_panic() {
    let scratch = Scratch::new();
    let kjv = data("kjv.txt.gz");
    for limit in [16, 20, 24, 28, 32] {
        let mut shell = std::process::Command::new("bash");
        let script = format!("ulimit -n {limit}; exec \"$0\" \"$1\" -n 3 --spill-bytes 0 -j 8 -o \"$2\"");
        shell.arg("-c").arg(script).arg(program().get_program()).arg(&kjv).arg(scratch.path("out"));
        let run = shell.output().unwrap();
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert!([Some(0), Some(1), Some(4)].contains(&run.status.code()), "{limit}: {} {stderr}", run.status);
        assert!(!stderr.contains("panicked"), "{limit}: {stderr}");
    }
}
