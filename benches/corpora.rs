//! Text corpora: the program beside tools that people come from, JSON lines beside plain text, and several lengths of n-grams in
//! one pass beside one pass for each.
//!
//! `cargo bench --bench corpora`; names after `--` (wimbd, json, vectorizer, lengths, folder) run only those tables. The other tools
//! are named by options (`-- --help`), and a row whose tool is not named is left out. It writes 600 MB of data under `target/`.

#![allow(clippy::print_stdout, reason = "tables on stdout are what it is for")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Parser, ValueEnum};
use common::usage::{Measured, measure, print_usage};
use common::zipf::zipf_text;
use common::{Spread, data, machine, runs};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

/// Words of the large text, in millions, which make 137 MB.
const MILLIONS: u64 = 16;
/// Lines of a document in JSON lines.
const LINES: usize = 10;
/// Documents of the text for CountVectorizer, and words in each.
const DOCUMENTS: usize = 50_000;
const DOCUMENT_WORDS: usize = 95;
/// The pattern of CountVectorizer.
const PATTERN: &str = r"regex=(?u)\b\w\w+\b";
/// Files of the folder, and bytes of each.
const FILES: usize = 100_000;
const FILE_BYTES: usize = 100;

#[derive(Parser)]
struct Options {
    /// Tables to make [default: all]
    tables: Vec<Table>,
    /// The program to measure
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_ngramcount"))]
    program: PathBuf,
    /// `wimbd`, as `cargo install wimbd` or its repository makes it
    #[arg(long, value_name = "FILE")]
    wimbd: Option<PathBuf>,
    /// A Python with scikit-learn
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Table {
    Wimbd,
    Json,
    Vectorizer,
    Lengths,
    Folder,
}

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let options = Options::parse();
    println!("{} runs each, interleaved, {}", runs(), machine());
    type Print = fn(&Options);
    let tables: [(Table, Print); 5] = [
        (Table::Wimbd, wimbd),
        (Table::Json, json_lines),
        (Table::Vectorizer, vectorizer),
        (Table::Lengths, lengths),
        (Table::Folder, folder),
    ];
    for (table, print) in tables {
        if options.tables.is_empty() || options.tables.contains(&table) {
            print(&options);
        }
    }
}

const OURS: &str = "ngramcount";

/// The top 20 3-grams of JSON lines, beside wimbd, which finds them by a counting Bloom filter.
fn wimbd(options: &Options) {
    let (file, _) = json_and_text();
    let mut commands = vec![(OURS, options.count(&file, &["--format", "jsonl", "-n", "3", "--top", "20"]))];
    if let Some(wimbd) = &options.wimbd {
        let mut command = Command::new(wimbd);
        command.args(["topk", "-n", "3", "-k", "20", "--quiet", "--seed", "42", "--size", "1GiB"]).arg(&file);
        commands.push(("wimbd", command));
    } else {
        println!("\nWithout wimbd: no --wimbd.");
    }
    println!("\n## The top 20 3-grams of JSON lines, {}\n", sizes(&file));
    table(commands, &[("wimbd", OURS, "≥ 6")]);
}

/// JSON lines, and the same lines as plain text.
fn json_lines(options: &Options) {
    let (json, text) = json_and_text();
    let args = ["-n", "3", "--top", "20"];
    let count = |file: &Path, format| options.count(file, &[&["--format", format], &args[..]].concat());
    let rows = |mut command: Command| command.output().expect("it starts").stdout;
    assert_eq!(rows(count(&json, "jsonl")), rows(count(&text, "text")), "both hold the same text");
    println!("\n## JSON lines and the same words as plain text, {} and {}\n", sizes(&json), sizes(&text));
    let commands = vec![("plain text", count(&text, "text")), ("JSON lines", count(&json, "jsonl"))];
    table(commands, &[("JSON lines", "plain text", "≤ 1.25")]);
}

/// 1-grams and 2-grams of documents, with the number of documents that hold them, beside CountVectorizer.
fn vectorizer(options: &Options) {
    let file = documents();
    let (ours, theirs) = (data("vectorizer-ours.tsv"), data("vectorizer-theirs.tsv"));
    let args = [
        "--format",
        "text",
        "-n",
        "1..2",
        "--ignore-case",
        "--count",
        "matches,documents",
        "--tokens",
        PATTERN,
    ];
    let mut count = options.count(&file, &[&args[..], &["--sort", "ngram"]].concat());
    count.arg("-o").arg(&ours);
    let mut commands = vec![(OURS, count)];
    if let Some(python) = &options.python {
        let script = |name: &str| {
            let mut command = Command::new(python);
            command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/programs").join(name));
            command.arg(&file).arg(&theirs);
            command
        };
        commands.push(("CountVectorizer", script("count_vectorizer.py")));
        let mut import = Command::new(python);
        import.args(["-c", "import numpy, sklearn.feature_extraction.text"]);
        commands.push(("its import alone", import));
    } else {
        println!("\nWithout CountVectorizer: no --python.");
    }
    println!("\n## 1-grams and 2-grams of {DOCUMENTS} documents, {}\n", sizes(&file));
    table(commands, &[("CountVectorizer", OURS, "≥ 15")]);
    if options.python.is_some() {
        let rows = |file: &Path| fs::read(file).expect("the answer is there");
        println!("\nThe same answer, byte for byte: {}.", rows(&ours) == rows(&theirs));
    }
}

/// All lengths in one pass, and one pass for each.
fn lengths(options: &Options) {
    let file = zipf_text(5);
    let count = |n: &str| {
        let mut command = options.count(&file, &["--format", "text", "-n", n]);
        command.arg("-o").arg(data("lengths.tsv"));
        command
    };
    println!("\n## N-grams of one to five words, {}\n", sizes(&file));
    let names = ["1..5", "1", "2", "3", "4", "5"];
    let mut measured: Vec<_> = names.iter().map(|n| Measured::new(format!("-n {n}"), count(n))).collect();
    measure(&mut measured);
    print_usage(&measured);
    let (all, each) = measured.split_at(1);
    let ratios = all[0]
        .runs
        .iter()
        .enumerate()
        .map(|(round, all)| all.seconds / each.iter().map(|one| one.runs[round].seconds).sum::<f64>());
    let Spread { median, least, most } = Spread::of(ratios.collect());
    println!("\n| time relative to | median | least | most | goal |\n|---|---|---|---|---|");
    println!("| -n 1..5 ÷ the sum of the five | {median:.2} | {least:.2} | {most:.2} | ≤ 1.1 |");
}

/// Very many very small files, beside the programs that only find and read them.
fn folder(options: &Options) {
    let folder = small_files();
    let mut cat = Command::new("sh");
    cat.args(["-c", r#"find "$1" -type f -exec cat {} + > /dev/null"#, "sh"]).arg(&folder);
    let mut commands = vec![("find and cat", cat)];
    for executor in ["processes", "threads", "sequential"] {
        commands.push((executor, options.count(&folder, &["--top", "20", "--executor", executor])));
    }
    println!("\n## {FILES} files of {FILE_BYTES} bytes\n");
    table(commands, &[("processes", "find and cat", "–"), ("sequential", "find and cat", "–")]);
}

impl Options {
    fn count(&self, input: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(input).args(args);
        command
    }
}

/// Measures the commands and prints them, and the times of pairs of them beside each other.
fn table(commands: Vec<(&str, Command)>, pairs: &[(&str, &str, &str)]) {
    let mut measured: Vec<_> =
        commands.into_iter().map(|(name, command)| Measured::new(name, command)).collect();
    measure(&mut measured);
    print_usage(&measured);
    println!("\n| time relative to | median | least | most | goal |\n|---|---|---|---|---|");
    for (name, other, goal) in pairs {
        let find =
            |name: &str| measured.iter().find(|measured| measured.name == name && !measured.runs.is_empty());
        if let (Some(mine), Some(theirs)) = (find(name), find(other)) {
            let Spread { median, least, most } = mine.relative_to(theirs);
            println!("| {name} ÷ {other} | {median:.2} | {least:.2} | {most:.2} | {goal} |");
        }
    }
}

fn sizes(file: &Path) -> String {
    let bytes = fs::metadata(file).map_or(0, |file| file.len());
    format!("{} MB in {}", bytes / 1_000_000, file.extension().unwrap_or_default().display())
}

/// The large text as JSON lines of several lines each, and as it is, both gzip.
fn json_and_text() -> (PathBuf, PathBuf) {
    let (json, text) = (data("corpus.json.gz"), data("corpus.txt.gz"));
    if !(json.exists() && text.exists()) {
        let lines = lines_of(&zipf_text(MILLIONS));
        write_gzip(&text, lines.iter().map(|line| format!("{line}\n")));
        write_gzip(
            &json,
            lines.chunks(LINES).enumerate().map(|(number, lines)| {
                let document = json!({
                    "id": format!("made/{number}"),
                    "text": lines.join("\n"),
                    "source": "benches/corpora",
                    "metadata": { "lines": lines.len(), "language": "none" },
                });
                format!("{document}\n")
            }),
        );
    }
    (json, text)
}

fn lines_of(file: &Path) -> Vec<String> {
    let lines = BufReader::new(File::open(file).expect("it was made")).lines();
    lines.collect::<Result<_, _>>().expect("it is text")
}

/// Writes a file that appears when it is complete.
fn write_gzip(file: &Path, lines: impl Iterator<Item = String>) {
    eprintln!("generating {} …", file.display());
    let part = file.with_extension("part");
    let mut out = GzEncoder::new(
        BufWriter::new(File::create(&part).expect("target/ is writable")),
        Compression::default(),
    );
    for line in lines {
        out.write_all(line.as_bytes()).expect("there is room");
    }
    out.finish().and_then(|mut out| out.flush()).expect("there is room");
    fs::rename(part, file).expect("target/ is writable");
}

/// Documents of one line each.
fn documents() -> PathBuf {
    let file = data("documents.txt");
    if !file.exists() {
        let text = fs::read_to_string(zipf_text(5)).expect("it was made");
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        let documents = words.chunks(DOCUMENT_WORDS).take(DOCUMENTS);
        let lines: String = documents.map(|words| words.join(" ") + "\n").collect();
        fs::write(&file, lines).expect("there is room");
    }
    file
}

/// A folder of a hundred folders of small files.
fn small_files() -> PathBuf {
    let folder = data("small-files");
    if !folder.exists() {
        let text = fs::read(zipf_text(5)).expect("it was made");
        let part = folder.with_extension("part");
        for (number, bytes) in text.chunks(FILE_BYTES).take(FILES).enumerate() {
            let folder = part.join(format!("{:02}", number % 100));
            fs::create_dir_all(&folder).expect("target/ is writable");
            fs::write(folder.join(format!("{number}.txt")), bytes).expect("there is room");
        }
        fs::rename(part, &folder).expect("target/ is writable");
    }
    folder
}
