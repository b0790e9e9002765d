//! Counts and look-ups with an index, relative to the same without one.
//!
//! `cargo bench --bench index` generates two files of 1.5 GB (unpacked) with 720,000 n-grams: one in byte order, and one in no
//! order, as Google's files of 2012 are. `igzip -dc` stands beside them if it is installed.

#![allow(clippy::print_stdout, reason = "a table on stdout is what it is for")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{
    Contender, Spread, interleaved, machine, peak_pss, print_table, runs, seconds_of, sorted_v2_file, v2_file,
};

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    println!("{} runs each, interleaved, {}", runs(), machine());
    measure("n-grams in no order", &v2_file("v2-1500MB.gz", "1500MB", "720000"));
    measure("n-grams in byte order", &sorted_v2_file("v2-sorted-1500MB.gz", "1500MB", "720000"));
}

fn measure(what: &str, file: &Path) {
    let scratch = std::env::temp_dir().join(format!("ngramcount-bench-{}", std::process::id()));
    fs::create_dir_all(&scratch).expect("the folder for temporary files is writable");
    let answer = scratch.join("answer.tsv");
    seconds_of(program(&["index"]).arg(file));
    let index = PathBuf::from(format!("{}.ngx", file.display()));
    let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let share = 100.0 * size(&index) as f64 / size(file) as f64;
    println!("\n# {what}: {}\n\nIndex: {} bytes, {share:.2} % of the file.\n", file.display(), size(&index));

    let count = |args: &[&str]| {
        let mut command = program(&[]);
        command.arg(file).args(args);
        command
    };
    seconds_of(count(&["--index", "off", "--workers", "2", "--sort", "ngram", "-o"]).arg(&answer));
    let words = scratch.join("words");
    fs::write(&words, spread_words(&answer)).expect("the folder is writable");
    let words = words.to_str().expect("a plain name");

    let timed = |name: &str, mut command: Command| -> Contender<'_> {
        (name.to_owned(), Box::new(move || seconds_of(&mut command)))
    };
    let all = |index: &str| {
        let mut command = count(&["--workers", "2", "--index", index, "-o"]);
        command.arg(&answer);
        command
    };
    let mut contenders = vec![timed("all n-grams, no index, 2 workers", all("off"))];
    contenders.push(timed("all n-grams, index, 2 workers", all("require")));
    if Command::new("igzip").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok() {
        let mut igzip = Command::new("igzip");
        igzip.arg("-dc").arg(file);
        contenders.push(timed("igzip -dc", igzip));
    }
    print_table(&interleaved(&mut contenders));
    println!();
    // A pattern that is not bound to the beginning: all spans are read.
    let pattern = |workers: &str| {
        count(&["--regex", "Aardvark", "--executor", "processes", "--workers", workers, "--index", "require"])
    };
    print_table(&interleaved(&mut [
        timed("one word in all spans, 1 worker", pattern("1")),
        timed("one word in all spans, 2 workers", pattern("2")),
    ]));
    let parent = Spread::of((0..runs()).map(|_| parent_share(&mut pattern("2"))).collect());
    println!(
        "\nThe parent's part of all CPU time: {:.1} % ({:.1} to {:.1})\n",
        100.0 * parent.median,
        100.0 * parent.least,
        100.0 * parent.most
    );
    print_table(&interleaved(&mut [
        timed("--word Aardvark, no index", count(&["--word", "Aardvark", "--index", "off"])),
        timed("--word Aardvark, index", count(&["--word", "Aardvark", "--index", "require"])),
        timed("100 words, index", count(&["--words-file", words, "--index", "require"])),
        timed("ngramcount index", {
            let mut command = program(&["index", "--index-dir"]);
            command.arg(&scratch).arg(file);
            command
        }),
        timed("--word Aardvark --write-index", {
            let mut command = count(&["--word", "Aardvark", "--write-index", "--index-dir"]);
            command.arg(&scratch).args(["--index", "off"]);
            command
        }),
    ]));
    let mut command = program(&["index", "--index-dir"]);
    command.arg(&scratch).arg(file);
    println!("\n`ngramcount index`: {:.1} MiB (PSS)", peak_pss(&mut command) as f64 / f64::from(1 << 20));
    let _ = fs::remove_dir_all(scratch);
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
    command.args(args);
    command
}

/// A hundred n-grams at equal distances of a sorted answer.
fn spread_words(answer: &Path) -> String {
    let answer = fs::read_to_string(answer).expect("the answer is there");
    let ngrams: Vec<&str> = answer.lines().filter_map(|line| line.split('\t').next()).collect();
    ngrams.iter().step_by(ngrams.len().div_ceil(100)).map(|ngram| format!("{ngram}\n")).collect()
}

/// The CPU time of a command itself divided by that of its workers and itself.
fn parent_share(command: &mut Command) -> f64 {
    let mut child = command.stdout(Stdio::null()).spawn().expect("the command starts");
    let stat = format!("/proc/{}/stat", child.id());
    let (mut own, mut workers) = (0.0, 0.0);
    // Until the last moment: a process that was waited for has no file any more.
    while child.try_wait().expect("a child can be waited for").is_none() {
        let text = fs::read_to_string(&stat).unwrap_or_default();
        let fields: Vec<f64> = text
            .rsplit_once(')')
            .map_or("", |(_, fields)| fields)
            .split_whitespace()
            .map(|field| field.parse().unwrap_or(0.0))
            .collect();
        if let Some([user, system, of_children, system_of_children]) = fields.get(11..15) {
            own = f64::max(own, user + system);
            workers = f64::max(workers, of_children + system_of_children);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    own / f64::max(own + workers, 1.0)
}
