//! Counting the program's own output again: added up if its columns are known, refused if they are ambiguous.

mod common;

use common::{EXECUTORS, Scratch, gzip, ngramcount, ngramcount_reading};

const ROWS: &str = "queen\t1999\t5\t4\nqueen\t2000\t1\t1\n\"a, b\"\t2000\t2\t2\n";

/// The output of the program for [`ROWS`].
fn answer(args: &[&str]) -> Vec<u8> {
    ngramcount_reading(ROWS.as_bytes(), args).quietly().stdout
}

#[test]
fn an_answer_with_a_header_can_be_counted_again() {
    let scratch = Scratch::new();
    for (written, asked, doubled) in [
        (&["--header"][..], &[][..], "queen\t12\n\"a, b\"\t4\n"),
        (&["--header", "--count", "matches,volumes"], &["--count", "volumes"], "queen\t10\n\"a, b\"\t4\n"),
        (
            &["--header", "--by-year", "--count", "matches,volumes"],
            &["--by-year", "--word", "queen"],
            "queen\t1999\t10\nqueen\t2000\t2\n",
        ),
    ] {
        let text = answer(written);
        assert!(text.starts_with(b"ngram\t"));
        let (plain, packed) = (scratch.file("plain", &text), scratch.file("packed", gzip(&text)));
        for executor in EXECUTORS {
            for (chunk, feed) in [("1", "auto"), ("auto", "auto"), ("auto", "split")] {
                if feed == "split" && *executor != "processes" {
                    continue;
                }
                let how = args![plain, packed, "--executor", executor, "--chunk", chunk, "--feed", feed];
                let asked: Vec<_> = asked.iter().map(Into::into).collect();
                let run = ngramcount([&how[..], &asked[..]].concat());
                assert_eq!(run.quietly().text(), doubled, "{executor}, {written:?}");
            }
        }
    }
}

#[test]
fn a_bad_line_after_a_header_keeps_its_line_number_with_each_feed() {
    let scratch = Scratch::new();
    let rows = "queen\t1\n".repeat(600_000);
    let file = scratch.file("large.tsv", format!("ngram\tmatches\n{rows}king\n"));
    let what = "line 600002: expected 2 or 3 tab-separated fields, found 1";
    for feed in ["pipe", "split"] {
        let run = ngramcount(args![file, "--feed", feed]);
        assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {}: {what}\n", file.display())));
        let run = ngramcount(args![file, "--feed", feed, "--bad-lines", "skip"]);
        assert_eq!((run.code, run.text()), (Some(3), "queen\t600000\n"));
    }
}

#[test]
fn an_answer_with_ambiguous_columns_is_refused() {
    let columns = |columns: &str| {
        format!(
            "its columns are {columns}; what can be counted again is ngram, matches or ngram, matches, volumes, \
             and by year ngram, year, matches, volumes"
        )
    };
    let years = "its second column may be years or matches; ngram, year, matches cannot be counted again, and \
                 --format counts reads it as ngram, matches, volumes";
    let form = |name: &str| {
        format!(
            "this is {name}, which cannot be read as counts; TSV can be counted again, and --format text counts words"
        )
    };
    for (written, why) in [
        (&["--header", "--by-year"][..], columns("ngram, year, matches")),
        (&["--header", "--count", "lines,matches"], columns("ngram, lines, matches")),
        (&["--header", "--count", "volumes"], columns("ngram, volumes")),
        (&["--by-year"], years.to_owned()),
        (&["--output-format", "csv"], form("CSV")),
        (&["--output-format", "csv", "--header", "--by-year"], form("CSV")),
        (&["--output-format", "csv", "--by-year", "--smoothing", "1"], form("CSV")),
        (&["--output-format", "json"], form("JSON")),
        (&["--output-format", "jsonl"], form("JSON")),
    ] {
        for executor in EXECUTORS {
            let run = ngramcount_reading(&answer(written), ["--executor", executor]);
            assert_eq!(run.stderr, format!("ngramcount: standard input: {why}\n"), "{written:?}");
            assert_eq!((run.code, run.text()), (Some(1), ""));
        }
    }
}

#[test]
fn a_named_format_overrides_detection() {
    let by_year = answer(&["--by-year", "--word", "queen"]);
    let counts = ["--format", "counts", "--count", "matches,volumes"];
    assert_eq!(ngramcount_reading(&by_year, counts).quietly().text(), "queen\t3999\t6\n");
    let json = answer(&["--output-format", "json"]);
    assert!(ngramcount_reading(&json, ["--format", "text"]).quietly().text().contains("queen\t1\n"));
    let run = ngramcount_reading(&answer(&["--header"]), ["--format", "v2"]);
    let why = "its columns are those of counts, not of v2";
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: standard input: {why}\n")));
}
