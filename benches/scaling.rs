//! Scaling of a count: with the size of the input, with workers that read files themselves, and with the number of n-grams.
//!
//! `cargo bench --bench scaling`; a name after `--` (doubling, shares, keys, chunks) runs only that table. It generates
//! 7 GB of files under `target/`.

#![allow(clippy::print_stdout, reason = "tables on stdout are what it is for")]

mod common;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{
    Contender, Spread, interleaved, machine, peak_pss, print_table, runs, seconds_of, v2_file, v2_shards,
};
use flate2::bufread::MultiGzDecoder;

/// Distinct n-grams of the file that is repeated.
const NGRAMS: &str = "100000";

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |table: &str| wanted.is_empty() || wanted.iter().any(|name| table.contains(name.as_str()));
    println!("{} runs each, interleaved, {}", runs(), machine());
    let tables: [(&str, fn()); 4] =
        [("doubling", doubling), ("shares", shares), ("keys", keys), ("chunks", chunks)];
    for (name, table) in tables {
        if wanted(name) {
            table();
        }
    }
}

fn count(files: &[PathBuf], args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
    command.args(files).args(args);
    command
}

fn timed<'a>(name: String, mut command: Command) -> Contender<'a> {
    (name, Box::new(move || seconds_of(&mut command)))
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// One file repeated 1, 2, 4 and 8 times: twice the bytes each time, with the same n-grams.
fn doubling() {
    let times = [1, 2, 4, 8];
    let file = v2_file("double-250MB.gz", "250MB", NGRAMS);
    let files = times.map(|times| repeated(&file, times));
    let mut contenders = Vec::new();
    for (times, file) in times.iter().zip(&files) {
        let file = std::slice::from_ref(file);
        contenders.push(timed(format!("{times} x 250 MB, --word"), count(file, &["--word", "Aardvark"])));
        contenders.push(timed(format!("{times} x 250 MB, all"), count(file, &[])));
    }
    println!("\n## Twice the input, gzip, two workers\n");
    let figures = interleaved(&mut contenders);
    print_table(&figures);
    println!("\n| twice the input takes so many times as long | median | least | most |\n|---|---|---|---|");
    for ((name, seen), (_, half)) in figures[2..].iter().zip(&figures) {
        let ratio = Spread::of(seen.iter().zip(half).map(|(whole, half)| whole / half).collect());
        println!("| {name} | {:.2} | {:.2} | {:.2} |", ratio.median, ratio.least, ratio.most);
    }
    println!("\n| memory of all processes (PSS) | peak |\n|---|---|");
    for (times, file) in times.iter().zip(&files) {
        let peak = peak_pss(&mut count(std::slice::from_ref(file), &[]));
        println!("| {times} x 250 MB, all | {:.1} MiB |", mebibytes(peak));
    }
}

/// Workers that read their own input splits: whole compressed files, ranges of a plain file.
fn shares() {
    let packed = v2_shards("shard.gz", "1500MB", "720000", 8);
    let plain = unpacked(&v2_file("v2-1500MB.gz", "1500MB", "720000"));
    let bytes = std::fs::metadata(&plain).expect("it was just made").len();
    let plain = [plain];
    let mut contenders = Vec::new();
    for (what, files) in [("8 gzip files", &packed[..]), ("a plain file", &plain)] {
        for workers in ["1", "2"] {
            for question in [&[][..], &["--word", "Aardvark"]] {
                let mut command = count(files, question);
                command.args(["--workers", workers, "--feed", "split"]);
                let all = if question.is_empty() { "all" } else { "--word" };
                contenders.push(timed(format!("{what}, {all}, {workers} of them"), command));
            }
        }
    }
    println!("\n## Workers that read for themselves, 1.5 GB\n");
    let figures = interleaved(&mut contenders);
    print_table(&figures);
    println!("\n| | median | least | most |\n|---|---|---|---|");
    for from in [0, 1, 4, 5] {
        let (one, two) = (&figures[from], &figures[from + 2]);
        let ratio = Spread::of(one.1.iter().zip(&two.1).map(|(one, two)| one / two).collect());
        println!(
            "| {}, speed-up over 1 worker | {:.2} | {:.2} | {:.2} |",
            two.0, ratio.median, ratio.least, ratio.most
        );
        if from >= 4 {
            let rate = Spread::of(two.1.iter().map(|seconds| bytes as f64 / seconds / 1e9).collect());
            println!("| {}, GB/s | {:.2} | {:.2} | {:.2} |", two.0, rate.median, rate.least, rate.most);
        }
    }
}

/// Memory for each additional n-gram, and the time of merging.
fn keys() {
    println!("\n## Many n-grams, 1 GB of v2, gzip\n");
    println!("| n-grams | s, processes | s, sequential | MiB at the peak (PSS) | bytes an n-gram more |");
    println!("|---|---|---|---|---|");
    let mut before: Option<(f64, u64)> = None;
    for ngrams in [1_000_000_u64, 4_000_000, 16_000_000] {
        let file = [v2_file(&format!("keys-{ngrams}.gz"), "1GB", &ngrams.to_string())];
        let sequential = count(&file, &["--executor", "sequential"]);
        let mut contenders =
            [timed("processes".into(), count(&file, &[])), timed("sequential".into(), sequential)];
        let medians: Vec<f64> =
            interleaved(&mut contenders).into_iter().map(|(_, seen)| Spread::of(seen).median).collect();
        let peak = peak_pss(&mut count(&file, &[]));
        let each = before.map(|(least, fewest)| (peak as f64 - least) / (ngrams - fewest) as f64);
        let each = each.map_or(String::new(), |each| format!("{each:.0}"));
        println!("| {ngrams} | {:.2} | {:.2} | {:.0} | {each} |", medians[0], medians[1], mebibytes(peak));
        before = Some((peak as f64, ngrams));
    }
}

/// `--chunk auto` compared with the best size of a sweep. All input is piped, as with `--chunk N`.
fn chunks() {
    let files = [
        ("v2, gzip", v2_file("v2-1500MB.gz", "1500MB", "720000")),
        ("v2, plain", unpacked(&v2_file("double-250MB.gz", "250MB", NGRAMS))),
    ];
    for (name, file) in files {
        println!("\n## Chunk sizes in lines: {name}\n");
        let file = [file];
        let mut contenders = Vec::new();
        for chunk in ["auto", "500", "2000", "8000", "20000", "50000", "200000"] {
            contenders.push(timed(chunk.into(), count(&file, &["--chunk", chunk, "--feed", "pipe"])));
        }
        print_table(&interleaved(&mut contenders));
    }
}

/// A gzip file with `times` copies of the members of `file`.
fn repeated(file: &Path, times: usize) -> PathBuf {
    let whole = file.with_extension(format!("x{times}.gz"));
    if !whole.exists() {
        let one = std::fs::read(file).expect("the file is there");
        std::fs::write(&whole, one.repeat(times)).expect("target/ is writable");
    }
    whole
}

/// The uncompressed copy of `packed`, in the same directory.
fn unpacked(packed: &Path) -> PathBuf {
    let plain = packed.with_extension("tsv");
    if !plain.exists() {
        eprintln!("unpacking {} …", packed.display());
        let mut reader = MultiGzDecoder::new(BufReader::new(File::open(packed).expect("the file is there")));
        let mut file = File::create(&plain).expect("target/ is writable");
        std::io::copy(&mut reader, &mut file).expect("the file is gzip, and there is room");
    }
    plain
}
