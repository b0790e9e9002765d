//! Time of a count relative to that of its decoder alone, and the cost of process isolation.
//!
//! `cargo bench --bench pipeline` generates a file of 1.5 GB (unpacked) with 720,000 n-grams, or
//! takes the file named by `NGRAMCOUNT_BENCH_FILE`. With `--features isal` it compares with `igzip`,
//! which has to be installed.

#![allow(clippy::print_stdout, reason = "a table on stdout is what it is for")]

mod common;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Contender, interleaved, machine, peak_pss, print_table, runs, seconds, seconds_of, v2_file};
use flate2::bufread::MultiGzDecoder;

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let file = std::env::var_os("NGRAMCOUNT_BENCH_FILE").map(PathBuf::from);
    let file = file.unwrap_or_else(|| v2_file("v2-1500MB.gz", "1500MB", "720000"));
    let out = std::env::temp_dir().join(format!("ngramcount-bench-{}.tsv", std::process::id()));
    println!("{}, {} runs each, interleaved, {}\n", file.display(), runs(), machine());

    let count = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
        command.arg(&file).args(args).args(["--workers", "2"]);
        command
    };
    let table = |executor: &str| {
        let mut command = count(&["--executor", executor]);
        command.arg("-o").arg(&out);
        command
    };
    let word = |executor: &str| count(&["--word", "Aardvark", "--executor", executor]);

    let mut contenders: Vec<Contender> =
        vec![("decompression alone".into(), Box::new(|| seconds(|| decompress(&file))))];
    if cfg!(feature = "isal") {
        // The decoder program of the same library.
        let mut igzip = Command::new("igzip");
        igzip.arg("-dc").arg(&file);
        contenders.insert(0, ("igzip -dc".into(), Box::new(move || seconds_of(&mut igzip))));
    }
    for executor in ["processes", "threads", "sequential"] {
        let mut command = word(executor);
        contenders.push((format!("--word, {executor}"), Box::new(move || seconds_of(&mut command))));
        let mut command = table(executor);
        contenders.push((format!("full table, {executor}"), Box::new(move || seconds_of(&mut command))));
    }
    let mut guarded = word("processes");
    guarded.args(["--task-timeout", "0", "--max-tasks-per-worker", "1000000000"]);
    contenders.push(("--word, processes, no time-out".into(), Box::new(move || seconds_of(&mut guarded))));
    print_table(&interleaved(&mut contenders));

    println!("\n| memory of all processes (PSS) | peak |\n|---|---|");
    for executor in ["processes", "threads", "sequential"] {
        let mebibytes = |mut command: Command| peak_pss(&mut command) as f64 / f64::from(1 << 20);
        println!("| --word, {executor} | {:.1} MiB |", mebibytes(word(executor)));
        println!("| full table, {executor} | {:.1} MiB |", mebibytes(table(executor)));
    }
    let _ = std::fs::remove_file(out);
}

/// The lower bound for a count with this decoder: decoding without any further work.
fn decompress(file: &Path) {
    let file = File::open(file).expect("the file is there");
    let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(256 << 10, file));
    let mut buffer = vec![0; 256 << 10];
    while decoder.read(&mut buffer).expect("the file is gzip") > 0 {
        std::hint::black_box(&buffer);
    }
}
