//! Micro benchmarks of the steps of a count, in memory: parsing, the table, messages, the reduce step, the sort.
//!
//! ```text
//! cargo bench --bench micro [-- parse | table | message | reduce | answer]
//! cargo test --bench micro        # each once, with little data
//! ```

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Bencher, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ngramcount::count::{AnswerOptions, Format, Mapper, NgramTable, Partial, Plan, Reducer, Sort};
use ngramcount::pool::{Payload, Wire};
use ngramcount::record::v2;

/// Whether this is a test, which only has to run everything once.
fn small() -> bool {
    !std::env::args().any(|arg| arg == "--bench")
}

fn size(full: usize) -> usize {
    if small() { full.min(500) } else { full }
}

/// Pseudo-random numbers with a fixed seed (Marsaglia's xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// A number whose logarithm is uniformly distributed, so that small numbers are more frequent.
    fn rank(&mut self, bound: u64) -> u64 {
        let part = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (bound as f64).powf(part) as u64
    }
}

/// The `n`th word, of 2 to 10 letters.
fn word(n: u64) -> String {
    let mut chance = Chance(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let length = 2 + n.checked_ilog2().unwrap_or(0) / 2;
    (0..length).map(|_| char::from(b"etaoinshrdlucmfwyp"[chance.below(18) as usize])).collect()
}

/// Distinct n-grams of three words each.
fn ngrams(many: usize) -> Vec<String> {
    let mut chance = Chance(7);
    (0..many)
        .map(|n| format!("{} {} {n:x}", word(chance.rank(100_000)), word(chance.rank(100_000))))
        .collect()
}

/// About half a megabyte of lines, the size of a chunk, in one of Google's formats. The rows of an n-gram are adjacent,
/// with 90 years on average.
fn rows(format: Format) -> String {
    let mut chance = Chance(11);
    let mut text = String::new();
    let mut ngram = 0;
    while text.len() < size(1000) * 450 {
        ngram += 1;
        let name = format!("{}_{ngram}", word(ngram));
        let first = 2009 - chance.below(181) as u32;
        if format == Format::V3 {
            text += &name;
        }
        for year in first..=2009 {
            let (matches, volumes) = (chance.rank(100_000), chance.rank(1000));
            let _ = match format {
                Format::V1 => writeln!(text, "{name}\t{year}\t{matches}\t{volumes}\t{volumes}"),
                Format::V3 => write!(text, "\t{year},{matches},{volumes}"),
                _ => writeln!(text, "{name}\t{year}\t{matches}\t{volumes}"),
            };
        }
        if format == Format::V3 {
            text += "\n";
        }
    }
    text
}

fn text() -> String {
    let mut chance = Chance(13);
    let mut text = String::new();
    while text.len() < size(1000) * 450 {
        for _ in 0..12 {
            text += &word(chance.rank(100_000));
            text += " ";
        }
        text += "\n";
    }
    text
}

fn text_plan(n: u32) -> Plan {
    let mut plan = Plan::default();
    (plan.text.shortest, plan.text.longest) = (n, n);
    plan
}

/// From the bytes of a chunk to its partial count: lines, fields, numbers, sums and keys.
fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    let v2 = rows(Format::V2);
    group.throughput(Throughput::Bytes(v2.len() as u64));
    group.bench_function("v2, rows only", |bencher| {
        bencher.iter(|| v2::records(v2.as_bytes()).flatten().map(|row| row.matches).sum::<u64>());
    });
    let cases = [
        ("v2", Format::V2, v2, Plan::default()),
        ("v3", Format::V3, rows(Format::V3), Plan::default()),
        ("v1", Format::V1, rows(Format::V1), Plan::default()),
        ("text, words", Format::Text, text(), Plan::default()),
        ("text, 3-grams", Format::Text, text(), text_plan(3)),
    ];
    for (name, format, bytes, plan) in cases {
        let mapper = Mapper::new(&plan);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| mapper.map(format, bytes.as_bytes()).expect("the lines are good"));
        });
    }
}

fn filled(keys: &[String]) -> NgramTable {
    let mut table = NgramTable::new();
    for key in keys {
        table.add(key.as_bytes(), 1).expect("small sums");
    }
    table
}

/// Adding an n-gram to a table: a known one, in a small table and in a table larger than the cache, and a new one.
fn table(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table");
    for many in [5_000, 1_000_000] {
        let keys = ngrams(size(many));
        group.throughput(Throughput::Elements(keys.len() as u64));
        let mut table = filled(&keys);
        group.bench_function(BenchmarkId::new("known", many), |bencher| {
            bencher.iter(|| {
                for key in &keys {
                    table.add(black_box(key.as_bytes()), 1).expect("small sums");
                }
            });
        });
        group.bench_function(BenchmarkId::new("new", many), |bencher| bencher.iter(|| filled(&keys)));
    }
}

/// Encoding and decoding of a partial count.
fn message(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message");
    let partial = counted(&ngrams(size(20_000)));
    let bytes = Payload::of(&partial).expect("a partial count can be sent").to_vec();
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("to bytes", |bencher| bencher.iter(|| Payload::of(&partial)));
    group.bench_function("from bytes", |bencher| {
        bencher.iter_batched(|| bytes.clone(), Partial::from_wire, BatchSize::LargeInput);
    });
}

/// The partial count of a chunk in which each n-gram occurs once.
fn counted(ngrams: &[String]) -> Partial {
    let lines: String =
        ngrams.iter().map(|ngram| format!("{ngram}\t2000\t{}\t1\n", ngram.len() % 5)).collect();
    Mapper::new(&Plan::default()).map(Format::V2, lines.as_bytes()).expect("the lines are good")
}

fn reducer(partials: &[Partial]) -> Reducer {
    let mut reducer = Reducer::new(&Plan::default());
    for partial in partials {
        reducer.merge(partial).expect("small sums");
    }
    reducer
}

/// Merging of partial counts with distinct n-grams, and of the same ones again.
fn reduce(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reduce");
    group.sample_size(10);
    let keys = ngrams(size(2_000_000));
    let fresh: Vec<Partial> = keys.chunks(size(20_000)).map(counted).collect();
    let twice: Vec<Partial> = fresh.iter().chain(&fresh).cloned().collect();
    for (name, partials, passes) in [("new", &fresh, 1), ("each twice", &twice, 2)] {
        group.throughput(Throughput::Elements((passes * keys.len()) as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_with_large_drop(|| reducer(partials));
        });
    }
}

fn order(sort: Option<Sort>, top: Option<usize>) -> AnswerOptions {
    let mut order = AnswerOptions::default();
    (order.sort, order.top) = (sort, top);
    order
}

/// From the sums to sorted rows, with one pass over these.
fn answer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("answer");
    group.sample_size(10);
    let keys = ngrams(size(1_000_000));
    let partials = [counted(&keys)];
    let orders = [
        ("by matches", order(Some(Sort::Matches), None)),
        ("by n-gram", order(Some(Sort::Ngram), None)),
        ("top 10", order(None, Some(10))),
    ];
    group.throughput(Throughput::Elements(keys.len() as u64));
    for (name, order) in &orders {
        group.bench_function(*name, |bencher| finish(bencher, &partials, order));
    }
    let answer = reducer(&partials).finish(&orders[0].1).expect("nothing to divide");
    group.bench_function("all rows", |bencher| {
        bencher.iter(|| {
            answer.rows().map(|row| row.ngram.iter().map(|&a| u64::from(a)).sum::<u64>()).sum::<u64>()
        });
    });
}

fn finish(bencher: &mut Bencher<'_>, partials: &[Partial], order: &AnswerOptions) {
    bencher.iter_batched(
        || reducer(partials),
        |reducer| reducer.finish(order).expect("nothing to divide"),
        BatchSize::PerIteration,
    );
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = parse, table, message, reduce, answer
}
criterion_main!(benches);
