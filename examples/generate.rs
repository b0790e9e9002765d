//! Writes a file of the shape and size of Google's v2 1-gram files, and the answers that a count of it must give.
//!
//! ```text
//! cargo run --release --example generate -- big.gz --bytes 1500MB --expected big.expected.tsv > big.json
//! ```
//!
//! The same arguments give the same bytes on every machine: the numbers come from SplitMix64 and from arithmetic
//! that IEEE 754 defines to the last bit. What is imitated, after the file for the letter a (86,618,505 lines, 1.8 GB):
//! rows of an n-gram together and years ascending, n-grams in no order unless --sorted asks for that of their bytes; most n-grams with few rows of small counts, a
//! long tail with a row for every year; a word, its capitalised form and their tagged forms; some n-grams in UTF-8.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

const FIRST_YEAR: u64 = 1505;
const LAST_YEAR: u64 = 2008;
const YEARS: u64 = LAST_YEAR - FIRST_YEAR + 1;

/// Write a Google Books Ngram v2 file of any size, and print what is in it as JSON.
#[derive(Parser)]
#[command(name = "generate")]
struct Args {
    /// The file to write; gzip, as one member, if its name ends in .gz
    output: PathBuf,
    /// About how many bytes to write, before packing and over all shards: a number, or one with kB, MB, GB, KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", default_value = "1500MB", value_parser = parse_bytes)]
    bytes: u64,
    /// How many distinct n-grams; one of them is Aardvark
    #[arg(long, value_name = "N", default_value = "720000")]
    ngrams: NonZeroU64,
    /// Another seed gives another file of the same shape
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Spread the n-grams over N files: NAME-0.gz, NAME-1.gz, ...
    #[arg(long, value_name = "N")]
    shards: Option<NonZeroU64>,
    /// Write the n-grams in the order of their bytes
    #[arg(long)]
    sorted: bool,
    /// Compression level of gzip, 1 to 9
    #[arg(long, value_name = "LEVEL", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=9))]
    level: u32,
    /// Also write the whole answer: ngram, tab, matches, by matches descending, then by bytes ascending
    #[arg(long, value_name = "FILE")]
    expected: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(
        args.bytes / args.ngrams >= 30,
        "{} bytes are too few for {} n-grams: 30 bytes each at least",
        args.bytes,
        args.ngrams
    );
    let shards = args.shards.map_or(1, NonZeroU64::get);
    let mut corpus = Corpus::new(args.ngrams.get(), args.bytes, args.seed, args.sorted);
    corpus.answer.totals = args.expected.is_some().then(Vec::new);
    let mut files = Vec::new();
    for shard in 0..shards {
        let path = if args.shards.is_some() { shard_path(&args.output, shard) } else { args.output.clone() };
        let end = args.ngrams.get() * (shard + 1) / shards;
        let written = write_file(&path, &mut corpus, end, args.level)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        files.push(json!({ "path": path, "bytes": written.bytes, "lines": written.lines }));
    }
    let answer = corpus.finish();
    if let (Some(path), Some(totals)) = (&args.expected, &answer.totals) {
        write_expected(path, totals).with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    let summary = json!({
        "files": files,
        "bytes": answer.written.bytes,
        "lines": answer.written.lines,
        "ngrams": answer.ngrams,
        "matches": answer.matches,
        "aardvark": answer.aardvark,
    });
    writeln!(io::stdout(), "{summary:#}")?;
    Ok(())
}

/// `dir/NAME.gz` becomes `dir/NAME-3.gz`.
fn shard_path(path: &Path, shard: u64) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{shard}{ending}"))
}

fn write_file(path: &Path, corpus: &mut Corpus, end: u64, level: u32) -> io::Result<Size> {
    let mut file = BufWriter::new(File::create(path)?);
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut encoder = GzEncoder::new(file, Compression::new(level));
        let written = corpus.write_until(end, &mut encoder)?;
        encoder.finish()?.flush()?;
        Ok(written)
    } else {
        let written = corpus.write_until(end, &mut file)?;
        file.flush()?;
        Ok(written)
    }
}

fn write_expected(path: &Path, totals: &[(String, u64)]) -> io::Result<()> {
    let mut rows: Vec<_> = totals.iter().collect();
    rows.sort_unstable_by(|(a, a_total), (b, b_total)| b_total.cmp(a_total).then_with(|| a.cmp(b)));
    let mut out = BufWriter::new(File::create(path)?);
    for (ngram, total) in rows {
        writeln!(out, "{ngram}\t{total}")?;
    }
    out.flush()
}

/// Lines and bytes before packing.
#[derive(Clone, Copy, Default)]
struct Size {
    lines: u64,
    bytes: u64,
}

#[derive(Default)]
struct Answer {
    written: Size,
    ngrams: u64,
    matches: u64,
    aardvark: u64,
    /// Of each n-gram, if they are asked for: hundreds of millions of n-grams do not fit the memory.
    totals: Option<Vec<(String, u64)>>,
}

/// The n-grams still to be written, and the totals of those that were.
struct Corpus {
    ngrams: u64,
    bytes: u64,
    random: Random,
    /// All n-grams in their order, if that is not the usual one.
    order: Option<Vec<String>>,
    answer: Answer,
}

impl Corpus {
    fn new(ngrams: u64, bytes: u64, seed: u64, sorted: bool) -> Self {
        let mut corpus =
            Corpus { ngrams, bytes, random: Random(seed), order: None, answer: Answer::default() };
        if sorted {
            let mut order: Vec<String> = (0..ngrams).map(|index| corpus.ngram(index)).collect();
            order.sort_unstable();
            corpus.order = Some(order);
        }
        corpus
    }

    /// The n-gram at this place of the file.
    fn ngram(&self, index: u64) -> String {
        match &self.order {
            Some(order) => order[index as usize].clone(),
            None if index == self.ngrams / 7 => "Aardvark".to_owned(),
            None => spell(index, self.ngrams),
        }
    }

    fn finish(self) -> Answer {
        self.answer
    }

    /// Writes n-grams until `end` of them have been written in all.
    fn write_until(&mut self, end: u64, out: &mut impl Write) -> io::Result<Size> {
        let before = self.answer.written;
        let mut block = Vec::with_capacity(1 << 16);
        while self.answer.ngrams < end {
            block.clear();
            self.append_ngram(&mut block);
            out.write_all(&block)?;
        }
        let after = self.answer.written;
        Ok(Size { lines: after.lines - before.lines, bytes: after.bytes - before.bytes })
    }

    /// Appends all rows of the next n-gram.
    fn append_ngram(&mut self, block: &mut Vec<u8>) {
        let index = self.answer.ngrams;
        let ngram = self.ngram(index);
        let aardvark = ngram == "Aardvark";

        // The mean is what is left to write, shared by the n-grams left: so the end comes out near the size asked for.
        let line_bytes = ngram.len() as f64 + 9.5;
        let left = self.bytes.saturating_sub(self.answer.written.bytes) as f64;
        let mean_rows = left / (self.ngrams - index) as f64 / line_bytes;
        let rows = if aardvark { YEARS.min(self.bytes / 100 + 1) / 2 + 1 } else { self.row_count(mean_rows) };

        let total = self.append_rows(&ngram, rows, block);
        self.answer.written.lines += rows;
        self.answer.written.bytes += block.len() as u64;
        self.answer.ngrams += 1;
        self.answer.matches += total;
        if aardvark {
            self.answer.aardvark += total;
        }
        if let Some(totals) = &mut self.answer.totals {
            totals.push((ngram, total));
        }
    }

    /// Mostly few rows, sometimes a row for every year: the cube of a uniform number has the mean 1/4.
    fn row_count(&mut self, mean: f64) -> u64 {
        let uniform = self.random.unit();
        let rows = 1.0 + 4.0 * (mean - 1.0).max(0.0) * uniform * uniform * uniform;
        (rows as u64).min(YEARS)
    }

    fn append_rows(&mut self, ngram: &str, rows: u64, block: &mut Vec<u8>) -> u64 {
        // The rarer the n-gram, the more years it misses; and it is missing from old years first.
        let span = YEARS.min(rows + self.random.below(2 * rows));
        // A word that is known in more years is used more in each: up to 2^27 times for those of every year.
        let share = rows as f64 / YEARS as f64;
        let top_bits = 1 + (13.0 * share * share * (1.0 + share)) as u64 + self.random.below(2);
        let uses_a_volume = 1 + self.random.below(4);

        let mut total = 0;
        let mut wanted = rows;
        for step in 0..span {
            let years_left = span - step;
            if self.random.below(years_left) >= wanted {
                continue;
            }
            wanted -= 1;
            let year = LAST_YEAR + 1 - years_left;
            // Use grows with the years: by the last year all the bits are there.
            let bits = 1 + top_bits * (step + 1) / span;
            let matches = 1 + self.random.below(1 << bits) / 2;
            let volumes = 1 + (matches - 1) / (uses_a_volume + matches / 4096);
            append_row(ngram, [year, matches, volumes], block);
            total += matches;
        }
        total
    }
}

fn append_row(ngram: &str, numbers: [u64; 3], block: &mut Vec<u8>) {
    block.extend_from_slice(ngram.as_bytes());
    for number in numbers {
        block.push(b'\t');
        append_decimal(number, block);
    }
    block.push(b'\n');
}

/// `write!` would take most of the generator's time.
fn append_decimal(mut number: u64, block: &mut Vec<u8>) {
    let start = block.len();
    loop {
        block.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    block[start..].reverse();
}

/// The n-gram of an index below `ngrams`; another index gives another n-gram, and none gives Aardvark.
fn spell(index: u64, ngrams: u64) -> String {
    const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
    const VOWELS: &[u8; 5] = b"aeiou";
    const ENDINGS: [&str; 4] = ["", "nt", "ing", "ness"];
    const TAGS: [&str; 8] = ["NOUN", "VERB", "ADJ", "ADV", "NUM", "ADP", "X", "PRT"];

    // Four forms of each word, as the files have them. The words come in no order: a step that shares no factor with
    // their number visits them all.
    let words = ngrams.div_ceil(4);
    let word = index / 4 % words * coprime(words) % words;
    let mut text = String::from(if index % 2 == 1 { "A" } else { "a" });
    // Syllables of two letters and an ending that is not such a syllable, so that a spelling can be read back in one
    // way only.
    let mut rest = word + 1;
    while rest > 0 {
        let syllable = (rest - 1) % 100;
        rest = (rest - 1) / 100;
        text.push(char::from(CONSONANTS[(syllable / 5) as usize]));
        match char::from(VOWELS[(syllable % 5) as usize]) {
            // Some words are not ASCII: all the e of a word have an accent or none.
            'e' if word % 16 == 7 => text.push('é'),
            vowel => text.push(vowel),
        }
    }
    text.push_str(ENDINGS[(word / 16 % ENDINGS.len() as u64) as usize]);
    if index % 4 >= 2 {
        text.push('_');
        text.push_str(TAGS[(word % TAGS.len() as u64) as usize]);
    }
    text
}

/// A large step that shares no factor with `words`.
fn coprime(words: u64) -> u64 {
    let shares_factor = |step: u64| {
        let (mut a, mut b) = (step, words);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a != 1
    };
    let mut step = words * 5 / 8 + 1;
    while shares_factor(step) {
        step += 1;
    }
    step
}

/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform below `bound`, up to a bias of `bound` in 2^64.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Uniform from 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| format!("`{text}` does not begin with a number"))?;
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => return Err(format!("`{other}` is not a unit of bytes")),
    };
    number.checked_mul(unit).ok_or_else(|| format!("`{text}` is too large"))
}
