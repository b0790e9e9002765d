//! Outputs: what is written to and what is replaced, what is never overwritten, and what is left after any end.

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use common::{Run, Scratch, data, ngramcount, ngramcount_reading, piped, program};
use rustix::process::{Pid, Signal, kill_process};

const LINE: &str = "a\t1999\t5\t1\n";

/// Runs a script in the folder, in which `$0` is the program.
fn shell(folder: &Scratch, script: &str) -> Run {
    let program = program();
    let mut shell = Command::new("bash");
    shell.current_dir(folder.path("")).stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
    shell.args(["-c", script]).arg(program.get_program()).output().unwrap().into()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_descriptor_is_written_to_and_its_file_never_replaced() {
    let cases = [
        ("$0 in -o /dev/stdout >>log", "old\na\t5\n"),
        ("$0 in -o log >>log", "old\na\t5\n"),
        ("$0 in -o /dev/stdout >log", "a\t5\n"),
        ("(echo b; $0 in -o /dev/fd/1; echo c) >log", "b\na\t5\nc\n"),
        ("$0 in -o /dev/stderr 2>>log", "old\na\t5\n"),
        ("(echo b >&3; $0 in -o /dev/fd/3; echo c >&3) 3>log", "b\na\t5\nc\n"),
        ("$0 in -o /proc/self/fd/4 4>>log", "old\na\t5\n"),
        ("ln -s /dev/fd/3 link; $0 in -o link 3>>log", "old\na\t5\n"),
        ("$0 map in -o /dev/stdout >>log", "old\na\t5\n"),
        ("$0 in -o >(cat >>log); wait $!", "old\na\t5\n"),
    ];
    for (script, expected) in cases {
        let scratch = Scratch::new();
        scratch.file("in", LINE);
        let log = scratch.file("log", "old\n");
        shell(&scratch, script).quietly();
        assert_eq!(read(log), expected, "{script}");
    }
    for option in ["--stats-json", "--ledger"] {
        let scratch = Scratch::new();
        scratch.file("in", LINE);
        let log = scratch.file("log", "old\n");
        shell(&scratch, &format!("$0 in {option} /dev/stderr 2>>log")).quietly();
        assert!(read(log).starts_with("old\n{"), "{option}");
    }
}

#[test]
fn a_descriptor_that_is_closed_or_only_for_reading_is_an_error_before_the_count() {
    let scratch = Scratch::new();
    scratch.file("in", LINE);
    scratch.file("other", LINE);
    for script in ["$0 in -o /dev/stdout >&-", "$0 in -o /dev/fd/3 3<other", "$0 missing -o /dev/fd/77"] {
        let run = shell(&scratch, script);
        assert_eq!(run.code, Some(1), "{script}");
        assert!(run.stderr.contains(": cannot write: "), "{script}: {}", run.stderr);
    }
}

#[test]
fn no_file_that_is_read_is_an_output() {
    let cases = [
        ("$0 in -o in", "-o in: the input"),
        ("$0 <in -o in", "-o in: the input"),
        ("$0 in >>in", "standard output: the input"),
        ("$0 <in -o /dev/stdout >>in", "-o /dev/stdout: the input"),
        ("$0 map in >>in", "standard output: the input"),
        ("$0 combine in -o in", "-o in: the input"),
        ("$0 reduce other in -o link", "-o link: the input"),
        ("$0 in --words-file w -o w", "-o w: --words-file"),
        ("$0 in --words-file w --ledger w", "--ledger w: --words-file"),
        ("$0 in --words-file w --quarantine w", "--quarantine w: --words-file"),
        ("$0 in --words-file w --stats-json hard", "--stats-json hard: --words-file"),
        ("$0 map in --words-file w -o w", "-o w: --words-file"),
        ("$0 in --relative-to w -o ./w", "-o ./w: --relative-to"),
        ("$0 sweep in -o in", "-o in: the input"),
        ("$0 sweep other in >>in", "standard output: the input"),
        ("$0 sweep in -o w -- --words-file w", "-o w: --words-file"),
        #[cfg(feature = "plot")]
        ("$0 sweep in --plot w.svg -- --relative-to w.svg", "--plot w.svg: --relative-to"),
        #[cfg(feature = "plot")]
        ("$0 in --by-year --words-file w.svg --plot w.svg", "--plot w.svg: --words-file"),
        ("$0 in -o new --ledger dangling", "--ledger dangling: -o"),
    ];
    let scratch = Scratch::new();
    let files = [("in", LINE), ("other", LINE), ("w", "a\n"), ("w.svg", "a\n")];
    for (name, content) in files {
        scratch.file(name, content);
    }
    shell(&scratch, "ln -s in link; ln w hard; ln -s new dangling").quietly();
    let before = scratch.names();
    for (script, what) in cases {
        let run = shell(&scratch, script);
        let expected = format!("ngramcount: {what} is the same file\n");
        assert_eq!((run.code, run.stderr), (Some(2), expected), "{script}");
    }
    assert_eq!(scratch.names(), before);
    for (name, content) in files {
        assert_eq!(read(scratch.path(name)), content);
    }
}

#[test]
fn a_sweep_refuses_options_of_the_count_that_it_would_ignore() {
    let scratch = Scratch::new();
    scratch.file("in", LINE);
    for (options, what) in [
        ("-- -o x --stats-json y", "--output"),
        ("-- --stats-json y", "--stats-json"),
        ("-- --quarantine q", "--quarantine"),
        ("-- --ledger l", "--ledger"),
        ("-- --plot p.svg", "--plot"),
        ("-- --chunk 7", "--chunk"),
        ("-- --executor threads", "--executor"),
        ("--workers 2 -- --workers 1", "--workers"),
        ("-- map", "map"),
    ] {
        let run = shell(&scratch, &format!("$0 sweep in {options}"));
        let expected = format!("ngramcount: a sweep has no use for {what} behind `--`\n");
        assert_eq!((run.code, run.stderr), (Some(2), expected));
    }
    assert_eq!(scratch.names(), ["in"]);
    let run = shell(&scratch, "$0 sweep in --executors sequential --chunks auto --repeat 1 -o -");
    assert_eq!((run.code, run.text().lines().count()), (Some(0), 3));
    assert!(run.text().starts_with("executor\tworkers\t"));
}

#[test]
fn a_dash_is_standard_output_for_the_answer_only() {
    let scratch = Scratch::new();
    scratch.file("in", LINE);
    assert_eq!(shell(&scratch, "$0 in -o -").quietly().text(), "a\t5\n");
    for option in ["--ledger", "--stats-json", "--quarantine", "--plot"] {
        let run = shell(&scratch, &format!("$0 in {option} -"));
        let why = "only -o takes - for standard output; a file of that name is ./-";
        let expected = format!("ngramcount: invalid value '-' for '{option} <FILE>': {why}\n");
        assert_eq!((run.code, run.stderr), (Some(2), expected));
    }
    assert_eq!(scratch.names(), ["in"]);
}

#[test]
fn a_failed_count_without_a_poison_line_leaves_the_quarantine_as_it_was() {
    let scratch = Scratch::new();
    scratch.file("bad", "a\t1999\t5\t1\nbad\n");
    let quarantine = scratch.file("q", "old\n");
    for (script, code) in [
        ("$0 missing --quarantine q", 1),
        ("$0 bad --quarantine q", 1),
        ("(sleep 1; kill -INT $$) & exec $0 <(sleep 5) --quarantine q", 130),
    ] {
        assert_eq!(shell(&scratch, script).code, Some(code), "{script}");
        assert_eq!(read(&quarantine), "old\n", "{script}");
    }
}

#[test]
fn poison_lines_that_were_found_before_another_failure_are_kept() {
    let scratch = Scratch::new();
    let lines = format!("poison\t1999\t5\t1\n{}bad\n", LINE.repeat(2));
    let input = scratch.file("in", &lines);
    let quarantine = scratch.file("q", "old\n");
    for chunk in ["1", "3"] {
        let args = args![
            input,
            "--chunk",
            chunk,
            "--workers",
            "2",
            "--on-poison",
            "skip",
            "--chaos",
            "kill-on=poison",
            "--quarantine",
            quarantine
        ];
        let run = ngramcount(args);
        let bad =
            format!("ngramcount: {}: line 4: expected 4 tab-separated fields, found 1\n", input.display());
        assert_eq!((run.code, run.stderr), (Some(1), bad));
        assert_eq!(read(&quarantine), format!("{}\t1\tpoison\t1999\t5\t1\n", input.display()));
    }
}

/// Which signals end a program, and with which code or by which signal.
const ENDS: &[(&[Signal], Option<i32>)] = &[
    (&[Signal::INT], Some(130)),
    (&[Signal::INT, Signal::TERM], None),
    (&[Signal::TERM, Signal::INT, Signal::HUP], None),
    (&[Signal::QUIT], None),
    (&[Signal::ABORT], Some(1)),
    (&[Signal::KILL], None),
];

#[test]
fn no_end_leaves_an_unfinished_output() {
    for old in [None, Some("old\n")] {
        for (signals, code) in ENDS {
            let scratch = Scratch::new();
            let out = scratch.path("out");
            if let Some(text) = old {
                scratch.file("out", text);
            }
            let mut child = piped(program().args(args!["map", "-o", out]));
            // More than a pipe holds, so that the step reads when all of it is written.
            let mut stdin = child.stdin.take().unwrap();
            stdin.write_all(LINE.repeat(200_000).as_bytes()).unwrap();
            for signal in *signals {
                let _ = kill_process(Pid::from_child(&child), *signal);
            }
            let status = child.wait().unwrap();
            assert!(!status.success(), "{signals:?}");
            assert!(code.is_none() || status.code() == *code, "{signals:?}: {:?}", status.signal());
            let expected: Vec<_> = old.map(|_| "out".to_owned()).into_iter().collect();
            assert_eq!(scratch.names(), expected, "{signals:?}");
            assert_eq!(old.map(str::to_owned), old.map(|_| read(&out)));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn too_little_memory_is_an_error_and_leaves_nothing() {
    let scratch = Scratch::new();
    let rows = (0..600_000).map(|number| format!("word{number}\t1\n")).collect::<String>();
    scratch.file("big", rows);
    let mut told = false;
    for (step, advice) in [
        ("reduce big", ", or sort them and use `reduce --sorted`"),
        ("combine big", ", or sort them and use `reduce --sorted`"),
        ("map big --format counts", ""),
        ("big --format counts --executor sequential", ""),
    ] {
        for kib in [47_000, 60_000, 80_000] {
            let run = shell(&scratch, &format!("ulimit -v {kib}; exec $0 {step} -o out"));
            if run.code == Some(0) {
                // The budget follows from the limit, so that less is kept in memory.
                assert_eq!(std::fs::read_to_string(scratch.path("out")).unwrap().lines().count(), 600_000);
                std::fs::remove_file(scratch.path("out")).unwrap();
                continue;
            }
            assert_eq!(run.code, Some(1), "{step}, {kib}: {}", run.stderr);
            assert_eq!(scratch.names(), ["big"]);
            let said = format!("ngramcount: out of memory; count a part of the n-grams at a time{advice}\n");
            told |= run.stderr == said;
            assert!(run.stderr == said || run.stderr.starts_with("memory allocation of "), "{}", run.stderr);
        }
    }
    assert!(told);
}

#[test]
fn an_output_whose_reader_leaves_is_a_failure_unless_it_is_standard_output() {
    let scratch = Scratch::new();
    let rows = (0..100_000).map(|number| format!("word{number}\t1\n")).collect::<String>();
    scratch.file("big", rows);
    shell(&scratch, "mkfifo fifo").quietly();
    for step in ["map big --format counts", "big", "reduce big", "combine big"] {
        let run = shell(&scratch, &format!("head -c 1 fifo >/dev/null & exec $0 {step} -o fifo"));
        let said = "ngramcount: -o fifo: cannot write: Broken pipe (os error 32)\n";
        assert_eq!((run.code, &*run.stderr), (Some(1), said), "{step}");
        let run = shell(&scratch, &format!("$0 {step} | head -c 1; exit ${{PIPESTATUS[0]}}"));
        assert_eq!(run.quietly().stdout.len(), 1, "{step}");
    }
}

#[test]
fn a_count_that_was_started_to_ignore_an_interruption_goes_on() {
    let program = program();
    let script = "trap '' INT TERM; exec \"$0\" --progress always";
    let mut child = piped(Command::new("sh").args(["-c", script]).arg(program.get_program()));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(LINE.as_bytes()).unwrap();
    // Its first line on stderr comes after its signal handlers are installed.
    let mut stderr = child.stderr.take().unwrap();
    std::io::Read::read_exact(&mut stderr, &mut [0]).unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        kill_process(Pid::from_child(&child), signal).unwrap();
    }
    thread::sleep(Duration::from_millis(300));
    drop(stdin);
    let reader = thread::spawn(move || std::io::Read::read_to_end(&mut stderr, &mut Vec::new()));
    let output = child.wait_with_output().unwrap();
    reader.join().unwrap().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"a\t5\n"[..]));
}

#[test]
fn the_largest_value_of_every_number_is_counted_with_or_refused() {
    let q = data(&format!("{}.crlf.gz", common::Q_SAMPLE));
    let (u32_max, u64_max) = (u32::MAX.to_string(), u64::MAX.to_string());
    let huge = "99999999999999999999999999";
    for (option, largest) in [
        ("--top", &*u64_max),
        ("--min-count", &u64_max),
        ("--chunk", &u64_max),
        ("--smoothing", &u32_max),
        ("--years", &u32_max),
        ("--workers", "4096"),
        ("--retries", &u32_max),
        ("--task-timeout", "1e19"),
        ("--max-restarts", &format!("{u32_max}/1e19")),
        ("--worker-memory", "15EiB"),
        ("--max-tasks-per-worker", &u64_max),
    ] {
        let count = |value: &str| {
            let run = ngramcount(args![q, "--by-year", "--word", "queen", option, value]);
            (run.code, run.stderr)
        };
        assert!(matches!(count(largest).0, Some(0)), "{option} {largest}: {}", count(largest).1);
        if option != "--worker-memory" {
            let (code, said) = count(huge);
            assert_eq!((code, said.lines().count()), (Some(2), 1), "{option} {huge}: {said}");
        }
    }
    for executor in ["threads", "sequential"] {
        ngramcount_reading(LINE.as_bytes(), ["--executor", executor, "--workers", "4096"]).quietly();
    }
    let limit = |most: u32| format!("expected a whole number from 1 to {most}");
    for (option, value, most) in [
        ("--repeat", &*u64_max, 1_000_000),
        ("--repeat", "1000001", 1_000_000),
        ("--workers", "99999999", 4096),
        ("--workers", &u64_max, 4096),
    ] {
        let run = ngramcount(args!["sweep", q, option, value]);
        assert_eq!(run.code, Some(2));
        assert!(run.stderr.ends_with(&format!("{}\n", limit(most))), "{}", run.stderr);
    }
}
