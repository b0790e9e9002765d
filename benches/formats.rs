//! Costs of each format and each option: mapping and merging in memory on one core, then whole texts by the program on
//! two cores.
//!
//! `cargo bench --bench formats`; a name after `--` selects the tables whose name contains it.

#![allow(clippy::print_stdout, reason = "a table on stdout is what it is for")]

mod common;

use std::collections::HashSet;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Contender, Spread, interleaved, machine, runs, seconds_of, v2_file};
use flate2::read::MultiGzDecoder;
use ngramcount::count::{
    AnswerOptions, Format, Mapper, Measure, Measures, Partial, Pattern, Plan, Pos, Reducer, Selection, Years,
};
use ngramcount::pool::{Payload, Wire};
use ngramcount::record::lines;
use rustix::time::{ClockId, clock_gettime};

/// Input of each table in memory, in bytes.
const BYTES: usize = 100_000_000;
/// Size of a chunk, in bytes.
const CHUNK: usize = 512 << 10;

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |table: &str| wanted.is_empty() || wanted.iter().any(|name| table.contains(name.as_str()));
    println!("{} runs each, interleaved, {}\n", runs(), machine());
    if wanted("formats") || wanted("questions") {
        let v2 = v2_text();
        if wanted("formats") {
            formats(&v2);
        }
        if wanted("questions") {
            questions(&v2);
        }
    }
    if wanted("text") {
        texts();
    }
}

/// The same count of the same rows in three formats.
fn formats(v2: &[u8]) {
    let (v1, v3) = (as_v1(v2), as_v3(v2));
    let plan = Plan::default();
    let mut contenders: Vec<Contender> = Vec::new();
    for (name, format, text) in [("v2", Format::V2, v2), ("v3", Format::V3, &v3), ("v1", Format::V1, &v1)] {
        let mapper = Mapper::new(&plan);
        contenders
            .push((format!("{name}, map"), Box::new(move || cpu_seconds(|| map(&mapper, format, text)))));
    }
    let sizes = [v2.len(), v3.len(), v1.len()];
    println!("## The formats, plain count, one core\n");
    print_rates(&interleaved(&mut contenders), &sizes);
}

fn plan(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = Plan::default();
    change(&mut plan);
    plan
}

/// The cost of each option relative to the plain count of the same v2 rows.
fn questions(v2: &[u8]) {
    let words: HashSet<&[u8]> = lines(v2).map(ngram).collect();
    let words = words.into_iter().step_by(2).take(50_000).map(<[u8]>::to_vec);
    let absent = (0..50_000).map(|n| format!("absent{n}").into_bytes());
    let words: Vec<Vec<u8>> = words.chain(absent).collect();
    let pattern = Pattern::new("^[a-m].*e").expect("a pattern");
    let plans = [
        ("plain", Plan::default()),
        ("--years 1900..2000", plan(|plan| plan.filter.years = Years { first: 1900, last: 2000 })),
        ("--pos untagged", plan(|plan| plan.filter.pos = Pos::Untagged)),
        (
            "--pos tagged --strip-pos",
            plan(|plan| (plan.filter.pos, plan.filter.strip_pos) = (Pos::Tagged, true)),
        ),
        ("--words-file, 100,000 words", plan(|plan| plan.selection = Selection::Words(words))),
        ("--regex", plan(|plan| plan.filter.pattern = Some(pattern))),
        ("--ignore-case", plan(|plan| plan.filter.ignore_case = true)),
        (
            "--count matches,volumes",
            plan(|plan| {
                plan.measures =
                    Measures::new(vec![Measure::Matches, Measure::Volumes]).expect("two measures");
            }),
        ),
        ("--by-year", plan(|plan| plan.by_year = true)),
    ];
    for (title, merged) in [("mapped", false), ("mapped, sent, merged and sorted", true)] {
        let mut contenders: Vec<Contender> = Vec::new();
        for (name, plan) in &plans {
            let mapper = Mapper::new(plan);
            contenders.push((
                (*name).to_owned(),
                Box::new(move || {
                    cpu_seconds(
                        || if merged { count(plan, &mapper, v2) } else { map(&mapper, Format::V2, v2) },
                    )
                }),
            ));
        }
        println!("\n## Questions to v2, {title}, one core\n");
        print_rates(&interleaved(&mut contenders), &vec![v2.len(); plans.len()]);
    }
}

/// The King James Bible, repeated, counted by the program on two cores.
fn texts() {
    let file = kjv(160_000_000);
    let count = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
        command.arg(&file).args(["--format", "text", "--top", "10", "--workers", "2"]).args(args);
        command
    };
    let cases: [(&str, &[&str]); 5] = [
        ("--tokens blanks", &["--tokens", "blanks"]),
        ("--tokens words", &["--tokens", "words"]),
        ("--tokens blanks, 3-grams", &["--tokens", "blanks", "--n", "3"]),
        ("--tokens words, 3-grams", &["--tokens", "words", "--n", "3"]),
        ("--tokens blanks, threads", &["--tokens", "blanks", "--executor", "threads"]),
    ];
    let mut contenders: Vec<Contender> = Vec::new();
    for (name, args) in cases {
        let mut command = count(args);
        contenders.push((name.to_owned(), Box::new(move || seconds_of(&mut command))));
    }
    println!("\n## Text, 160 MB, the whole program, two workers\n");
    print_rates(&interleaved(&mut contenders), &[160_000_000; 5]);
}

/// CPU seconds of this thread for a call. On a machine with other work this varies less than wall time, for code that does
/// not wait.
fn cpu_seconds(work: impl FnOnce()) -> f64 {
    let spent = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let before = spent();
    work();
    spent() - before
}

fn print_rates(figures: &[(String, Vec<f64>)], sizes: &[usize]) {
    println!("| what | GB/s, median | least | most | time beside the first, median | least | most |");
    println!("|---|---|---|---|---|---|---|");
    let first = &figures[0].1;
    for ((name, seen), &size) in figures.iter().zip(sizes) {
        let rate = Spread::of(seen.iter().map(|seconds| size as f64 / 1e9 / seconds).collect());
        let ratio = Spread::of(seen.iter().zip(first).map(|(mine, first)| mine / first).collect());
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
            rate.median, rate.least, rate.most, ratio.median, ratio.least, ratio.most
        );
    }
}

/// The chunks of a text.
fn chunks(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let cut = text.len().min(CHUNK);
        let end = memchr::memrchr(b'\n', &text[..cut]).map_or(cut, |at| at + 1);
        let (chunk, rest) = text.split_at(end);
        text = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn map(mapper: &Mapper, format: Format, text: &[u8]) {
    for chunk in chunks(text) {
        std::hint::black_box(mapper.map(format, chunk).expect("good lines"));
    }
}

/// The same steps as in the workers and the parent, one after the other.
fn count(plan: &Plan, mapper: &Mapper, text: &[u8]) {
    let mut reducer = Reducer::new(plan);
    for chunk in chunks(text) {
        let partial = mapper.map(Format::V2, chunk).expect("good lines");
        let sent = Payload::of(&partial).expect("a partial count is sent").to_vec();
        let partial = Partial::from_wire(sent).expect("and comes back");
        reducer.merge(&partial).expect("it fits");
    }
    let mut order = AnswerOptions::default();
    order.by_year = plan.by_year;
    std::hint::black_box(reducer.finish(&order).expect("no totals").len());
}

fn v2_text() -> Vec<u8> {
    let file = v2_file("v2-100MB.gz", "100MB", "48000");
    let mut text = Vec::new();
    MultiGzDecoder::new(std::fs::File::open(file).expect("the file is there"))
        .read_to_end(&mut text)
        .expect("gzip");
    text.truncate(memchr::memrchr(b'\n', &text[..text.len().min(BYTES)]).map_or(0, |at| at + 1));
    text
}

fn ngram(line: &[u8]) -> &[u8] {
    memchr::memchr(b'\t', line).map_or(line, |at| &line[..at])
}

fn as_v1(v2: &[u8]) -> Vec<u8> {
    let mut v1 = Vec::with_capacity(v2.len() * 5 / 4);
    for line in lines(v2) {
        let pages = memchr::memrchr(b'\t', line).map_or(0, |at| at);
        v1.extend_from_slice(line);
        v1.extend_from_slice(&line[pages..]);
        v1.push(b'\n');
    }
    v1
}

fn as_v3(v2: &[u8]) -> Vec<u8> {
    let mut v3: Vec<u8> = Vec::with_capacity(v2.len());
    let mut last: &[u8] = b"";
    for line in lines(v2) {
        let ngram = ngram(line);
        if ngram != last {
            if !v3.is_empty() {
                v3.push(b'\n');
            }
            v3.extend_from_slice(ngram);
            last = ngram;
        }
        v3.push(b'\t');
        v3.extend(line[ngram.len() + 1..].iter().map(|&byte| if byte == b'\t' { b',' } else { byte }));
    }
    v3.push(b'\n');
    v3
}

fn kjv(bytes: usize) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("target/bench-data/kjv.txt");
    if !file.exists() {
        let packed = std::fs::File::open(root.join("data/kjv.txt.gz")).expect("the sample is there");
        let mut text = String::new();
        MultiGzDecoder::new(packed).read_to_string(&mut text).expect("gzip");
        let mut whole = String::with_capacity(bytes + text.len());
        while whole.len() < bytes {
            writeln!(whole, "{}", text.trim_end()).expect("a string takes all");
        }
        whole.truncate(bytes);
        std::fs::create_dir_all(root.join("target/bench-data")).expect("target/ is writable");
        std::fs::write(&file, whole).expect("target/ is writable");
    }
    file
}
