//! Output options of the program: format, file and picture.

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
fn the_extension_chooses_the_format_of_a_file() {
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
fn bytes_that_are_not_utf_8_are_exact_in_tsv_and_csv_and_an_error_in_other_formats() {
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
fn an_n_gram_with_a_tab_is_exact_in_every_format_that_can_hold_it_and_an_error_in_tsv() {
    let tokens = ["--format", "text", "--tokens", "regex=.+", "--sort", "ngram"];
    let lines = b"a\na\t2\n\"\r\tb\n";
    for (format, expected) in [
        ("csv", "\"\"\"\r\tb\",1\na,1\na\t2,1\n"),
        (
            "jsonl",
            "{\"ngram\":\"\\\"\\r\\tb\",\"matches\":1}\n{\"ngram\":\"a\",\"matches\":1}\n{\"ngram\":\"a\\t2\",\"matches\":1}\n",
        ),
    ] {
        let run = ngramcount_reading(lines, [&tokens[..], &["--output-format", format]].concat());
        assert_eq!(run.quietly().text(), expected, "{format}");
    }
    let dir = Scratch::new();
    let path = dir.file("a.tsv", "old");
    let path = path.to_str().unwrap();
    for (options, name) in [(&["--header"][..], "standard output"), (&["-o", path], &format!("-o {path}"))] {
        let run = ngramcount_reading(lines, [&tokens[..], options].concat());
        let said = format!(
            "ngramcount: {name}: the n-gram \"\\\"\\r\\tb\" holds a tab or a line end, which TSV cannot hold; CSV and JSON can\n"
        );
        assert_eq!((run.code, run.text(), &*run.stderr), (Some(1), "", &*said));
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
    // What is left out of the answer does not matter.
    for options in
        [&["--prefix", "a", "--regex", "^a$"][..], &["--word", "a"], &["--regex", "2|a", "--top", "1"]]
    {
        let run = ngramcount_reading(lines, [&tokens[..], options].concat());
        assert_eq!(run.quietly().text(), "a\t1\n", "{options:?}");
    }
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

const TOTALS: &str = "googlebooks_eng_all_totalcounts_20120701.csv";

/// Arguments that count the sample of q words in years in which all words below occur.
fn q_words() -> Vec<std::ffi::OsString> {
    let q_gz = common::data(&format!("{}.crlf.gz", common::Q_SAMPLE));
    let mut args = args![q_gz, "--by-year", "--years", "1800..2008"].to_vec();
    for word in ["quality", "quantity", "queen"] {
        args.extend(args!["--word", word]);
    }
    args
}

#[test]
fn a_picture_appears_beside_the_answer() {
    let dir = Scratch::new();
    let (svg, png) = (dir.path("a.svg"), dir.path("a.png"));
    let without = ngramcount(q_words()).quietly();
    for picture in [&svg, &png] {
        let with = ngramcount(q_words().into_iter().chain(args!["--plot", picture])).quietly();
        assert_eq!(with.stdout, without.stdout);
    }
    let svg = std::fs::read_to_string(svg).unwrap();
    for text in ["quality", "quantity", "queen", "Year", "Matches per year", "1800", "2000"] {
        assert!(svg.contains(&format!("\n{text}\n")), "{text}");
    }
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG\r\n"));
}

/// The picture in the README is what the program draws now.
#[test]
fn the_picture_in_the_docs_is_up_to_date() {
    let dir = Scratch::new();
    let drawn = dir.path("a.svg");
    let relative = args!["--relative-to", common::data(TOTALS), "--smoothing", "3", "--plot", drawn];
    ngramcount(q_words().into_iter().chain(relative)).quietly();
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/quality-quantity-queen.svg");
    assert!(std::fs::read(drawn).unwrap() == std::fs::read(docs).unwrap(), "draw it again");
}

#[test]
fn too_many_words_for_a_picture_end_the_job_and_leave_nothing() {
    let dir = Scratch::new();
    let (svg, tsv) = (dir.path("a.svg"), dir.path("a.tsv"));
    let run = ngramcount(args![common::a_gz(), "--by-year", "--plot", svg, "-o", tsv]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.stderr,
        "ngramcount: 48628 n-grams are too many for one picture, which has room for 12; choose some with --word\n"
    );
    assert_eq!(dir.names(), [""; 0]);
}
