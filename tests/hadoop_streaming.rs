//! The steps under the contract of Hadoop Streaming, simulated in a few lines. The simulation cuts files at arbitrary
//! offsets, runs a mapper process for each split, takes the text before the first tab as the key, partitions the keys
//! over reducers, sorts each partition by the bytes of the keys, and runs a reducer process for each.

mod common;

use std::collections::BTreeMap;
use std::io::Write;

use common::{A_SAMPLE, Q_SAMPLE, Run, Scratch, a_gz, data, ngramcount, ngramcount_reading, piped, program};
use proptest::prelude::*;
use proptest::sample::select;

/// Options of the map step.
const OPTIONS: [&[&str]; 3] = [
    &["--format", "v2"],
    &["--format", "v2", "--by-year", "--count", "matches,volumes"],
    &["--format", "v2", "--ignore-case", "--years", "1992.."],
];

/// A simulated job.
struct Job<'a> {
    /// Options of the map step.
    options: &'a [&'a str],
    /// The size of a split in bytes.
    split: usize,
    reducers: usize,
    /// Every so many map outputs, one is combined.
    combine_every: usize,
    /// Whether the first attempt at every second task fails in the middle.
    fail_first: bool,
}

/// The lines of a split, as `LineRecordReader` finds them. A split reads on to the first line end after its own end. In
/// return each split but the first of a file skips everything up to its first line end.
fn lines_of_split(file: &[u8], start: usize, end: usize) -> &[u8] {
    let behind_line = |from: usize| {
        file[from..].iter().position(|&byte| byte == b'\n').map_or(file.len(), |at| from + at + 1)
    };
    let first = if start == 0 { 0 } else { behind_line(start) };
    let mut next = first;
    while next <= end && next < file.len() {
        next = behind_line(next);
    }
    &file[first.min(next)..next]
}

impl Job<'_> {
    fn by_year(&self) -> &[&str] {
        if self.options.contains(&"--by-year") { &["--by-year"] } else { &[] }
    }

    /// Runs the job; the concatenated output of the reducers.
    fn run(&self, files: &[&[u8]]) -> Vec<u8> {
        let mut shares = vec![Vec::new(); self.reducers];
        let mut task = 0;
        for file in files {
            for start in (0..file.len().max(1)).step_by(self.split) {
                let split = lines_of_split(file, start, (start + self.split).min(file.len()));
                if self.fail_first && task % 2 == 0 {
                    // The output of a failed attempt is discarded.
                    assert!(!self.give_up_half_way(split).is_empty() || split.len() < 2);
                }
                let mapped = self.task("map", self.options, split);
                let mut shared = vec![Vec::new(); self.reducers];
                for line in mapped.split_inclusive(|&byte| byte == b'\n') {
                    shared[partition(key(line), self.reducers)].push(line.to_vec());
                }
                for (share, mut lines) in shares.iter_mut().zip(shared) {
                    // Hadoop does not order records with equal keys; here they are reversed.
                    lines.reverse();
                    lines.sort_by(|one, other| key(one).cmp(key(other)));
                    if task % self.combine_every == 0 {
                        let combined = self.task("combine", self.by_year(), &lines.concat());
                        lines = combined.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
                        // Hadoop merges the output of a combiner with other spills without sorting it again.
                        assert!(lines.is_sorted_by(|one, other| key(one) <= key(other)));
                    }
                    share.extend(lines);
                }
                task += 1;
            }
        }
        let reduce = |mut lines: Vec<Vec<u8>>| {
            lines.sort_by(|one, other| key(one).cmp(key(other)));
            self.task("reduce", &[&["--sorted"], self.by_year()].concat(), &lines.concat())
        };
        shares.into_iter().flat_map(reduce).collect()
    }

    /// Runs a step as the process of a task: in the root folder and without environment variables.
    fn task(&self, step: &str, options: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = piped(program().arg(step).args(options).arg("--hadoop").env_clear().current_dir("/"));
        let mut stdin = child.stdin.take().unwrap();
        let run: Run = std::thread::scope(|scope| {
            // Hadoop sees a broken pipe if a step ends before it has read all input.
            scope.spawn(move || stdin.write_all(input).expect("the step reads its input to the end"));
            child.wait_with_output().unwrap().into()
        });
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stderr.lines().all(|line| line.starts_with("reporter:")), "{}", run.stderr);
        run.stdout
    }

    fn give_up_half_way(&self, split: &[u8]) -> Vec<u8> {
        let mut child = piped(program().arg("map").args(self.options));
        child.stdin.as_mut().unwrap().write_all(&split[..split.len() / 2]).unwrap();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success());
        split[..split.len() / 2].to_vec()
    }
}

fn key(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|&byte| byte == b'\t').expect("each row has a key");
    &line[..end]
}

/// The partition of a key, as `Text.hashCode` and `HashPartitioner` compute it.
fn partition(key: &[u8], reducers: usize) -> usize {
    let hash =
        key.iter().fold(1_i32, |hash, &byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte as i8)));
    (hash & i32::MAX) as usize % reducers
}

/// The rows sorted by n-gram and year, independent of the partition.
fn rows(text: &[u8]) -> BTreeMap<Vec<u8>, usize> {
    let mut rows = BTreeMap::new();
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        *rows.entry(line.to_vec()).or_default() += 1;
    }
    rows
}

fn whole(files: &[&[u8]], options: &[&str]) -> Vec<u8> {
    let run = ngramcount_reading(&files.concat(), [&["--executor", "sequential"], options].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let ngram =
        select(vec!["a", "a\u{1}", "a\u{1}\u{2}", "of the", "été", "x\u{2028}y", "x\ry", "b", "watch_NOUN"]);
    let row = (ngram, 1990..1999_u32, 0..1_000_000_u64, select(vec!["\n", "\r\n"]))
        .prop_map(|(ngram, year, matches, end)| format!("{ngram}\t{year}\t{matches}\t1{end}"));
    (prop::collection::vec(row, 0..60), any::<bool>()).prop_map(|(rows, last_line_ends)| {
        let mut file = rows.concat();
        if !last_line_ends && file.ends_with('\n') {
            file.pop();
        }
        file.into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_splits_and_any_number_of_reducers_give_the_count_of_the_whole(
        file in file(),
        split in 30..600_usize,
        reducers in 1..4_usize,
        combine_every in 1..3_usize,
        fail_first: bool,
        options in select(&OPTIONS[..]),
    ) {
        let job = Job { options, split, reducers, combine_every, fail_first };
        prop_assert_eq!(rows(&job.run(&[&file])), rows(&whole(&[&file], options)));
    }
}

#[test]
fn splits_are_cut_as_hadoop_cuts_them() {
    let file = b"one\ntwo\r\n\nfour";
    for size in 1..=file.len() {
        let splits: Vec<_> = (0..file.len())
            .step_by(size)
            .map(|start| lines_of_split(file, start, (start + size).min(file.len())))
            .collect();
        assert_eq!(splits.concat(), file, "{size}");
        assert!(
            splits
                .iter()
                .rev()
                .skip_while(|split| split.is_empty())
                .skip(1)
                .all(|split| split.is_empty() || split.ends_with(b"\n"))
        );
    }
}

#[test]
fn real_files_give_their_published_answers() {
    let scratch = Scratch::new();
    let unpack = |packed: std::path::PathBuf| {
        let mut text = Vec::new();
        let file = std::fs::File::open(packed).unwrap();
        std::io::copy(&mut flate2::read::MultiGzDecoder::new(file), &mut text).unwrap();
        text
    };
    let (a, q) = (unpack(a_gz()), unpack(data(&format!("{Q_SAMPLE}.crlf.gz"))));
    let job =
        Job { options: &["--format", "v2"], split: 300_000, reducers: 3, combine_every: 2, fail_first: true };
    let expected =
        [A_SAMPLE, Q_SAMPLE].map(|name| std::fs::read(data(&format!("{name}.expected.tsv"))).unwrap());
    for (file, expected) in [&a, &q].into_iter().zip(&expected) {
        assert!(rows(&job.run(&[file])) == rows(expected));
    }
    // The parts of the answer are in the format `counts` and can be counted again, with --top for one.
    let parts = scratch.file("parts", job.run(&[&a, &q]));
    let top = ngramcount(args![parts, "--format", "counts", "--top", "2"]).quietly();
    assert_eq!(top.text(), format!("question\t105795523\n{}\n", second(&expected)));
}

/// The expected row with the second most matches.
fn second(expected: &[Vec<u8>]) -> String {
    let text = expected.iter().map(|text| String::from_utf8(text.clone()).unwrap()).collect::<String>();
    let mut rows: Vec<_> =
        text.lines().map(|row| (row.split('\t').nth(1).unwrap().parse::<u64>().unwrap(), row)).collect();
    rows.sort_by_key(|&(matches, _)| std::cmp::Reverse(matches));
    rows[1].1.to_owned()
}
