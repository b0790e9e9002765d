//! Reports: statistics, summary, bad lines, progress, help.

mod common;

use std::fs;

use common::{A_SAMPLE, EXECUTORS, Scratch, a_gz, data, ngramcount, ngramcount_reading};
use serde_json::{Value, json};

#[test]
fn statistics_have_every_documented_field_with_the_right_number() {
    let packed = fs::metadata(a_gz()).unwrap().len();
    for executor in EXECUTORS {
        let scratch = Scratch::new();
        let path = scratch.path("stats.json");
        ngramcount(args![
            a_gz(),
            "--word",
            "Aardvark",
            "--chunk",
            "20000",
            "--executor",
            executor,
            "--workers",
            "2",
            "--stats-json",
            path
        ])
        .quietly();
        let mut stats: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();

        assert!(stats["seconds"]["total"].take().as_f64().unwrap() > 0.0);
        assert!(stats["peak_memory_bytes"].take().as_u64().unwrap() > 1 << 20);
        assert!(stats["memory_limit_bytes"].take().as_u64().unwrap() > 1 << 20);
        let workers = if *executor == "sequential" { 1 } else { 2 };
        let expected = json!({
            "schema": 1,
            "ngramcount": env!("CARGO_PKG_VERSION"),
            "executor": executor,
            "complete": true,
            "input": {"files": 1, "formats": ["v2"], "compressed_bytes": packed, "bytes": 1_041_402, "lines": 50_029, "spans": null, "network": null},
            "lines": {"counted": 3, "filtered": 50_026, "bad": 0, "quarantined": 0},
            "chunks": 3,
            "by_year": false,
            "ngrams": 1,
            "matches": 15,
            "workers": {"count": workers, "restarts": 0},
            "tasks": {"attempts": 3, "retried": 0},
            "seconds": {"total": null},
            "peak_memory_bytes": null,
            "memory_limit_bytes": null,
            "resumed": null,
            "spilled": null,
        });
        assert_eq!(stats, expected);
    }
}

#[test]
fn an_answer_of_all_n_grams_accounts_for_every_line() {
    let scratch = Scratch::new();
    let path = scratch.path("stats.json");
    ngramcount(args![a_gz(), "--stats-json", path, "-o", scratch.path("out")]).quietly();
    let stats: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let rows = fs::read_to_string(data(&format!("{A_SAMPLE}.expected.tsv"))).unwrap();
    assert_eq!(stats["ngrams"], rows.lines().count());
    assert_eq!(stats["matches"], 20_677_534);
    assert_eq!(stats["lines"], json!({"counted": 50_029, "filtered": 0, "bad": 0, "quarantined": 0}));
}

#[test]
fn the_summary_goes_to_stderr_only() {
    let run = ngramcount(args![a_gz(), "--word", "Aardvark", "--stats"]);
    assert_eq!((run.code, run.text()), (Some(0), "Aardvark\t15\n"));
    let starts: Vec<_> = run.stderr.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(starts, ["input", "lines", "answer", "work", "time", "memory"]);
    assert!(run.stderr.contains("1 file, v2, "), "{}", run.stderr);
    assert!(run.stderr.contains("3 counted, 50,026 filtered, 0 bad, 0 quarantined\n"), "{}", run.stderr);
}

#[test]
fn bad_lines_are_skipped_and_counted_and_the_first_five_named() {
    let mut text = String::new();
    for line in 1..=60 {
        text += if line % 8 == 0 { "bad\n" } else { "a\t1999\t1\t1\n" };
    }
    let scratch = Scratch::new();
    let one = scratch.file("one", &text);
    let two = scratch.file("two", &text);
    let named: String = [8, 16, 24, 32, 40]
        .iter()
        .map(|line| {
            format!("ngramcount: {}: line {line}: expected 4 tab-separated fields, found 1\n", one.display())
        })
        .collect();
    for executor in EXECUTORS {
        for chunk in ["1", "9", "20000"] {
            let stats = scratch.path("stats.json");
            let run = ngramcount(args![
                one,
                two,
                "--bad-lines",
                "skip",
                "--executor",
                executor,
                "--chunk",
                chunk,
                "--stats-json",
                stats
            ]);
            assert_eq!((run.code, run.text()), (Some(3), "a\t106\n"));
            assert_eq!(run.stderr, format!("{named}ngramcount: 14 bad lines left out\n"));
            let stats: Value = serde_json::from_slice(&fs::read(stats).unwrap()).unwrap();
            assert_eq!(stats["complete"], false);
            assert_eq!(stats["lines"], json!({"counted": 106, "filtered": 0, "bad": 14, "quarantined": 0}));
        }
    }
}

#[test]
fn bad_lines_skip_does_not_change_the_exit_code_of_a_clean_input() {
    ngramcount(args![a_gz(), "--bad-lines", "skip", "--top", "1"]).quietly();
}

#[test]
fn progress_is_shown_on_request_and_not_on_a_pipe_by_default() {
    let input = b"a\t1999\t5\t1\n";
    let run = ngramcount_reading(input, ["--progress", "always"]);
    assert_eq!(run.text(), "a\t5\n");
    assert!(run.stderr.starts_with("ngramcount: 11 B, 1 lines, "), "{}", run.stderr);
    for when in ["auto", "never"] {
        ngramcount_reading(input, ["--progress", when]).quietly();
    }
}

#[test]
fn verbose_describes_the_job() {
    let run = ngramcount_reading(b"", ["-v", "--executor", "sequential", "--chunk", "1"]);
    let expected = "ngramcount: counting standard input by sequential, ";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = ngramcount(["--help"]).quietly();
    for word in ["Examples:", "Exit codes:", "What to count:", "--bad-lines", "--stats-json"] {
        assert!(help.text().contains(word), "{word}");
    }
    let version = ngramcount(["--version"]).quietly();
    assert_eq!(version.text(), format!("ngramcount {}\n", env!("CARGO_PKG_VERSION")));
}
