//! Typing errors that must not destroy data, and unusual input that must not give a wrong answer.

mod common;

use std::io::Write;

use common::{EXECUTORS, Q_SAMPLE, Scratch, a_gz, data, gzip, ngramcount, ngramcount_reading};

#[test]
fn an_output_over_an_input_or_another_output_is_refused() {
    let scratch = Scratch::new();
    let line = "a\t1999\t1\t1\n";
    let input = scratch.file("in.tsv", line);
    let link = scratch.path("link.tsv");
    std::os::unix::fs::symlink(&input, &link).unwrap();
    let again = scratch.path("./in.tsv");
    let out = scratch.path("out");
    let (dotted, quarantine) = (scratch.path("./out"), scratch.path("out"));
    for (args, wrong) in [
        (args![input, "-o", input], format!("-o {}: the input", input.display())),
        (args![input, "-o", link], format!("-o {}: the input", link.display())),
        (args![input, "--ledger", again], format!("--ledger {}: the input", again.display())),
        (args![input, "--stats-json", link], format!("--stats-json {}: the input", link.display())),
    ] {
        let run = ngramcount(args);
        assert_eq!((run.code, run.stderr), (Some(2), format!("ngramcount: {wrong} is the same file\n")));
        assert_eq!(std::fs::read_to_string(&input).unwrap(), line);
    }
    for (args, wrong) in [
        (args![input, "-o", out, "--stats-json", dotted], format!("--stats-json {}: -o", dotted.display())),
        (
            args![input, "-o", out, "--quarantine", quarantine],
            format!("--quarantine {}: -o", quarantine.display()),
        ),
    ] {
        let run = ngramcount(args);
        assert_eq!((run.code, run.stderr), (Some(2), format!("ngramcount: {wrong} is the same file\n")));
    }
    // Devices may be named several times.
    ngramcount(args![input, "-o", "/dev/null", "--stats-json", "/dev/null"]).quietly();
}

#[test]
fn binary_data_are_refused_unless_the_format_is_named() {
    let why = "neither text nor in a known format: it has NUL bytes; if it is UTF-16, add --encoding utf-16le, and \
               --format text counts it all the same";
    let run = ngramcount_reading(b"\x7fELF\x02\x01\x00\x00 some words\n", ["--stats"]);
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: standard input: {why}\n")));
    let run = ngramcount_reading(b"a\0b a\0b\n", ["--format", "text", "--tokens", "blanks"]);
    assert_eq!(run.quietly().stdout, b"a\0b\t2\n");
}

#[test]
fn smoothing_over_too_many_years_is_refused() {
    let input = b"a\t1\t5\t1\na\t4294967295\t1\t1\n";
    let run = ngramcount_reading(input, ["--by-year", "--smoothing", "3"]);
    let why =
        "--smoothing: the years go from 1 to 4294967295, and each would be a row; choose fewer with --years";
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {why}\n")));
}

#[test]
fn options_of_worker_processes_are_refused_for_other_executors() {
    for option in
        [["--ledger", "x"], ["--chaos", "kill=1"], ["--quarantine", "x"], ["--worker-memory", "1GB"]]
    {
        for executor in ["threads", "sequential"] {
            let args = [&["--executor", executor], &option[..]].concat();
            let run = ngramcount_reading(b"", args);
            let why = format!("ngramcount: {} is for worker processes; leave out --executor\n", option[0]);
            assert_eq!((run.code, run.stderr), (Some(2), why));
        }
    }
}

#[test]
fn a_word_without_a_row_and_mixed_formats_are_noted() {
    let q = data(&format!("{Q_SAMPLE}.crlf.gz"));
    let run = ngramcount(args![q, "--by-year", "--years", "2008", "--word", "queen", "--word", "king"]);
    assert_eq!((run.code, run.text().lines().count()), (Some(0), 1));
    assert_eq!(run.stderr, "ngramcount: note: `king` does not occur in 2008\n");
    let run = ngramcount(args![data("poem.txt"), a_gz(), "--word", "Aardvark"]);
    assert_eq!((run.code, run.text()), (Some(0), "Aardvark\t15\n"));
    assert_eq!(run.stderr, "ngramcount: note: text and v2 were added up in one answer; see --format\n");
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_word_of_a_file() {
    let scratch = Scratch::new();
    let words = scratch.file("words.txt", "\u{feff}queen\r\nquick\n");
    let run = ngramcount(args![data(&format!("{Q_SAMPLE}.crlf.gz")), "--words-file", words]);
    assert_eq!(run.quietly().text(), "queen\t8280105\nquick\t14767881\n");
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_n_gram_of_an_input() {
    let scratch = Scratch::new();
    let mark = "\u{feff}";
    for (lines, answer) in [
        ("queen\t1999\t5\t4\nqueen\t2000\t1\t1\n", "queen\t6\n"),
        ("queen\t1999\t5\t4\t3\nqueen\t2000\t1\t1\t1\n", "queen\t6\n"),
        ("queen\t1999,5,4\t2000,1,1\n", "queen\t6\n"),
        ("queen\t5\nqueen\t1\n", "queen\t6\n"),
        ("queen of queen\n", "queen\t2\nof\t1\n"),
        ("", ""),
    ] {
        let marked = format!("{mark}{lines}");
        let files = [scratch.file("plain", &marked), scratch.file("packed", gzip(marked.as_bytes()))];
        for executor in EXECUTORS {
            for file in &files {
                for feed in ["pipe", "split"] {
                    if feed == "split" && *executor != "processes" {
                        continue;
                    }
                    let stats = scratch.path("stats.json");
                    let run = ngramcount(args![
                        file,
                        "--executor",
                        executor,
                        "--feed",
                        feed,
                        "--stats-json",
                        stats
                    ]);
                    assert_eq!(run.quietly().text(), answer, "{executor}, {feed}, {lines:?}");
                    let stats: serde_json::Value =
                        serde_json::from_slice(&std::fs::read(stats).unwrap()).unwrap();
                    assert_eq!(stats["input"]["bytes"], marked.len());
                    assert_eq!(stats["input"]["lines"], lines.lines().count());
                }
            }
            let run = ngramcount_reading(marked.as_bytes(), ["--executor", executor]);
            assert_eq!(run.quietly().text(), answer, "{executor}, {lines:?}");
        }
    }
    let run = ngramcount_reading("\u{feff}queen".as_bytes(), ["--tokens", "blanks"]);
    assert_eq!(run.quietly().text(), "queen\t1\n");
    let again = format!("a\t1999\t1\t1\n{mark}a\t1999\t1\t1\n");
    let run = ngramcount_reading(again.as_bytes(), ["--sort", "ngram"]);
    assert_eq!(run.quietly().text(), format!("a\t1\n{mark}a\t1\n"), "only where a file begins");
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_n_gram_of_any_file_in_an_archive() {
    let scratch = Scratch::new();
    let zip = |files: &[&str], method| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (number, text) in files.iter().enumerate() {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            archive.start_file(format!("{number}.csv"), options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        scratch.file("in.zip", archive.finish().unwrap().into_inner())
    };
    let mark = "\u{feff}";
    for (line, answer, options) in [
        ("queen\t1999\t5\t4\n", "queen\t15\n", &[][..]),
        ("queen\t1999\t5\t4\t3", "queen\t15\n", &[]),
        ("queen\t1999,5,4\r\n", "queen\t15\n", &[]),
        ("queen\t5\n", "queen\t15\n", &[]),
        ("queen", "queen\t3\n", &["--tokens", "blanks"]),
    ] {
        let run = |args: &[std::ffi::OsString]| {
            ngramcount(args.iter().cloned().chain(options.iter().map(|option: &&str| option.into())))
                .quietly()
        };
        let marked = &*format!("{mark}{line}");
        for method in [zip::CompressionMethod::Deflated, zip::CompressionMethod::Stored] {
            for files in [
                &[marked, marked, marked][..],
                &[line, marked, marked],
                &[marked, line, "", mark, marked],
                &["", marked, mark, mark, marked, line],
                &[mark, marked, marked, line],
            ] {
                let path = zip(files, method);
                for executor in EXECUTORS {
                    let answered = run(&args![path, "--executor", executor]);
                    assert_eq!(answered.text(), answer, "{executor}, {files:?}");
                }
                let mapped = run(&args!["map", path]).stdout;
                assert_eq!(ngramcount_reading(&mapped, ["reduce"]).quietly().text(), answer, "{files:?}");
            }
        }
    }
    let kept =
        zip(&["a\t1\n", "\u{feff}\u{feff}a\t1\n", "b\t1\n\u{feff}b\t1\n"], zip::CompressionMethod::Stored);
    let run = ngramcount(args![kept, "--sort", "ngram"]);
    assert_eq!(
        run.quietly().text(),
        format!("a\t1\nb\t1\n{mark}a\t1\n{mark}b\t1\n"),
        "one, where a file begins"
    );
    let partial_sums = zip(&["a\t1\n", "\u{feff}a\t1\n"], zip::CompressionMethod::Stored);
    let run = ngramcount(args!["reduce", partial_sums]);
    assert_eq!(run.quietly().text(), format!("a\t1\n{mark}a\t1\n"), "partial sums have no marks");
}

#[test]
fn a_byte_order_mark_does_not_shift_line_numbers() {
    let scratch = Scratch::new();
    let lines = format!("\u{feff}{}only\tthree\tfields\n", "queen\t1999\t5\t1\n".repeat(300_000));
    let file = scratch.file("large.tsv", lines);
    for feed in ["pipe", "split"] {
        let run = ngramcount(args![file, "--feed", feed]);
        let what = "line 300001: expected 4 tab-separated fields, found 3";
        assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {}: {what}\n", file.display())));
        let run = ngramcount(args![file, "--feed", feed, "--bad-lines", "skip"]);
        assert_eq!((run.code, run.text()), (Some(3), "queen\t1500000\n"));
    }
}

#[test]
fn a_file_name_with_a_line_end_is_reported_in_one_line() {
    let run = ngramcount(["no\nsuch"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1), "{}", run.stderr);
}
