//! Limits of the system: too few descriptors, processes or threads for all workers.

mod common;

use std::ffi::OsString;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{A_SAMPLE, EXECUTORS, Run, a_gz, data};

/// Runs the program behind another command that limits it.
fn run_behind(limit: &[&str], args: &[OsString]) -> Run {
    let program = env!("CARGO_BIN_EXE_ngramcount");
    Command::new(limit[0]).args(&limit[1..]).arg(program).args(args).output().unwrap().into()
}

/// Runs the program with room for this number of processes and threads. `None` if this user may not do that: root is
/// not limited, and other users have processes of their own.
fn with_processes(number: u32, args: &[OsString]) -> Option<Run> {
    // A user of its own for each run: the limit counts all processes of a user.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let user = 1_000_000 + 128 * std::process::id() + RUNS.fetch_add(1, Ordering::Relaxed);
    let as_user = ["setpriv", "--reuid", &user.to_string(), "--clear-groups"];
    let mut probe = Command::new("setpriv");
    probe.args(&as_user[1..]).arg(env!("CARGO_BIN_EXE_ngramcount")).arg("--version");
    let permitted = probe.output().is_ok_and(|output| output.status.success());
    let number = format!("--nproc={number}");
    permitted.then(|| run_behind(&[&as_user[..], &["prlimit", &number]].concat(), args))
}

fn expected() -> Vec<u8> {
    std::fs::read(data(&format!("{A_SAMPLE}.expected.tsv"))).unwrap()
}

/// The number of workers in the one line that says that not all were started.
#[track_caller]
fn started(run: &Run, reason: &str) -> usize {
    let note = run.stderr.strip_prefix("ngramcount: note: only ").unwrap_or_else(|| panic!("{}", run.stderr));
    let (started, rest) = note.split_once(' ').unwrap();
    assert_eq!(rest, format!("of 8 workers could be started: {reason}\n"));
    started.parse().unwrap()
}

#[test]
fn with_descriptors_for_some_of_the_workers_the_count_goes_on_with_those_and_says_so_once() {
    for descriptors in ["20", "24", "30"] {
        let limit = format!("ulimit -n {descriptors}; exec \"$@\"");
        let args = args![a_gz(), "--workers", "8", "--chunk", "100"];
        let run = run_behind(&["sh", "-c", &limit, "sh"], &args);
        assert!((1..8).contains(&started(&run, "Too many open files (os error 24)")), "{}", run.stderr);
        assert_eq!(run.code, Some(0));
        assert!(run.stdout == expected(), "{descriptors}: the answer is another one");
    }
}

#[test]
fn with_descriptors_for_no_worker_the_count_ends_with_the_reason() {
    let run = run_behind(&["sh", "-c", "ulimit -n 12; exec \"$@\"", "sh"], &args![a_gz(), "--chunk", "100"]);
    assert_eq!(run.code, Some(4));
    let cause =
        "without finishing a task: could not start: /proc/self/exe: Too many open files (os error 24)\n";
    assert!(run.stderr.ends_with(cause) && run.stderr.lines().count() == 1, "{}", run.stderr);
}

#[test]
fn with_processes_for_some_of_the_workers_the_count_goes_on_with_those_and_says_so_once() {
    for (executor, processes) in [("processes", 16), ("processes", 8), ("threads", 6), ("threads", 4)] {
        let args = args![a_gz(), "--workers", "8", "--chunk", "100", "--executor", executor];
        let Some(run) = with_processes(processes, &args) else { return };
        let reason = "Resource temporarily unavailable (os error 11)";
        let refused = [reason.to_owned(), format!("cannot start a thread: {reason}")];
        let reason = refused.iter().find(|reason| run.stderr.contains(&format!("started: {reason}\n")));
        let started = started(&run, reason.unwrap_or_else(|| panic!("{executor}: {}", run.stderr)));
        assert!((1..8).contains(&started), "{executor}: {}", run.stderr);
        assert_eq!(run.code, Some(0));
        assert!(run.stdout == expected(), "{executor}: the answer is another one");
    }
}

#[test]
fn a_thread_that_cannot_be_started_is_an_error_or_a_note_and_no_panic() {
    for executor in EXECUTORS {
        for progress in ["never", "always"] {
            for processes in 1..8 {
                let args =
                    args![a_gz(), "--word", "Aardvark", "--executor", executor, "--progress", progress];
                let Some(run) = with_processes(processes, &args) else { return };
                assert!([Some(0), Some(1), Some(4)].contains(&run.code), "{processes}: {run:?}");
                assert!(!run.stderr.contains("panicked"), "{processes}: {run:?}");
                assert_eq!(run.code == Some(0), run.stdout == b"Aardvark\t15\n", "{processes}: {run:?}");
                assert!(
                    run.code == Some(0) || run.stderr.contains("Resource temporarily unavailable"),
                    "{run:?}"
                );
            }
        }
    }
}
