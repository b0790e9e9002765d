//! The program writes what was asked for, in the format that was asked for.

mod common;

use common::{Scratch, ngramcount, ngramcount_reading};

const LINES: &[u8] = b"a,b\t1999\t3\t1\na,b\t2000\t4\t1\n\"\t2000\t5\t1\n";
const NOT_TEXT: &[u8] = b"caf\xe9\t1999\t3\t1\n";

#[test]
fn the_option_chooses_the_format_on_standard_output() {
    let cases = [
        ("tsv", "a,b\t7\n\"\t5\n"),
        ("csv", "\"a,b\",7\n\"\"\"\",5\n"),
        ("json", "[\n{\"ngram\":\"a,b\",\"matches\":7},\n{\"ngram\":\"\\\"\",\"matches\":5}\n]\n"),
        ("jsonl", "{\"ngram\":\"a,b\",\"matches\":7}\n{\"ngram\":\"\\\"\",\"matches\":5}\n"),
    ];
    for (format, expected) in cases {
        let run = ngramcount_reading(LINES, ["--output-format", format]).quietly();
        assert_eq!(run.text(), expected, "{format}");
    }
}

#[test]
fn the_ending_chooses_the_format_of_a_file() {
    let dir = Scratch::new();
    for (name, expected) in
        [("a.csv", "ngram,matches\n\"a,b\",7\n\"\"\"\",5\n"), ("a.txt", "ngram\tmatches\na,b\t7\n\"\t5\n")]
    {
        let path = dir.path(name);
        ngramcount_reading(LINES, args!["--header", "-o", path]).quietly();
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    }
}

#[test]
fn bytes_that_are_not_text_are_exact_in_tsv_and_csv_and_named_elsewhere() {
    for (format, expected) in [("tsv", &b"caf\xe9\t3\n"[..]), ("csv", b"caf\xe9,3\n")] {
        assert_eq!(ngramcount_reading(NOT_TEXT, ["--output-format", format]).quietly().stdout, expected);
    }
    let run = ngramcount_reading(NOT_TEXT, ["--output-format", "json"]);
    assert_eq!((run.code, &*run.stdout), (Some(1), &b""[..]));
    assert_eq!(
        run.stderr,
        "ngramcount: standard output: the n-gram \"caf\\xe9\" is not UTF-8, which JSON cannot hold; TSV and CSV can\n"
    );
}

#[test]
fn a_file_that_cannot_be_written_is_not_left_half_written() {
    let dir = Scratch::new();
    let path = dir.file("a.jsonl", "old");
    let run = ngramcount_reading(NOT_TEXT, args!["-o", path]);
    assert_eq!(run.code, Some(1));
    assert_eq!(std::fs::read(path).unwrap(), b"old");
    assert_eq!(dir.names(), ["a.jsonl"]);
}

#[test]
fn a_picture_without_years_is_refused_before_anything_is_read() {
    let dir = Scratch::new();
    let run = ngramcount(args!["no such file", "--plot", dir.path("a.svg")]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(dir.names(), [""; 0]);
}
