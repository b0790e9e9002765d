//! Counts that do not fit the memory: time and memory under a budget, relative to other tools, to no budget and to an
//! older build.
//!
//! `cargo bench --bench memory`; names after `--` (text, peak, quarter, fits, workers, growth) run only those tables. Other
//! tools and an older build are named by options (`-- --help`) and left out otherwise. It writes 3 GB of data under
//! `target/`, and as much again while it runs; `--millions 160` takes another 20 GB.

#![allow(clippy::print_stdout, reason = "tables on stdout are what it is for")]

mod common;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use bytesize::ByteSize;
use clap::{Parser, ValueEnum};
use common::usage::{Measured, measure, peak_of, print_usage};
use common::zipf::zipf_text;
use common::{Spread, machine, runs, v2_file};

/// Words of an n-gram.
const N: &str = "5";
/// Memory of KenLM: what it takes in all is a fifth more.
const KENLM_MEMORY: &str = "500M";

#[derive(Parser)]
struct Options {
    /// Tables to make [default: all]
    tables: Vec<Table>,
    /// The program to measure
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_ngramcount"))]
    program: PathBuf,
    /// An older build of the program
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// `count_ngrams` of KenLM
    #[arg(long, value_name = "FILE")]
    kenlm: Option<PathBuf>,
    /// A Python with duckdb
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Budget of `text`, `workers` and `growth`
    #[arg(long, value_name = "SIZE", default_value = "600MB")]
    memory: ByteSize,
    /// Words of the text, in millions
    #[arg(long, value_name = "N", default_value_t = 50)]
    words: u64,
    /// N-grams of `growth`, in millions
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [10, 40])]
    millions: Vec<u64>,
    /// Only commands whose names contain one of these
    #[arg(long, value_name = "TEXT,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Table {
    Text,
    Peak,
    Quarter,
    Fits,
    Workers,
    Growth,
}

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let options = Options::parse();
    let scratch = Scratch::new();
    println!("{} runs each, interleaved, {}", runs(), machine());
    type Print = fn(&Options, &Scratch);
    let tables: [(Table, Print); 6] = [
        (Table::Text, text),
        (Table::Peak, peak),
        (Table::Quarter, quarter),
        (Table::Fits, fits),
        (Table::Workers, workers),
        (Table::Growth, growth),
    ];
    for (table, print) in tables {
        if options.tables.is_empty() || options.tables.contains(&table) {
            print(&options, &scratch);
        }
    }
}

/// Folder for answers and temporary files, on the disk of the test data.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
        std::fs::create_dir_all(&folder).expect("target/ is writable");
        Self(tempfile::tempdir_in(folder).expect("target/ is writable"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A count of all n-grams into a file.
    fn count(&self, program: &Path, file: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.arg(file).args(args).arg("-o").arg(self.path("answer.tsv")).env("TMPDIR", self.0.path());
        command
    }

    fn duckdb(&self, python: &Path, file: &Path, memory: Option<ByteSize>) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/programs/duckdb_count.py");
        let mut command = Command::new(python);
        command.arg(script).arg(file).arg(self.path("answer.tsv"));
        if let Some(memory) = memory {
            command.args(["--memory", &bytes(memory), "--temp-dir"]).arg(self.0.path());
        }
        command
    }

    /// A pipeline with these as `$1`, `$2`, …
    fn shell(&self, script: &str, args: &[&Path]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).args(args).env("TMPDIR", self.0.path());
        command
    }
}

/// A size in a form that all of the tools read.
fn bytes(size: ByteSize) -> String {
    format!("{}B", size.as_u64())
}

/// A size as a reader wants it.
fn megabytes(size: ByteSize) -> String {
    format!("{} MB", size.as_u64() / 1_000_000)
}

/// Those of the commands that were asked for.
fn chosen(options: &Options, commands: Vec<(String, Command)>) -> Vec<Measured> {
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|part| name.contains(part));
    commands
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, command)| Measured::new(name, command))
        .collect()
}

/// A table of ratios, for those pairs that were both measured.
fn print_ratios(measured: &[Measured], pairs: &[(&str, &str, f64)]) {
    let named =
        |name: &str| measured.iter().find(|measured| measured.name == name && !measured.runs.is_empty());
    println!("\n| time relative to | median | least | most | goal |\n|---|---|---|---|---|");
    for (name, other, goal) in pairs {
        if let (Some(mine), Some(theirs)) = (named(name), named(other)) {
            let ratio = mine.relative_to(theirs);
            println!(
                "| {name} ÷ {other} | {:.2} | {:.2} | {:.2} | {goal} |",
                ratio.median, ratio.least, ratio.most
            );
        }
    }
}

const BUDGET: &str = "with --memory";
const DEFAULT: &str = "default budget";
const WITHOUT: &str = "no budget";
const BEFORE: &str = "older build";
const KENLM: &str = "KenLM";
const SORT: &str = "awk, sort, uniq";
const DUCKDB: &str = "DuckDB";

const TEXT: [&str; 6] = ["--format", "text", "--tokens", "blanks", "--n", N];

/// 5-grams of a text, all of them distinct but a fifth, beside the tools that are made for this.
fn text(options: &Options, scratch: &Scratch) {
    let file = zipf_text(options.words);
    let answer = scratch.path("answer.tsv");
    let mut commands = Vec::new();
    if let Some(kenlm) = &options.kenlm {
        let script = format!(
            r#""$1" -o {N} -S {KENLM_MEMORY} -T "$TMPDIR/" --write_vocab_list "$TMPDIR/words" < "$2" > "$3" 2> "$TMPDIR/log""#
        );
        commands.push((KENLM.to_owned(), scratch.shell(&script, &[kenlm, &file, &answer])));
    } else {
        println!("\nWithout KenLM: no --kenlm.");
    }
    let awk = r#"awk '{ for (i = 5; i <= NF; i++) print $(i-4), $(i-3), $(i-2), $(i-1), $i }' "$1""#;
    let script = format!(r#"{awk} | LC_ALL=C sort -S 600M --parallel=2 | uniq -c > "$2""#);
    commands.push((SORT.to_owned(), scratch.shell(&script, &[&file, &answer])));
    let budget = bytes(options.memory);
    let count = |program: &Path, args: &[&str]| scratch.count(program, &file, &[&TEXT, args].concat());
    commands.push((BUDGET.to_owned(), count(&options.program, &["--memory", &budget])));
    commands.push((DEFAULT.to_owned(), count(&options.program, &[])));
    if let Some(before) = &options.before {
        commands.push((BEFORE.to_owned(), count(before, &[])));
    }
    println!("\n## 5-grams of {} million words, budget {}\n", options.words, megabytes(options.memory));
    let mut measured = chosen(options, commands);
    measure(&mut measured);
    print_usage(&measured);
    print_ratios(&measured, &[(BUDGET, KENLM, 0.65), (BUDGET, SORT, 0.45), (DEFAULT, BEFORE, 0.6)]);
}

/// Whether all processes together keep the budget.
fn peak(options: &Options, scratch: &Scratch) {
    let (v2, text) = (v2_millions(16), zipf_text(options.words));
    println!("\n## Peak of all processes (PSS), the largest of {} runs\n", runs());
    println!("| what | budget | peak, MB | peak ÷ budget, goal 1.1 |\n|---|---|---|---|");
    for budget in [ByteSize::mb(256), ByteSize::mb(600), ByteSize::gb(1)] {
        let cases: [(&str, &Path, &[&str]); 3] = [
            ("16 million v2 n-grams", &v2, &[]),
            ("the same, --by-year", &v2, &["--by-year"]),
            ("5-grams of the text", &text, &TEXT),
        ];
        for (name, file, args) in cases {
            let mut command = scratch.count(&options.program, file, args);
            command.args(["--memory", &bytes(budget)]);
            let peak = (0..runs()).map(|_| peak_of(&mut command)).collect::<Option<Vec<_>>>();
            let peak = peak.expect("the count succeeds").into_iter().max().unwrap_or(0) as f64;
            let ratio = peak / budget.as_u64() as f64;
            println!("| {name} | {} | {:.0} | {ratio:.2} |", megabytes(budget), peak / 1e6);
        }
    }
}

/// A budget of a quarter of what the answer needs.
fn quarter(options: &Options, scratch: &Scratch) {
    let file = v2_millions(16);
    let without = || scratch.count(&options.program, &file, &["--memory", "64GB"]);
    let needed = peak_of(&mut without()).expect("it succeeds without a budget");
    let answer = checksum(&scratch.path("answer.tsv"));
    let budget = ByteSize(needed / 4);
    let within = || scratch.count(&options.program, &file, &["--memory", &bytes(budget)]);
    peak_of(&mut within()).expect("it succeeds with the budget");
    assert!(checksum(&scratch.path("answer.tsv")) == answer, "the budget changed the answer");
    let mut commands = vec![(WITHOUT.to_owned(), without()), (BUDGET.to_owned(), within())];
    if let Some(python) = &options.python {
        commands.push((DUCKDB.to_owned(), scratch.duckdb(python, &file, None)));
        commands.push((format!("{DUCKDB}, memory_limit"), scratch.duckdb(python, &file, Some(budget))));
    }
    println!("\n## 16 million v2 n-grams, budget {}, a quarter of what they need\n", megabytes(budget));
    let mut measured = chosen(options, commands);
    measure(&mut measured);
    print_usage(&measured);
    print_ratios(&measured, &[(BUDGET, WITHOUT, 1.6), (BUDGET, &format!("{DUCKDB}, memory_limit"), 1.0)]);
}

/// Counts that fit, relative to the older build: every case of `pipeline`.
fn fits(options: &Options, scratch: &Scratch) {
    let Some(before) = &options.before else {
        println!("\nNothing to compare counts that fit with: no --before.");
        return;
    };
    let file = v2_file("v2-1500MB.gz", "1500MB", "720000");
    let mut commands = Vec::new();
    for executor in ["processes", "threads", "sequential"] {
        for (question, args) in [("--word", &["--word", "Aardvark"][..]), ("full table", &[])] {
            for (build, program) in [("older", before), ("this", &options.program)] {
                let args = [&["--executor", executor, "--workers", "2"], args].concat();
                commands
                    .push((format!("{question}, {executor}, {build}"), scratch.count(program, &file, &args)));
            }
        }
    }
    println!("\n## Counts that fit, this build beside the older one\n");
    let mut measured = chosen(options, commands);
    measure(&mut measured);
    print_usage(&measured);
    println!("\n| this ÷ older, goal 1.02 | time, median | least | most | memory |\n|---|---|---|---|---|");
    for pair in measured.chunks_exact(2) {
        let [older, this] = pair else { continue };
        assert!(!older.runs.is_empty() && !this.runs.is_empty(), "{} failed", this.name);
        let (time, memory) = (this.relative_to(older), this.peak as f64 / older.peak as f64);
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {memory:.2} |",
            this.name, time.median, time.least, time.most
        );
    }
}

/// Two workers relative to one.
fn workers(options: &Options, scratch: &Scratch) {
    let file = zipf_text(options.words);
    let budget = bytes(options.memory);
    let count = |program: &Path, workers: &str, args: &[&str]| {
        scratch.count(program, &file, &[&TEXT[..], &["--workers", workers], args].concat())
    };
    let mut commands = Vec::new();
    for number in ["1", "2"] {
        commands
            .push((format!("{BUDGET}, {number}"), count(&options.program, number, &["--memory", &budget])));
        commands.push((format!("{DEFAULT}, {number}"), count(&options.program, number, &[])));
        if let Some(before) = &options.before {
            commands.push((format!("{BEFORE}, {number}"), count(before, number, &[])));
        }
    }
    println!(
        "\n## 5-grams of {} million words, one worker and two, budget {}\n",
        options.words, options.memory
    );
    let mut measured = chosen(options, commands);
    measure(&mut measured);
    print_usage(&measured);
    println!(
        "\n| 2 workers, so many times as fast as 1, goal 1.7 | median | least | most |\n|---|---|---|---|"
    );
    let (one, two) = measured.split_at(measured.len() / 2);
    for (one, two) in one.iter().zip(two) {
        assert!(!one.runs.is_empty() && !two.runs.is_empty(), "{} failed", two.name);
        let Spread { median, least, most } = one.relative_to(two);
        println!("| {} | {median:.2} | {least:.2} | {most:.2} |", two.name);
    }
}

/// More and more n-grams under one budget.
fn growth(options: &Options, scratch: &Scratch) {
    println!("\n## More n-grams under one budget of {}\n", megabytes(options.memory));
    let mut commands = Vec::new();
    for &millions in &options.millions {
        let file = v2_millions(millions);
        let name = |tool: &str| format!("{millions} million v2 n-grams, {tool}");
        let count = scratch.count(&options.program, &file, &["--memory", &bytes(options.memory)]);
        commands.push((name(BUDGET), count));
        if let Some(before) = &options.before {
            commands.push((name(BEFORE), scratch.count(before, &file, &[])));
        }
        if let Some(python) = &options.python {
            commands.push((name(DUCKDB), scratch.duckdb(python, &file, Some(options.memory))));
        }
    }
    let mut measured = chosen(options, commands);
    measure(&mut measured);
    print_usage(&measured);
}

/// So many n-grams with some three rows each.
fn v2_millions(millions: u64) -> PathBuf {
    v2_file(
        &format!("keys-{millions}000000.gz"),
        &format!("{}kB", millions * 62_500),
        &format!("{millions}000000"),
    )
}

/// CRC-32 of a file.
fn checksum(file: &Path) -> u32 {
    let mut reader = BufReader::new(File::open(file).expect("the answer is there"));
    let mut hasher = crc32fast::Hasher::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match reader.read(&mut block).expect("the answer can be read") {
            0 => return hasher.finalize(),
            read => hasher.update(&block[..read]),
        }
    }
}
