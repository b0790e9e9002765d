//! Failures: one line on stderr, an exit code, and no output file left behind.

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::{EXECUTORS, Scratch, gzip, ngramcount, program};

const GOOD: &str = "a\t1999\t5\t1\n";

/// Four good lines, then this one.
fn fifth(line: &str) -> String {
    GOOD.repeat(4) + line + "\n" + GOOD
}

#[test]
fn a_faulty_input_gives_one_line_and_exit_code_1() {
    let packed = gzip(GOOD.repeat(1000).as_bytes());
    let mut wrong_sum = packed.clone();
    let crc = packed.len() - 8;
    wrong_sum[crc] ^= 1;
    // (file name, content, message after the file name)
    let max = "18446744073709551615";
    let faults: Vec<(&str, Vec<u8>, String)> = vec![
        ("truncated.gz", packed[..packed.len() - 4].to_vec(), "truncated: the gzip stream ends in the middle (after line 1000)".into()),
        ("crc.gz", wrong_sum, "damaged: the gzip checksum does not match (after line 1000)".into()),
        ("trailing.gz", [&packed[..], b"garbage"].concat(), "there is data after the end of the gzip stream that is not gzip (after line 1000)".into()),
        ("fields", fifth("a\t1999\t5").into(), "line 5: expected 4 tab-separated fields, found 3".into()),
        ("more", fifth("a\t1999\t5\t1\t1").into(), "line 5: expected 4 tab-separated fields, found 5".into()),
        ("blank", fifth("").into(), "line 5: expected 4 tab-separated fields, found 1".into()),
        ("year", fifth("a\t19x0\t5\t1").into(), "line 5: year `19x0` is not a number".into()),
        ("count", fifth("a\t1999\t-5\t1").into(), "line 5: match count `-5` is not a number".into()),
        ("large", fifth("a\t1999\t18446744073709551616\t1").into(), format!("line 5: match count `18446744073709551616` is larger than {max}")),
        ("long-year", fifth("a\t4294967296\t5\t1").into(), "line 5: year `4294967296` is larger than 4294967295".into()),
        ("text.gz", fifth("a\t1999\t5").into(), "line 5: expected 4 tab-separated fields, found 3 (its name is that of a packed file, and it is none, so it was read as plain text)".into()),
        ("long", [GOOD.as_bytes(), &vec![b'x'; (16 << 20) + 1]].concat(), "line 2: longer than 16777216 bytes".into()),
    ];
    for executor in EXECUTORS {
        for (name, content, what) in &faults {
            let scratch = Scratch::new();
            let path = scratch.file(name, content);
            let out = scratch.path("out");
            let run = ngramcount(args![path, "--executor", executor, "-o", out]);
            assert_eq!(run.stderr, format!("ngramcount: {}: {what}\n", path.display()), "{executor}");
            assert_eq!((run.code, run.text()), (Some(1), ""), "{name}");
            assert_eq!(scratch.names(), [*name]);
        }
    }
}

#[test]
fn an_overflow_is_an_error_within_a_chunk_and_across_chunks() {
    let scratch = Scratch::new();
    let path = scratch.file("in", "big one\t1999\t18446744073709551615\t1\nbig one\t2000\t1\t1\n");
    for executor in EXECUTORS {
        for chunk in ["1", "20000"] {
            let run = ngramcount(args![path, "--executor", executor, "--chunk", chunk]);
            let message = "ngramcount: the matches of `big one` add up to more than 18446744073709551615\n";
            assert_eq!((run.code, run.text(), &*run.stderr), (Some(1), "", message));
        }
    }
}

#[test]
fn compression_is_detected_by_content_not_by_name() {
    let scratch = Scratch::new();
    let packed = scratch.file("packed.txt", gzip(GOOD.as_bytes()));
    let plain = scratch.file("plain.gz", GOOD);
    assert_eq!(ngramcount(args![packed, plain]).quietly().text(), "a\t10\n");
}

#[test]
fn a_missing_file_fails_before_any_file_is_read() {
    let scratch = Scratch::new();
    let good = scratch.file("good", "not even in the format");
    let missing = scratch.path("missing");
    let folder = scratch.path("folder");
    fs::create_dir(&folder).unwrap();
    let unreadable = scratch.file("unreadable", GOOD);
    fs::set_permissions(&unreadable, Permissions::from_mode(0o000)).unwrap();

    let mut cases = vec![(missing, "no such file"), (folder, "there is no file in the folder")];
    // Root can read every file.
    if !rustix::process::geteuid().is_root() {
        cases.push((unreadable, "cannot be opened: Permission denied (os error 13)"));
    }
    for (path, what) in cases {
        let run = ngramcount(args![good, path]);
        assert_eq!(run.stderr, format!("ngramcount: {}: {what}\n", path.display()));
        assert_eq!(run.code, Some(1));
    }
}

#[test]
fn a_wrong_command_line_gives_one_line_and_exit_code_2() {
    let scratch = Scratch::new();
    let words = scratch.file("words", "one\ntwo\twords\n");
    let words_file = format!(
        "--words-file {}: line 2: an n-gram is not empty and holds no tab or line end",
        words.display()
    );
    let words = words.to_str().unwrap();
    let whole = "expected a whole number of at least 1";
    let workers = "expected a whole number from 1 to 4096";
    let cases: &[(&[&str], &str)] = &[
        (&["--chunk", "0"], &format!("invalid value '0' for '--chunk <N>': {whole}")),
        (&["--chunk", "many"], &format!("invalid value 'many' for '--chunk <N>': {whole}")),
        (&["--workers", "0"], &format!("invalid value '0' for '--workers <N>': {workers}")),
        (&["--workers", "70000"], &format!("invalid value '70000' for '--workers <N>': {workers}")),
        (
            &["--executor", "magic"],
            "invalid value 'magic' for '--executor <WHO>'; [possible values: processes, threads, sequential]",
        ),
        (&["--wrod", "a"], "unexpected argument '--wrod' found; tip: a similar argument exists: '--word'"),
        (&["--word", ""], "--word \"\": an n-gram is not empty and holds no tab or line end"),
        (&["--word", "a\tb"], "--word \"a\\tb\": an n-gram is not empty and holds no tab or line end"),
        (&["--words-file", words], &words_file),
    ];
    for (args, what) in cases {
        let run = ngramcount(*args);
        assert_eq!(run.stderr, format!("ngramcount: {what}\n"));
        assert_eq!((run.code, run.text()), (Some(2), ""));
    }
}

#[test]
fn an_output_that_cannot_be_written_fails_before_the_count() {
    let scratch = Scratch::new();
    let nowhere = scratch.path("no/such/folder/out");
    for option in ["-o", "--stats-json"] {
        let run = ngramcount(args!["not-even-opened", option, nowhere]);
        let what = "cannot write: No such file or directory (os error 2)";
        assert_eq!(run.stderr, format!("ngramcount: {option} {}: {what}\n", nowhere.display()));
        assert_eq!(run.code, Some(1));
    }
    let folder = scratch.path("");
    let run = ngramcount(args!["not-even-opened", "-o", folder]);
    assert!(run.stderr.ends_with(": cannot write: is a directory\n"), "{}", run.stderr);
}

#[test]
fn an_existing_output_survives_a_failure() {
    let scratch = Scratch::new();
    let bad = scratch.file("bad", "a\t1999\tone\t1\n");
    let out = scratch.file("out", "precious");
    assert_eq!(ngramcount(args![bad, "-o", out]).code, Some(1));
    assert_eq!(fs::read(&out).unwrap(), b"precious");
    assert_eq!(scratch.names(), ["bad", "out"]);
}

#[test]
fn a_full_disk_is_an_error_for_each_kind_of_output() {
    let scratch = Scratch::new();
    let path = scratch.file("in", GOOD);
    let run = ngramcount(args![path, "-o", "/dev/full"]);
    let full = "No space left on device (os error 28)";
    assert_eq!(run.stderr, format!("ngramcount: -o /dev/full: cannot write: {full}\n"));
    assert_eq!(run.code, Some(1));

    let stdout = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program().args(args![path]).stdout(stdout).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!("ngramcount: standard output: cannot write: {full}\n")
    );
    assert_eq!(output.status.code(), Some(1));
}

/// Runs the program under a shell that closes descriptors.
fn closing(what: &str, args: &[std::ffi::OsString]) -> common::Run {
    let script = format!("exec \"$0\" \"$@\" {what}");
    let program = program();
    Command::new("sh").args(["-c", &script]).arg(program.get_program()).args(args).output().unwrap().into()
}

#[test]
fn a_closed_stdout_is_an_error_before_the_count() {
    let scratch = Scratch::new();
    let path = scratch.file("in", GOOD);
    let what = "ngramcount: standard output: cannot write: Bad file descriptor (os error 9)\n";
    for args in [
        args![path].to_vec(),
        args!["--help"].to_vec(),
        args!["--man"].to_vec(),
        args!["sweep", path].to_vec(),
        args!["--completions", "bash"].to_vec(),
    ] {
        for closed in [">&-", "1</dev/null"] {
            let run = closing(closed, &args);
            assert_eq!((run.code, &*run.stderr), (Some(1), what), "{args:?} {closed}");
        }
    }
    let out = scratch.path("out");
    closing(">&-", &args![path, "-o", out]).quietly();
    assert_eq!(fs::read(&out).unwrap(), b"a\t5\n");
    // A /dev/null that the caller chose is no error, in whatever mode it was opened.
    for wanted in [">/dev/null", "1<>/dev/null"] {
        closing(wanted, &args![path]).quietly();
    }
    let run = closing("<&-", &[]);
    let what = "ngramcount: standard input: cannot be read: Bad file descriptor (os error 9)\n";
    assert_eq!((run.code, &*run.stderr), (Some(1), what));
}

#[test]
fn statistics_are_not_written_without_the_answer() {
    let scratch = Scratch::new();
    let path = scratch.file("in", GOOD);
    let stats = scratch.path("stats.json");
    assert_eq!(ngramcount(args![path, "-o", "/dev/full", "--stats-json", stats]).code, Some(1));
    assert_eq!(scratch.names(), ["in"]);
}

#[test]
fn a_pool_that_cannot_be_built_is_reported_once() {
    let scratch = Scratch::new();
    let path = scratch.file("in", GOOD);
    // Enough descriptors for the program's own files, too few for pipes to workers.
    for files in 4..16 {
        let script = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        let program = program();
        let output = Command::new("sh").args(["-c", &script]).arg(program.get_program()).arg(&path).output();
        let run: common::Run = output.unwrap().into();
        assert_eq!(
            run.stderr.matches("Too many open files").count(),
            usize::from(run.code != Some(0)),
            "{run:?}"
        );
    }
}
