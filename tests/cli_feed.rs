//! Both ways of feeding workers (piped chunks, splits that they read themselves) give the same answer and errors.

mod common;

use std::ffi::OsString;
use std::path::PathBuf;

use common::{A_SAMPLE, Q_SAMPLE, Scratch, data, gzip, ngramcount, ngramcount_reading};
use serde_json::Value;

/// The text of a compressed sample.
fn text(sample: &str, ending: &str) -> Vec<u8> {
    let packed = std::fs::read(data(&format!("{sample}{ending}"))).unwrap();
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&packed[..]), &mut text).unwrap();
    text
}

/// A plain file of 5 MB, which makes five splits, and three small compressed files.
fn files(scratch: &Scratch) -> (PathBuf, Vec<PathBuf>) {
    let a = text(A_SAMPLE, ".gz");
    let q = text(Q_SAMPLE, ".crlf.gz");
    let third = a.len() / 3 + memchr::memchr(b'\n', &a[a.len() / 3..]).unwrap() + 1;
    let packed = [gzip(&a[..third]), gzip(&q), [gzip(b"a\t1999\t1\t1\n"), gzip(b"b\t1999\t2\t1")].concat()];
    let packed = packed.iter().enumerate();
    let packed = packed.map(|(n, bytes)| scratch.file(&format!("{n}.gz"), bytes)).collect();
    (scratch.file("plain.tsv", a.repeat(5)), packed)
}

fn with(args: &[OsString], files: &[PathBuf]) -> Vec<OsString> {
    args.iter().cloned().chain(files.iter().map(|file| file.clone().into_os_string())).collect()
}

#[test]
fn all_feeds_give_the_same_answer_and_statistics() {
    let scratch = Scratch::new();
    let (plain, packed) = files(&scratch);
    let mixed = [&packed[..], std::slice::from_ref(&plain)].concat();
    for (files, shares) in [(vec![plain.clone()], 5), (packed, 3), (mixed, 8)] {
        let mut answers = Vec::new();
        for feed in ["pipe", "split", "auto"] {
            let stats = scratch.path("stats.json");
            let args = args!["--feed", feed, "--workers", "2", "--stats-json", stats];
            let run = ngramcount(with(&args, &files)).quietly();
            let stats: Value = serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
            if feed != "pipe" {
                assert_eq!(stats["chunks"], shares, "{feed}");
            }
            answers.push((run.stdout, stats["input"].clone(), stats["lines"].clone()));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}

#[test]
fn a_bad_line_has_the_same_number_with_each_feed() {
    let scratch = Scratch::new();
    let a = text(A_SAMPLE, ".gz");
    let mut lines = a.repeat(5);
    lines.extend(b"only\tthree\tfields\n");
    lines.extend(a.repeat(2));
    lines.extend(b"\n");
    let file = scratch.file("bad.tsv", &lines);
    let number = 5 * 50_029 + 1;
    let last = number + 2 * 50_029 + 1;
    let first =
        format!("ngramcount: {}: line {number}: expected 4 tab-separated fields, found 3\n", file.display());
    for feed in ["pipe", "split"] {
        let run = ngramcount(args![file, "--feed", feed]);
        assert_eq!((run.code, &run.stderr), (Some(1), &first), "{feed}");
        let run = ngramcount(args![file, "--feed", feed, "--bad-lines", "skip", "--word", "Aardvark"]);
        let name = file.display();
        let second = format!("ngramcount: {name}: line {last}: expected 4 tab-separated fields, found 1\n");
        let both = format!("{first}{second}ngramcount: 2 bad lines left out\n");
        assert_eq!((run.code, run.text(), &run.stderr), (Some(3), "Aardvark\t105\n", &both), "{feed}");
    }
}

#[test]
fn a_line_that_is_too_long_has_the_same_number_with_each_feed() {
    let scratch = Scratch::new();
    let mut lines = text(A_SAMPLE, ".gz").repeat(5);
    lines.extend(vec![b'x'; 17 << 20]);
    let file = scratch.file("long.tsv", &lines);
    for feed in ["pipe", "split"] {
        let run = ngramcount(args![file, "--feed", feed]);
        let wanted = format!("ngramcount: {}: line 250146: longer than 16777216 bytes\n", file.display());
        assert_eq!((run.code, run.stderr), (Some(1), wanted), "{feed}");
    }
}

#[test]
fn a_damaged_file_is_the_same_error_with_each_feed() {
    let scratch = Scratch::new();
    let (_, packed) = files(&scratch);
    let whole = std::fs::read(&packed[1]).unwrap();
    let cut = scratch.file("cut.gz", &whole[..whole.len() / 2]);
    let said = ["pipe", "split"].map(|feed| {
        let run = ngramcount(args![packed[0], cut, packed[2], "--feed", feed]);
        assert_eq!(run.code, Some(1));
        run.stderr
    });
    assert_eq!(said[0], said[1]);
    assert!(said[0].contains("cut.gz: truncated"), "{}", said[0]);
}

#[test]
fn workers_that_die_in_a_split_do_not_change_the_answer() {
    let scratch = Scratch::new();
    let (plain, packed) = files(&scratch);
    for file in [vec![plain], packed] {
        let undisturbed = ngramcount(with(&args!["--feed", "pipe"], &file));
        for seed in 0..4 {
            let chaos = format!("kill=0.1,panic=0.05,exit=0.05,truncate=0.05,seed={seed}");
            let args = args!["--feed", "split", "--chaos", chaos];
            let run = ngramcount(with(&args, &file));
            assert!(run.quietly().stdout == undisturbed.stdout, "seed {seed}");
        }
    }
}

#[test]
fn a_split_that_kills_workers_is_piped_and_its_line_named() {
    let scratch = Scratch::new();
    let (plain, _) = files(&scratch);
    let args = |feed| args![plain, "--feed", feed, "--chaos", "kill-on=Aardvark", "--on-poison", "skip"];
    let (split, pipe) = (ngramcount(args("split")), ngramcount(args("pipe")));
    assert_eq!(split, pipe);
    assert_eq!((split.code, split.stderr.lines().count()), (Some(3), 15));
}

#[test]
fn an_input_that_cannot_be_split_is_refused_with_feed_split() {
    let run = ngramcount_reading(b"a\t1999\t1\t1\n", ["--feed", "split"]);
    let why = "ngramcount: pipes, standard input and zip archives cannot be split; use --feed pipe\n";
    assert_eq!((run.code, &*run.stderr), (Some(1), why));
}
