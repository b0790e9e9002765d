//! Limits of the system: descriptors, threads, memory and sizes of files.

use std::fs;

use anyhow::{Result, ensure};

use super::work::work;
use crate::case::{Case, same};
use crate::execution::LARGE_CHUNKS;
use crate::process::Running;
use crate::{arguments, execution};

/// Under any limit the answer is complete, or there is none, and nothing is left behind.
pub fn limits(case: &mut Case) -> Result<()> {
    let work = work(case)?;
    let file = case.file("in.tsv", &work.bytes)?;
    let out = case.file("out.tsv", "old")?;
    let (limit, documented) = match case.random.u32(..4) {
        0 => (format!("-n {}", case.random.u32(8..64)), true),
        1 => (processes(case.random.u32(1..40)), true),
        // The system ends a program that needs more memory or a larger file; what it leaves is what matters.
        2 => (format!("-v {}", case.random.u32(40_000..400_000)), false),
        _ => (format!("-f {}", case.random.u32(..32)), false),
    };
    let script = format!("ulimit {limit} && exec \"$0\" \"$@\"");
    let options = arguments![file, "--format", "v2", "--sort", "ngram", "-o", out];
    let arguments = [options, execution::any(case, LARGE_CHUNKS)].concat();
    let running = Running::start(case.program_below(&["sh", "-c", &script], &arguments))?;
    let ended = if documented { case.finish(running)? } else { running.finish()? };
    case.nothing_is_left()?;
    let found = fs::read(&out)?;
    if ended.code == Some(0) {
        return same(&found, &work.answer, "the oracle");
    }
    ensure!(found == b"old", "the output was replaced, and exit code {:?}", ended.code);
    Ok(())
}

/// A limit of processes, whose option some shells name differently.
fn processes(most: u32) -> String {
    format!("-u {most} 2>/dev/null || ulimit -p {most}")
}
