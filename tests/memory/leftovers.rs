//! Files on disk have no name, so that nothing is left of them after any end.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{Run, Scratch, piped, program, until, workers_of};
use crate::ways::{WAYS, assert_empty, folder, spilling, v2_rows};

/// Whether a process has a file of this folder open that has no name.
fn has_spilled(id: i32, folder: &Path) -> bool {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    open.filter_map(|fd| fs::read_link(fd.path()).ok())
        .any(|file| file.starts_with(folder) && file.to_string_lossy().ends_with(" (deleted)"))
}

fn is_gone(id: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, behind)| behind.trim_start().starts_with('Z'))
}

/// A count that has gone to disk and waits for more input.
fn spilled_and_waiting(way: [&str; 5], folder: &Path) -> (Child, Vec<i32>) {
    let mut child = piped(program().args(spilling(way, folder)));
    child.stdin.as_mut().unwrap().write_all(v2_rows(9, 3000).as_bytes()).unwrap();
    let mut all = Vec::new();
    until("a file on disk", Duration::from_secs(20), || {
        all = [vec![child.id() as i32], workers_of(child.id())].concat();
        all.iter().any(|&id| has_spilled(id, folder))
    });
    (child, all)
}

#[cfg(target_os = "linux")]
#[test]
fn no_file_has_a_name_while_the_program_runs_or_after_any_of_its_ends() {
    for way in [WAYS[0], WAYS[2], WAYS[4]] {
        for end in ["input", "error", "INT", "TERM", "HUP", "KILL", "KILL of all"] {
            let scratch = Scratch::new();
            let folder = folder(&scratch);
            let (mut child, all) = spilled_and_waiting(way, &folder);
            assert_empty(&folder);
            let signal = |signal| kill_process(Pid::from_child(&child), signal).unwrap();
            let code = match end {
                "input" => Some(0),
                "error" => {
                    child.stdin.as_mut().unwrap().write_all(b"no row\n").unwrap();
                    Some(1)
                }
                "INT" => (signal(Signal::INT), Some(130)).1,
                "TERM" => (signal(Signal::TERM), Some(143)).1,
                "HUP" => (signal(Signal::HUP), Some(129)).1,
                "KILL" => (signal(Signal::KILL), None).1,
                _ => {
                    for &id in &all {
                        let _ = kill_process(Pid::from_raw(id).unwrap(), Signal::KILL);
                    }
                    None
                }
            };
            // The end of the input may come before a signal that was sent earlier.
            let input = child.stdin.take().filter(|_| !matches!(end, "input" | "error"));
            let run: Run = child.wait_with_output().unwrap().into();
            drop(input);
            assert_eq!(run.code, code, "{way:?}, {end}: {}", run.stderr);
            until("the end of all", Duration::from_secs(5), || all.iter().all(|&id| is_gone(id)));
            assert_empty(&folder);
        }
    }
}
