//! Workers that die, hang, send garbage or are killed: the answer does not change, or the failure is named.

mod common;

use std::io::Write;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{A_SAMPLE, Scratch, a_gz, data, ngramcount, program, until, workers_of};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn expected() -> Vec<u8> {
    std::fs::read(data(&format!("{A_SAMPLE}.expected.tsv"))).unwrap()
}

fn is_alive(id: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, behind)| !behind.trim_start().starts_with('Z'))
}

fn kill(id: i32) {
    let _ = kill_process(Pid::from_raw(id).unwrap(), Signal::KILL);
}

/// A run whose input comes from the test, which so decides how long it lasts.
fn fed_by_test(scratch: &Scratch) -> Child {
    let out = scratch.path("out.tsv");
    let stats = scratch.path("stats.json");
    let args = args!["--chunk", "200", "--workers", "2", "-o", out, "--stats-json", stats];
    program().args(args).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn killing_twenty_workers_does_not_change_the_answer() {
    let scratch = Scratch::new();
    let packed = std::fs::read(a_gz()).unwrap();
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&packed[..]), &mut text).unwrap();

    let mut child = fed_by_test(&scratch);
    let mut stdin = child.stdin.take().unwrap();
    for (shot, piece) in text.chunks(text.len() / 20).enumerate() {
        stdin.write_all(piece).unwrap();
        if shot < 20 {
            let mut workers = Vec::new();
            until("a worker", Duration::from_secs(10), || {
                workers = workers_of(child.id());
                !workers.is_empty()
            });
            // Over twenty kills some workers are busy and some are idle.
            if shot % 2 == 0 {
                thread::sleep(Duration::from_millis(5));
            }
            kill(workers[shot % workers.len()]);
        }
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(std::fs::read(scratch.path("out.tsv")).unwrap() == expected(), "the answer is another one");
    let stats: Value = serde_json::from_slice(&std::fs::read(scratch.path("stats.json")).unwrap()).unwrap();
    let restarts = stats["workers"]["restarts"].as_u64().unwrap();
    assert!((1..=20).contains(&restarts), "{restarts} restarts");
    assert_eq!(stats["lines"]["counted"], 50_029);
}

#[test]
fn a_killed_parent_leaves_no_worker_behind() {
    let scratch = Scratch::new();
    let busy = "spin@running=1";
    for chaos in ["", busy] {
        let mut child = program()
            .args(args!["--chunk", "1", "--chaos", chaos, "-o", scratch.path("out.tsv")])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"a\t1999\t1\t1\nb\t1999\t1\t1\nc\t1999\t1\t1\n").unwrap();
        until("workers", Duration::from_secs(10), || workers_of(child.id()).len() == 2 || chaos.is_empty());
        thread::sleep(Duration::from_millis(50));
        let workers = workers_of(child.id());
        assert!(!workers.is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        until("the workers' end", Duration::from_secs(2), || !workers.iter().any(|&id| is_alive(id)));
        assert!(scratch.names().is_empty());
    }
}

#[test]
fn an_interrupted_run_leaves_no_worker_behind_not_even_a_hung_one() {
    let mut child = program()
        .args(args!["--chunk", "1", "--chaos", "spin@running=1"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"a\t1999\t1\t1\nb\t1999\t1\t1\n").unwrap();
    until("workers", Duration::from_secs(10), || !workers_of(child.id()).is_empty());
    thread::sleep(Duration::from_millis(50));
    let workers = workers_of(child.id());
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(!workers.iter().any(|&id| is_alive(id)));
}

#[test]
fn thirty_seeds_of_chaos_do_not_change_the_answer() {
    let expected = expected();
    for seed in 0..30 {
        let chaos = format!(
            "kill=0.02,panic=0.02,exit=0.01,abort=0.01,oom=0.003,garbage=0.01,truncate=0.01,oversize=0.01,\
             print=0.05,hang=0.001,stop=0.001,seed={seed}"
        );
        let chunk = [997, 5000, 20_000][seed % 3].to_string();
        let run = ngramcount(args![a_gz(), "--chunk", chunk, "--task-timeout", "1", "--chaos", chaos]);
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "seed {seed}");
        assert!(run.stdout == expected, "seed {seed}: the answer is another one");
    }
}

/// Forty lines; only the twenty-third has its n-gram.
fn forty_lines(scratch: &Scratch) -> std::path::PathBuf {
    let line = |n: u32| if n == 23 { "poison\t1999\t5\t1\n".into() } else { format!("w{n}\t1999\t{n}\t1\n") };
    scratch.file("forty.tsv", (1..=40).map(line).collect::<String>())
}

#[test]
fn a_line_that_crashes_every_worker_is_named_and_ends_the_job() {
    for (fault, cause) in [
        ("kill", "this line crashed 3 workers (signal 9, SIGKILL)"),
        ("abort", "this line crashed 3 workers (signal 6, SIGABRT)"),
        ("exit", "this line crashed 3 workers (exited with code 3)"),
        ("panic", "this line made 3 attempts panic (chaos: a panic on purpose)"),
        ("hang", "this line crashed 3 workers (no answer within 0.2 s)"),
    ] {
        let scratch = Scratch::new();
        let file = forty_lines(&scratch);
        let (out, quarantine) = (scratch.path("out.tsv"), scratch.path("quarantine.tsv"));
        let timeout = if fault == "hang" { "0.2" } else { "60" };
        let chaos = format!("{fault}-on=poison");
        let args =
            args![file, "-o", out, "--chaos", chaos, "--quarantine", quarantine, "--task-timeout", timeout];
        let run = ngramcount(args);
        assert_eq!(run.stderr, format!("ngramcount: {}: line 23: {cause}\n", file.display()));
        assert_eq!(run.code, Some(4));
        assert_eq!(scratch.names(), ["forty.tsv", "quarantine.tsv"]);
        let poison = format!("{}\t23\tpoison\t1999\t5\t1\n", file.display());
        assert_eq!(std::fs::read_to_string(&quarantine).unwrap(), poison);
    }
}

#[test]
fn a_line_that_crashes_every_worker_can_be_skipped() {
    let scratch = Scratch::new();
    let file = forty_lines(&scratch);
    for chunk in ["1", "3", "40", "20000"] {
        let stats = scratch.path("stats.json");
        let args = args![
            file,
            "--chunk",
            chunk,
            "--sort",
            "ngram",
            "--stats-json",
            stats,
            "--chaos",
            "kill-on=poison",
            "--on-poison",
            "skip"
        ];
        let run = ngramcount(args);
        let mut rows: Vec<String> = (1..=40).filter(|&n| n != 23).map(|n| format!("w{n}\t{n}\n")).collect();
        rows.sort();
        assert_eq!(run.text(), rows.concat());
        assert_eq!(run.code, Some(3));
        let cause = "line 23: this line crashed 3 workers (signal 9, SIGKILL)";
        assert_eq!(run.stderr, format!("ngramcount: {}: {cause}\n", file.display()));
        let stats: Value = serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
        let lines = serde_json::json!({"counted": 39, "filtered": 0, "bad": 0, "quarantined": 1});
        assert_eq!((&stats["lines"], &stats["complete"]), (&lines, &Value::Bool(false)));
    }
}

#[test]
fn adjacent_lines_that_crash_workers_are_all_found_in_any_chunk_size_and_soon() {
    // As many as there are years of one n-gram, of 50,000 lines, and fewer where each line is a chunk.
    for (lines, poison, chunk) in
        [(50_000, 20_000..20_394, "50000"), (50_000, 20_000..20_394, "1000"), (90, 20..60, "1")]
    {
        let scratch = Scratch::new();
        let line = |n: u32| match poison.contains(&n) {
            true => format!("poison\t{}\t5\t1\n", 1500 + n - poison.start),
            false => format!("w{n}\t1999\t1\t1\n"),
        };
        let file = scratch.file("adjacent.tsv", (0..lines).map(line).collect::<String>());
        let quarantine = scratch.path("quarantine.tsv");
        let supervision =
            args!["--chaos", "kill-on=poison", "--on-poison", "skip", "--quarantine", quarantine];
        let started = Instant::now();
        let run = ngramcount([&args![file, "--chunk", chunk][..], &supervision[..]].concat());
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        assert_eq!(run.text().lines().count(), lines as usize - poison.len());
        assert!(!run.text().contains("poison"));
        let found = std::fs::read_to_string(&quarantine).unwrap();
        let wanted = poison.clone().map(|n| format!("{}\t{}\t{}", file.display(), n + 1, line(n)));
        assert_eq!(found, wanted.collect::<String>());
    }
}

#[test]
fn a_worker_that_always_dies_ends_the_job_with_the_last_cause() {
    let run =
        ngramcount(args![a_gz(), "--chaos", "kill@hello=1", "--retries", "100", "--max-restarts", "3/10"]);
    let cause = "gave up: a worker died 4 times within 10 s without finishing a task: signal 9, SIGKILL";
    assert_eq!((run.code, run.stderr), (Some(4), format!("ngramcount: {cause}\n")));
}

#[test]
fn workers_that_fail_before_their_hello_are_replaced_under_the_same_budget() {
    for fault in ["panic", "exit", "abort", "kill", "oom", "print", "garbage", "truncate", "oversize"] {
        let run = ngramcount(args![a_gz(), "--chaos", format!("{fault}@hello=1")]);
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{fault}");
        assert!(run.stdout == expected(), "{fault}: the answer is another one");
    }
    // One that is stopped is replaced after the start timeout of 10 s.
    assert!(
        ngramcount(args![a_gz(), "--retries", "1", "--chaos", "stop@hello=1"]).quietly().stdout == expected()
    );

    let run =
        ngramcount(args![a_gz(), "--chaos", "exit@hello=1", "--retries", "100", "--max-restarts", "3/10"]);
    assert_eq!(run.code, Some(4));
    let cause = "gave up: a worker died 4 times within 10 s without finishing a task: could not start: exit status: 3";
    assert!(run.stderr.starts_with(&format!("ngramcount: {cause}")), "{}", run.stderr);
}

#[test]
fn memory_limits_and_recycling_do_not_change_the_answer() {
    let args = args![a_gz(), "--chunk", "1000", "--worker-memory", "256MiB", "--max-tasks-per-worker", "3"];
    assert!(ngramcount(args).quietly().stdout == expected());
}

#[test]
fn a_worker_out_of_memory_is_reported_as_such() {
    let scratch = Scratch::new();
    let long = format!("{}\t1999\t1\t1\n", "x".repeat(15 << 20));
    let file = scratch.file("long.tsv", long);
    let run = ngramcount(args![file, "--worker-memory", "36MiB"]);
    assert_eq!(run.code, Some(4));
    assert!(run.stderr.contains("line 1: this line crashed 3 workers (out of memory: "), "{}", run.stderr);
}

#[test]
fn a_memory_limit_that_no_worker_starts_with_is_refused() {
    let run = ngramcount(args![a_gz(), "--worker-memory", "31MiB"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("a worker needs 32MiB to start"), "{}", run.stderr);
}

#[test]
fn the_ledger_has_a_line_for_each_attempt() {
    let scratch = Scratch::new();
    let (ledger, stats) = (scratch.path("ledger.jsonl"), scratch.path("stats.json"));
    let args = args![
        a_gz(),
        "--chunk",
        "1000",
        "--ledger",
        ledger,
        "--stats-json",
        stats,
        "--chaos",
        "kill=0.05,seed=1"
    ];
    assert!(ngramcount(args).quietly().stdout == expected());
    let text = std::fs::read_to_string(&ledger).unwrap();
    let attempts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stats: Value = serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
    assert_eq!(stats["tasks"]["attempts"], attempts.len());
    let done = attempts.iter().filter(|attempt| attempt["outcome"] == "done");
    assert_eq!(done.clone().map(|attempt| attempt["lines"].as_u64().unwrap()).sum::<u64>(), 50_029);
    assert_eq!(stats["tasks"]["retried"], attempts.len() - done.count());
    for attempt in &attempts {
        let time = |name: &str| attempt[name].as_f64().unwrap();
        assert!(time("queued") <= time("started") && time("started") <= time("ended"), "{attempt}");
        assert!(attempt["bytes"].as_u64().unwrap() > 0 && attempt["pid"].as_u64().unwrap() > 1);
    }
}

#[test]
fn panics_of_workers_cost_no_backtraces() {
    let chaos = args![a_gz(), "-v", "--chunk", "1000", "--chaos", "panic=0.1,seed=3"];
    let run: common::Run = program().args(chaos).env("RUST_BACKTRACE", "1").output().unwrap().into();
    assert!(run.stdout == expected() && run.stderr.contains("chaos: a panic on purpose"), "{}", run.stderr);
    assert!(!run.stderr.contains("stack backtrace"), "{}", run.stderr);
}

#[test]
fn a_ledger_that_cannot_be_written_is_an_error() {
    let run = ngramcount(args![a_gz(), "--ledger", "/dev/full", "--word", "Aardvark"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stderr, "ngramcount: --ledger /dev/full: No space left on device (os error 28)\n");
}

#[test]
fn an_unread_stderr_does_not_block_the_job() {
    let scratch = Scratch::new();
    let words = args!["-v", "--chunk", "20", "--chaos", "print=1", "-o", scratch.path("out.tsv")];
    // About 300 kB, several times the capacity of the pipe, which is not read.
    let mut child = program().arg(a_gz()).args(&words).stderr(Stdio::piped()).spawn().unwrap();
    let unread = child.stderr.take();
    let mut status = None;
    until("the end of the job", Duration::from_secs(60), || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    drop(unread);
    assert_eq!(status.unwrap().code(), Some(0));
    assert!(std::fs::read(scratch.path("out.tsv")).unwrap() == expected());

    // A reader gets all of it.
    let run = ngramcount([&args![a_gz()][..], &words[..]].concat());
    let stray = run.stderr.lines().filter(|line| line.ends_with("chaos: a stray print"));
    assert!(stray.count() >= 4 * 2502 && !run.stderr.contains("left out"), "{}", run.stderr.lines().count());
}

/// A field in kB of a file below `/proc`, in bytes.
fn proc_bytes(id: i32, file: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[test]
fn shared_memory_of_processes_is_counted_once() {
    let scratch = Scratch::new();
    let stats = scratch.path("stats.json");
    let mut child = program()
        .args(args!["--chunk", "1", "--workers", "4", "--stats-json", stats, "-o", scratch.path("out.tsv")])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines = "a\t1999\t1\t1\n".repeat(100);
    stdin.write_all(lines.as_bytes()).unwrap();
    until("workers", Duration::from_secs(10), || workers_of(child.id()).len() >= 2);
    // Long enough for the supervisor to measure all workers.
    thread::sleep(Duration::from_millis(1500));
    let all = [workers_of(child.id()), vec![child.id() as i32]].concat();
    let sum = |file, field| all.iter().map(|&id| proc_bytes(id, file, field)).sum::<u64>();
    stdin.write_all(lines.as_bytes()).unwrap();
    let (peaks, divided) = (sum("status", "VmHWM:"), sum("smaps_rollup", "Pss:"));
    drop(stdin);
    assert!(child.wait().unwrap().success());
    let stats: Value = serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
    let told = stats["peak_memory_bytes"].as_u64().unwrap();
    // The proportional size (Pss) is less than the sum of the peaks by the program's own pages, once per worker but one.
    let middle = divided.midpoint(peaks);
    assert!(divided / 2 < told && told < middle, "{told} is not between {divided} / 2 and {middle}");
}
