//! Runs that are ended from outside: by a closed pipe or a signal.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{EXECUTORS, Scratch, a_gz, piped, program};
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_closed_output_pipe_ends_the_run_quietly() {
    // The answer is larger than a pipe holds, so the program still writes after the reader has closed it.
    let scratch = Scratch::new();
    let stats = scratch.path("stats.json");
    let mut child = program()
        .args(args![a_gz(), "--stats-json", stats])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(first.contains('\t'));
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    assert_eq!(scratch.names(), ["stats.json"]);
}

#[test]
fn an_output_fifo_is_written_to_and_not_replaced() {
    let scratch = Scratch::new();
    let fifo = scratch.path("fifo");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let child = program().args(args![a_gz(), "--word", "Aardvark", "-o", fifo]).spawn().map(Guard).unwrap();
    assert_eq!(std::fs::read(&fifo).unwrap(), b"Aardvark\t15\n");
    drop(child);
    assert_eq!(scratch.names(), ["fifo"]);
}

/// Kills the program if the test fails early.
struct Guard(Child);

impl Guard {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Waits for the end, which must come soon; the exit code and stderr.
    fn ends_within(&mut self, limit: Duration) -> (Option<i32>, String) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(started.elapsed() < limit, "the program is still running");
            thread::sleep(Duration::from_millis(5));
        };
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (status.code(), said)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, waiting for more input from a pipe.
fn waiting_for_input(executor: &str, out: &std::path::Path) -> Guard {
    let mut child = program()
        .args(args!["--executor", executor, "--chunk", "1", "--progress", "always", "-o", out])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(b"a\t1999\t1\t1\nb\t1999\t1\t1\nc\t19").unwrap();
    // The progress line shows that the job has started.
    let mut stderr = BufReader::with_capacity(1, child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(" 2 lines") {
        line.clear();
        stderr.read_line(&mut line).unwrap();
    }
    child.stderr = Some(stderr.into_inner());
    Guard(child)
}

#[test]
fn a_signal_ends_a_job_that_waits_for_input() {
    for executor in EXECUTORS {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
            let scratch = Scratch::new();
            let mut child = waiting_for_input(executor, &scratch.path("out"));
            child.signal(signal);
            let (ended, said) = child.ends_within(Duration::from_secs(10));
            assert_eq!(ended, Some(code), "{executor}: {said}");
            let last = said.lines().last().unwrap();
            assert_eq!(last, "ngramcount: interrupted after 2 lines; nothing was written");
            assert!(scratch.names().is_empty());
        }
    }
}

#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let program = program();
    let mut child = piped(Command::new("nohup").arg(program.get_program()).args(["--progress", "always"]));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"a\t1999\t1\t1\n").unwrap();
    // Its first line on stderr comes after its signal handlers are installed.
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_exact(&mut [0]).unwrap();
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    drop(stdin);
    // Keeps a reader for the last progress line.
    let reader = thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
    let output = child.wait_with_output().unwrap();
    reader.join().unwrap().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"a\t1\n"[..]));
}

#[test]
fn a_bad_line_ends_a_job_while_its_input_is_open() {
    for executor in EXECUTORS {
        let scratch = Scratch::new();
        let mut child = waiting_for_input(executor, &scratch.path("out"));
        child.0.stdin.as_mut().unwrap().write_all(b"99\n").unwrap();
        let (ended, said) = child.ends_within(Duration::from_secs(10));
        assert_eq!(ended, Some(1));
        let last = said.lines().last().unwrap();
        assert_eq!(last, "ngramcount: standard input: line 3: expected 4 tab-separated fields, found 2");
    }
}

#[test]
fn a_blocked_program_is_ended_by_the_grace_time_or_a_second_signal() {
    for signals in [1, 2] {
        // Nobody reads this pipe, and it is too small for the answer.
        let mut child = program()
            .args(args![a_gz()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Guard)
            .unwrap();
        let mut stdout = child.0.stdout.take().unwrap();
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        let started = Instant::now();
        for _ in 0..signals {
            child.signal(Signal::INT);
            // The kernel merges two equal signals while the first is pending.
            thread::sleep(Duration::from_millis(100));
        }
        let (code, _) = child.ends_within(Duration::from_secs(10));
        assert_eq!(code, Some(130));
        if signals == 2 {
            assert!(started.elapsed() < Duration::from_millis(1500), "it waited for the clock");
        }
    }
}
