//! Of several failures the one that comes first in the input is named, whatever runs the count and in whatever order its
//! parts end.

mod common;

use std::ffi::OsString;
use std::path::PathBuf;

use common::{Scratch, gzip, ngramcount};

/// Workers die of the n-gram `poison`.
const CHAOS: &str = "--chaos=kill-on=poison";
/// The ways in which workers are fed, and those without worker processes.
const PROCESSES: &[&[&str]] = &[
    &[CHAOS, "--workers=4", "--feed=pipe"],
    &[CHAOS, "--workers=4", "--feed=split"],
    &[CHAOS, "--workers=4", "--feed=auto"],
    &[CHAOS, "--workers=4", "--chunk=1000000"],
    &[CHAOS, "--workers=4", "--feed=split", "--chunk=1000000"],
    &[CHAOS, "--workers=4", "--chunk=7"],
];
const OTHERS: &[&[&str]] = &[
    &["--executor=threads"],
    &["--executor=sequential"],
    &["--executor=threads", "--chunk=1000000"],
    &["--executor=sequential", "--chunk=1000000"],
    &["--executor=threads", "--chunk=7"],
];

/// Asserts in which file and line, and how, the program fails, `times` each way.
#[track_caller]
fn check(files: &[PathBuf], ways: &[&[&str]], times: usize, failure: (usize, &str), code: i32) {
    let wanted = format!("ngramcount: {}: {}\n", files[failure.0].display(), failure.1);
    for way in ways {
        for _ in 0..times {
            let words = way.iter().map(OsString::from).chain(files.iter().map(OsString::from));
            let run = ngramcount(words);
            assert_eq!((run.code, &*run.stderr), (Some(code), &*wanted), "{way:?}");
        }
    }
}

const POISON: &str = "this line crashed 3 workers (signal 9, SIGKILL)";
const BAD: &str = "expected 4 tab-separated fields, found 2";

fn good(lines: usize) -> String {
    "good\t1999\t1\t1\n".repeat(lines)
}

/// A poison line that is found soon, because it is as long as hundreds of others.
fn long_poison() -> String {
    format!("{} poison\t1999\t1\t1\n", "x".repeat(20_000))
}

#[test]
fn of_two_poison_lines_the_first_is_named() {
    let scratch = Scratch::new();
    let near = good(700) + "poison\t1999\t1\t1\n" + &good(200) + &long_poison();
    // In chunks of their own, and in the chunks in which a split is fed that no worker could count.
    let far = near.clone() + &good(60_000) + &long_poison();
    for text in [near, far] {
        for file in [scratch.file("in.tsv", &text), scratch.file("in.gz", gzip(text.as_bytes()))] {
            check(&[file], &PROCESSES[..5], 4, (0, &format!("line 701: {POISON}")), 4);
        }
    }
}

#[test]
fn of_a_poison_line_and_a_bad_line_the_first_is_named() {
    let scratch = Scratch::new();
    let (poison, bad) = ("poison\t1999\t1\t1\n", "bad\t1\n");
    for gap in [3, 3000, 100_000] {
        let first = scratch.file("poison.tsv", good(200) + poison + &good(gap) + bad);
        check(&[first], &PROCESSES[..5], 2, (0, &format!("line 201: {POISON}")), 4);
        let first = scratch.file("bad.tsv", good(200) + bad + &good(gap) + &long_poison());
        check(&[first], &PROCESSES[..5], 2, (0, &format!("line 201: {BAD}")), 1);
    }
}

#[test]
fn of_failures_in_two_files_that_of_the_first_file_is_named() {
    let scratch = Scratch::new();
    let damaged = gzip(good(500).as_bytes());
    let seconds = [
        scratch.file("bad.tsv", "bad\t1\n".to_owned() + &good(10)),
        scratch.file("long.tsv", vec![b'x'; 17 << 20]),
        scratch.file("cut.gz", &damaged[..damaged.len() - 1]),
        scratch.file("head.gz", &damaged[..5]),
        scratch.file("binary", b"PAR1\0\0\0\0PAR1"),
        scratch.file("poison.tsv", long_poison()),
    ];
    let long = good(40_000) + &"x".repeat(17 << 20);
    let firsts = [
        (scratch.file("1-poison.tsv", good(40_000) + "poison\t1999\t1\t1\n" + &good(200)), POISON, 4),
        (scratch.file("1-bad.tsv", good(40_000) + "bad\t1\n" + &good(20)), BAD, 1),
        (scratch.file("1-long.tsv", &long), "longer than 16777216 bytes", 1),
        (scratch.file("1-long.gz", gzip(long.as_bytes())), "longer than 16777216 bytes", 1),
    ];
    for (first, what, code) in firsts {
        for second in &seconds {
            let failure = format!("line 40001: {what}");
            let files = [first.clone(), second.clone()];
            check(&files, &PROCESSES[..2], 1, (0, &failure), code);
            if code == 1 {
                check(&files, &OTHERS[..1], 1, (0, &failure), code);
            }
        }
    }
}

#[test]
fn a_bad_line_is_named_though_a_fault_behind_it_ends_the_reading_of_its_chunk() {
    let scratch = Scratch::new();
    let lines = good(30) + "bad\t1\n" + &good(30);
    let packed = gzip(lines.as_bytes());
    for (name, content) in [
        ("long.tsv", (lines + &"x".repeat(17 << 20)).into_bytes()),
        ("cut.gz", packed[..packed.len() - 1].to_vec()),
        ("stray.gz", [&packed[..], b"stray"].concat()),
    ] {
        let file = scratch.file(name, content);
        check(&[file], &[PROCESSES, OTHERS].concat(), 1, (0, &format!("line 31: {BAD}")), 1);
    }
}

#[test]
fn a_bad_line_keeps_its_number_though_the_lines_before_it_were_left_out() {
    let scratch = Scratch::new();
    let file = scratch.file("in.tsv", "poison\t1999\t1\t1\n".to_owned() + &good(3) + "bad\t1\n" + &good(3));
    for way in PROCESSES {
        let skip = args![file, "--on-poison", "skip", "--bad-lines", "skip"];
        let run = ngramcount(way.iter().map(OsString::from).chain(skip));
        let name = file.display();
        let bad = format!("ngramcount: {name}: line 5: {BAD}\nngramcount: 1 bad line left out\n");
        let poison = format!("ngramcount: {name}: line 1: {POISON}\n");
        assert_eq!((run.code, run.text(), &run.stderr), (Some(3), "good\t6\n", &(bad + &poison)), "{way:?}");
    }
}
