//! Exact answers on real data and on a small table.

mod common;

use std::fs;

use common::{A_SAMPLE, EXECUTORS, Q_SAMPLE, Scratch, a_gz, data, gzip, ngramcount, ngramcount_reading};

/// Four n-grams: two with equal matches, one with a blank, one in two years.
const SMALL: &str = "b\t1999\t5\t1\na\t1999\t2\t1\na\t2000\t3\t1\nc d\t2000\t9\t4\nz\t2000\t1\t1\n";

fn small(extra: &[&str]) -> String {
    ngramcount_reading(SMALL.as_bytes(), extra).noting_absent(&["no", "A", "c"]).text().to_owned()
}

#[test]
fn the_real_samples_have_their_published_answers() {
    for (name, packed) in [(A_SAMPLE, format!("{A_SAMPLE}.gz")), (Q_SAMPLE, format!("{Q_SAMPLE}.crlf.gz"))] {
        let expected = fs::read(data(&format!("{name}.expected.tsv"))).unwrap();
        for executor in EXECUTORS {
            let run = ngramcount(args!["--executor", executor, data(&packed)]).quietly();
            assert!(run.stdout == expected, "{name} by {executor}");
        }
    }
}

#[test]
fn aardvark_occurs_fifteen_times_in_the_sample() {
    let run = ngramcount(args![a_gz(), "--word", "Aardvark", "--chunk", "20000"]);
    assert_eq!(run.quietly().text(), "Aardvark\t15\n");
}

#[test]
fn rows_are_sorted_by_matches_then_by_bytes() {
    assert_eq!(small(&[]), "c d\t9\na\t5\nb\t5\nz\t1\n");
    assert_eq!(small(&["--sort", "matches"]), "c d\t9\na\t5\nb\t5\nz\t1\n");
    assert_eq!(small(&["--sort", "ngram"]), "a\t5\nb\t5\nc d\t9\nz\t1\n");
}

#[test]
fn top_and_min_count_limit_the_rows() {
    assert_eq!(small(&["--top", "2"]), "c d\t9\na\t5\n");
    assert_eq!(small(&["--top", "0"]), "");
    assert_eq!(small(&["--top", "99"]), small(&[]));
    assert_eq!(small(&["--min-count", "5"]), "c d\t9\na\t5\nb\t5\n");
    assert_eq!(small(&["--min-count", "2", "--top", "1"]), "c d\t9\n");
}

#[test]
fn selected_words_keep_their_order_and_repetitions() {
    assert_eq!(small(&["--word", "z", "--word", "c d"]), "z\t1\nc d\t9\n");
    assert_eq!(small(&["--word", "a", "--word", "no", "--word", "a"]), "a\t5\nno\t0\na\t5\n");
    assert_eq!(small(&["--word", "A"]), "A\t0\n", "case matters");
    assert_eq!(small(&["--word", "c"]), "c\t0\n", "a part of an n-gram is another n-gram");
}

#[test]
fn selected_words_are_sorted_and_limited_only_on_request() {
    let asked = ["--word", "z", "--word", "no", "--word", "c d"];
    let with = |more: &[&str]| small(&[&asked[..], more].concat());
    assert_eq!(with(&["--sort", "matches"]), "c d\t9\nz\t1\nno\t0\n");
    assert_eq!(with(&["--sort", "ngram"]), "c d\t9\nno\t0\nz\t1\n");
    assert_eq!(with(&["--top", "1"]), "c d\t9\n");
    assert_eq!(with(&["--min-count", "1"]), "z\t1\nc d\t9\n");
}

#[test]
fn words_of_a_file_follow_those_of_the_command_line() {
    let scratch = Scratch::new();
    let words = scratch.file("words", "c d\r\n\nno\n\r\nz");
    let run = ngramcount_reading(SMALL.as_bytes(), args!["--words-file", words, "--word", "b"]);
    assert_eq!(run.noting(&["`no` does not occur"]).text(), "b\t5\nc d\t9\nno\t0\nz\t1\n");
    let none = scratch.file("none", "\n");
    let run = ngramcount_reading(SMALL.as_bytes(), args!["--words-file", none, "--word", "b"]);
    assert_eq!(run.quietly().text(), "b\t5\n");
}

#[cfg(unix)]
#[test]
fn a_word_may_be_any_bytes() {
    use std::os::unix::ffi::OsStringExt;
    let word = std::ffi::OsString::from_vec(b"\xffx".to_vec());
    let run = ngramcount_reading(b"\xffx\t2000\t7\t1\n", args!["--word", word]);
    assert_eq!(run.quietly().stdout, b"\xffx\t7\n");
    let dashes = ngramcount_reading(b"--\t2000\t7\t1\n", ["--word", "--"]);
    assert_eq!(dashes.quietly().text(), "--\t7\n");
}

#[test]
fn standard_input_may_be_plain_or_gzip_named_or_implied() {
    let packed = gzip(SMALL.as_bytes());
    for input in [SMALL.as_bytes(), &packed] {
        for args in [&["--word", "a"][..], &["--word", "a", "-"]] {
            assert_eq!(ngramcount_reading(input, args).quietly().text(), "a\t5\n");
        }
    }
}

#[test]
fn several_files_are_one_input() {
    let scratch = Scratch::new();
    let plain = scratch.file("plain", SMALL);
    let packed = scratch.file("packed", gzip(SMALL.trim_end().as_bytes()));
    let run = ngramcount_reading(SMALL.as_bytes(), args![plain, "-", packed, "--word", "a", "--word", "z"]);
    assert_eq!(run.quietly().text(), "a\t15\nz\t3\n");
}

#[test]
fn all_members_of_a_gzip_file_are_counted() {
    let two = [gzip(SMALL.as_bytes()), gzip(SMALL.as_bytes())].concat();
    assert_eq!(ngramcount_reading(&two, ["--word", "z"]).quietly().text(), "z\t2\n");
}

#[test]
fn an_empty_input_has_an_empty_answer() {
    let packed = gzip(b"");
    for input in [&b""[..], &packed] {
        assert_eq!(ngramcount_reading(input, [] as [&str; 0]).quietly().text(), "");
        let run = ngramcount_reading(input, ["--word", "a"]);
        assert_eq!(run.noting(&["`a` does not occur"]).text(), "a\t0\n");
    }
}

#[test]
fn an_empty_file_suits_every_option() {
    let scratch = Scratch::new();
    let empty = scratch.file("empty", "");
    let dated = scratch.file("dated", SMALL);
    for options in [&["--by-year"][..], &["--years", "2000"], &["--count", "volumes"]] {
        let options = || options.iter().map(std::ffi::OsString::from);
        assert_eq!(ngramcount(options().chain(args![empty])).quietly().text(), "");
        let both = ngramcount(options().chain(args![dated, empty])).quietly();
        assert_eq!(both.text(), ngramcount(options().chain(args![dated])).text());
    }
}

#[test]
fn an_output_file_gets_the_whole_answer_and_leaves_no_other_file() {
    let scratch = Scratch::new();
    let out = scratch.path("out.tsv");
    for _ in 0..2 {
        let run = ngramcount(args![a_gz(), "--word", "Aardvark", "-o", out]).quietly();
        assert_eq!(run.text(), "");
        assert_eq!(fs::read(&out).unwrap(), b"Aardvark\t15\n");
        assert_eq!(scratch.names(), ["out.tsv"]);
    }
}
