//! Random ways to execute a count, which must not matter for its answer.

use std::ffi::OsString;

use crate::arguments;
use crate::case::Case;

/// Arguments of some executor, feed, chunk size and number of workers.
pub fn any(case: &mut Case) -> Vec<OsString> {
    match case.pick(&["processes", "processes", "processes", "threads", "sequential"]) {
        "processes" => processes(case),
        other => [arguments!["--executor", other], chunk_and_workers(case)].concat(),
    }
}

/// Arguments of some feed, chunk size and number of worker processes. Zip archives and pipes cannot be split, so the
/// feed is only given where the caller knows that it can be.
pub fn processes(case: &mut Case) -> Vec<OsString> {
    let mut arguments = chunk_and_workers(case);
    if case.chance(0.1) {
        arguments.extend(arguments!["--max-tasks-per-worker", case.pick(&["1", "2", "7"])]);
    }
    arguments
}

/// Arguments of some feed of files that can be split.
pub fn feed(case: &mut Case) -> Vec<OsString> {
    arguments!["--feed", case.pick(&["auto", "pipe", "split"])]
}

fn chunk_and_workers(case: &mut Case) -> Vec<OsString> {
    let chunk = case.pick(&["auto", "auto", "1", "2", "3", "17", "100", "1000", "20000"]);
    arguments!["--chunk", chunk, "--workers", case.pick(&["1", "2", "3", "5"])]
}

/// A budget that no attack by signals or faults uses up.
pub fn patience() -> Vec<OsString> {
    arguments!["--retries", "1000", "--max-restarts", "100000/10"]
}
