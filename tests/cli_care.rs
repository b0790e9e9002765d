//! Slips of the hand that must not cost data, and odd input that must not pass for an answer.

mod common;

use common::{Q_SAMPLE, Scratch, a_gz, data, ngramcount, ngramcount_reading};

#[test]
fn no_output_goes_where_an_input_or_another_output_is() {
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
    // Devices are nobody's to keep.
    ngramcount(args![input, "-o", "/dev/null", "--stats-json", "/dev/null"]).quietly();
}

#[test]
fn binary_data_are_not_text_unless_somebody_says_so() {
    let why = "neither text nor in a known format: it has NUL bytes; --format text counts it all the same";
    let run = ngramcount_reading(b"\x7fELF\x02\x01\x00\x00 some words\n", ["--stats"]);
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: standard input: {why}\n")));
    let run = ngramcount_reading(b"a\0b a\0b\n", ["--format", "text", "--tokens", "blanks"]);
    assert_eq!(run.quietly().stdout, b"a\0b\t2\n");
}

#[test]
fn a_single_mistyped_year_does_not_make_billions_of_rows() {
    let input = b"a\t1\t5\t1\na\t4294967295\t1\t1\n";
    let run = ngramcount_reading(input, ["--by-year", "--smoothing", "3"]);
    let why =
        "--smoothing: the years go from 1 to 4294967295, and each would be a row; choose fewer with --years";
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {why}\n")));
}

#[test]
fn what_only_worker_processes_have_is_not_silently_ignored() {
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
fn a_word_without_a_row_and_text_among_tables_are_remarked_on() {
    let q = data(&format!("{Q_SAMPLE}.crlf.gz"));
    let run = ngramcount(args![q, "--by-year", "--years", "2008", "--word", "queen", "--word", "king"]);
    assert_eq!((run.code, run.text().lines().count()), (Some(0), 1));
    assert_eq!(run.stderr, "ngramcount: note: `king` has no row, it does not occur\n");
    let run = ngramcount(args![data("poem.txt"), a_gz(), "--word", "Aardvark"]);
    assert_eq!((run.code, run.text()), (Some(0), "Aardvark\t15\n"));
    assert_eq!(run.stderr, "ngramcount: note: text and v2 were added up in one answer; see --format\n");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_word() {
    let scratch = Scratch::new();
    let words = scratch.file("words.txt", "\u{feff}queen\r\nquick\n");
    let run = ngramcount(args![data(&format!("{Q_SAMPLE}.crlf.gz")), "--words-file", words]);
    assert_eq!(run.quietly().text(), "queen\t8280105\nquick\t14767881\n");
}

#[test]
fn a_file_name_with_a_line_end_takes_one_line() {
    let run = ngramcount(["no\nsuch"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1), "{}", run.stderr);
}
