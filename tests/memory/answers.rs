//! Answers from disk are the same bytes as answers from memory.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::args;
use crate::common::{A_SAMPLE, Scratch, a_gz, data, ngramcount, ngramcount_reading};
use crate::ways::{WAYS, assert_empty, folder, spilling, strings, v2_rows};

/// Lines of words, few of which are frequent, in several spellings.
fn text(seed: u64, lines: usize) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut word = || {
        let letter = ["w", "w", "W", "é", "É", "_NOUN_", "ς_W", "Σ_W"][random.usize(0..8)];
        format!("{letter}{}", (100.0 * random.f64() * random.f64() * random.f64()) as u32)
    };
    (0..lines).map(|_| (0..12).map(|_| word()).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn published_answers_do_not_change_when_counts_go_to_disk() {
    let expected = fs::read(data(&format!("{A_SAMPLE}.expected.tsv"))).unwrap();
    for way in WAYS {
        let scratch = Scratch::new();
        let folder = folder(&scratch);
        let run = ngramcount([&args![a_gz()][..], &spilling(way, &folder)].concat()).quietly();
        assert!(run.stdout == expected, "{way:?}: the answer is another one");
        assert_empty(&folder);
    }
}

/// Asks with and without the disk. The answers must be the same bytes.
fn same_bytes(files: &[PathBuf], questions: &[&[&str]]) {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let files: Vec<OsString> = files.iter().map(Into::into).collect();
    for (number, question) in questions.iter().enumerate() {
        let asked = [&files[..], &strings(question)].concat();
        let plain = ngramcount([&asked[..], &args!["--executor", "sequential"]].concat());
        assert!(plain.code == Some(0) && !plain.stdout.is_empty(), "{question:?}: {plain:?}");
        // Half of the ways for each question, each way for half of the questions.
        for way in WAYS.into_iter().skip(number % 2).step_by(2) {
            let run = ngramcount([&asked[..], &spilling(way, &folder)].concat());
            assert!(run == plain, "{question:?}, {way:?}: {}", run.stderr);
            assert_empty(&folder);
        }
    }
}

#[test]
fn answers_to_every_question_about_rows_are_the_same_bytes() {
    let scratch = Scratch::new();
    let files = [1, 2].map(|seed| scratch.file(&format!("{seed}.tsv"), v2_rows(seed, 3000)));
    let totals: String = (1989..2001).map(|year| format!("{year},{}000,10,10\n", year - 1900)).collect();
    let totals = scratch.file("totals.csv", totals);
    let totals = totals.to_str().unwrap();
    same_bytes(
        &files,
        &[
            &[],
            &["--sort", "ngram"],
            &["--top", "10"],
            &["--top", "1000000"],
            &["--top", "10", "--sort", "ngram"],
            &["--min-count", "1500"],
            &["--min-count", "1500", "--top", "7", "--output-format", "jsonl"],
            &["--by-year"],
            &["--by-year", "--sort", "matches"],
            &["--by-year", "--top", "5"],
            &["--by-year", "--min-count", "2000", "--output-format", "csv"],
            &["--by-year", "--smoothing", "2"],
            &["--by-year", "--smoothing", "1", "--relative-to", totals, "--top", "20"],
            &["--by-year", "--relative-to", totals],
            &["--relative-to", totals],
            &["--relative-to", totals, "--top", "9", "--output-format", "json"],
            &["--count", "volumes"],
            &["--count", "lines,matches,volumes", "--header"],
            &["--count", "volumes,matches", "--by-year", "--output-format", "json"],
            &["--word", "of the", "--word", "w7", "--word", "été"],
            &["--ignore-case", "--prefix", "o"],
            &["--pos", "tagged", "--strip-pos"],
            &["--regex", "[05]$", "--years", "1992..1995"],
            &["--output-format", "csv"],
            &["--output-format", "json"],
            &["--output-format", "jsonl", "--sort", "ngram"],
            &["--output-format", "aligned", "--top", "30"],
        ],
    );
}

#[test]
fn answers_to_every_question_about_text_are_the_same_bytes() {
    let scratch = Scratch::new();
    let files = [3, 4].map(|seed| scratch.file(&format!("{seed}.txt"), text(seed, 400)));
    same_bytes(
        &files,
        &[
            &["--n", "5"],
            &["--n", "1..3"],
            &["--n", "1..3"],
            &["--n", "2", "--top", "10"],
            &["--n", "3", "--min-count", "2"],
            &["--n", "3", "--sort", "ngram", "--tokens", "blanks"],
            &["--n", "2", "--count", "lines,matches", "--output-format", "csv"],
            &["--n", "2..3", "--count", "documents", "--ignore-case"],
            &["--n", "1..2", "--count", "documents,matches,lines", "--ignore-case", "--tokens", "blanks"],
            &["--n", "2", "--ignore-case", "--sort", "ngram"],
            &["--n", "1..5", "--output-format", "jsonl", "--tokens", "regex=[0-9]+"],
        ],
    );
}

#[test]
fn the_reduce_step_gives_the_same_rows_from_disk() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let rows = v2_rows(5, 5000);
    for question in [&[][..], &["--by-year"]] {
        let map = [&["map"][..], question, &["--count", "matches,volumes"]].concat();
        let map = |piece: &String| ngramcount_reading(piece.as_bytes(), &map).quietly().text().to_owned();
        let mapped: String = pieces(&rows).iter().map(map).collect();
        let plain = ngramcount_reading(mapped.as_bytes(), [&["reduce"][..], question].concat()).quietly();
        for bytes in ["1", "5000", "100000"] {
            let disk = args!["reduce", "--spill-bytes", bytes, "--temp-dir", folder];
            let run =
                ngramcount_reading(mapped.as_bytes(), [&disk[..], &strings(question)].concat()).quietly();
            assert!(run == plain, "{question:?}, {bytes}: the rows are others");
            assert_empty(&folder);
        }
    }
}

/// Ten pieces of whole lines.
fn pieces(rows: &str) -> Vec<String> {
    let lines: Vec<&str> = rows.split_inclusive('\n').collect();
    lines.chunks(lines.len().div_ceil(10)).map(<[&str]>::concat).collect()
}

#[test]
fn workers_that_die_while_they_write_to_disk_do_not_change_the_answer() {
    let expected = fs::read(data(&format!("{A_SAMPLE}.expected.tsv"))).unwrap();
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    for seed in 0..12 {
        let chaos = format!(
            "kill=0.03,panic=0.03,exit=0.02,abort=0.02,oom=0.003,garbage=0.02,truncate=0.02,oversize=0.02,print=0.05,\
             hang=0.001,stop=0.001,seed={seed}"
        );
        let way = WAYS[4 + seed % 4];
        let chaos = args![a_gz(), "--task-timeout", "1", "--chaos", chaos];
        let run = ngramcount([&chaos[..], &spilling(way, &folder)].concat());
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "seed {seed}, {way:?}");
        assert!(run.stdout == expected, "seed {seed}, {way:?}: the answer is another one");
        assert_empty(&folder);
    }
}

#[test]
fn a_line_that_crashes_every_worker_is_left_out_of_what_is_on_disk() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let rows = v2_rows(6, 4000);
    let clean = scratch.file("clean.tsv", &rows);
    let (before, after) = rows.split_at(rows.len() / 2);
    let (line, after) = after.split_once('\n').unwrap();
    let file = scratch.file("poison.tsv", format!("{before}{line}\npoison\t1999\t5\t1\n{after}"));
    let expected = ngramcount(args![clean]).quietly();
    for way in &WAYS[4..] {
        let skip = args![file, "--chaos", "kill-on=poison", "--on-poison", "skip"];
        let run = ngramcount([&skip[..], &spilling(*way, &folder)].concat());
        assert_eq!(run.code, Some(3), "{way:?}: {}", run.stderr);
        assert!(run.stdout == expected.stdout, "{way:?}: the answer is another one");
        assert!(run.stderr.contains("this line crashed 3 workers"), "{way:?}: {}", run.stderr);
        assert_empty(&folder);
    }
}
