//! Random ways to execute a count, which must not matter for its answer.

use std::ffi::OsString;

use crate::arguments;
use crate::case::Case;

/// Numbers of lines in a chunk. Small ones are for small inputs: each chunk is a message, or even a process.
pub const SMALL_CHUNKS: &[&str] = &["auto", "auto", "1", "2", "3", "17", "100", "1000", "20000"];
/// Numbers for inputs of many lines.
pub const LARGE_CHUNKS: &[&str] = &["auto", "auto", "997", "5000", "20000"];

/// Arguments of some executor, size of chunks and number of workers.
pub fn any(case: &mut Case, chunks: &[&str]) -> Vec<OsString> {
    match case.pick(&["processes", "processes", "processes", "threads", "sequential"]) {
        "processes" => processes(case, chunks),
        other => [arguments!["--executor", other], chunk_and_workers(case, chunks)].concat(),
    }
}

/// Arguments of some size of chunks and number of worker processes, some of which end after a few chunks.
pub fn processes(case: &mut Case, chunks: &[&str]) -> Vec<OsString> {
    let mut arguments = chunk_and_workers(case, chunks);
    // Not a process for each line.
    if case.chance(0.1) && arguments[1].len() > 1 {
        arguments.extend(arguments!["--max-tasks-per-worker", case.pick(&["1", "2", "7"])]);
    }
    arguments
}

/// Arguments of some feed of worker processes, for files that can be split: zip archives and pipes cannot be.
pub fn feed(case: &mut Case) -> Vec<OsString> {
    arguments!["--feed", case.pick(&["auto", "pipe", "split"])]
}

fn chunk_and_workers(case: &mut Case, chunks: &[&str]) -> Vec<OsString> {
    arguments!["--chunk", case.pick(chunks), "--workers", case.pick(&["1", "2", "3", "5"])]
}

/// A budget that no attack by signals or faults uses up.
pub fn patience() -> Vec<OsString> {
    arguments!["--retries", "1000", "--max-restarts", "100000/10"]
}
