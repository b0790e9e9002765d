//! Faults that the program injects into its own workers.

use anyhow::{Result, ensure};

use crate::case::{Case, same};
use crate::table::{self, Question};
use crate::{arguments, execution};

const FAULTS: &[&str] = &[
    "kill", "panic", "exit", "abort", "hang", "spin", "stop", "oom", "print", "garbage", "truncate",
    "oversize",
];
const POINTS: &[&str] = &["hello", "reading", "running", "mid-result", "after-result"];

/// Under any mix of faults the answer is the same.
pub fn chaos(case: &mut Case) -> Result<()> {
    let lines = table::lines(case, "v2", 0.0);
    let bytes = table::bytes(case, &lines);
    let file = case.file("in.tsv", bytes)?;
    let mut rules = vec![format!("seed={}", case.random.u32(..))];
    for _ in 0..case.random.usize(1..6) {
        let fault = case.pick(FAULTS);
        // Each of these costs a timeout.
        let most = if ["hang", "spin", "stop"].contains(&fault) { 0.02 } else { 0.3 };
        let point = if case.chance(0.5) { format!("@{}", case.pick(POINTS)) } else { String::new() };
        rules.push(format!("{fault}{point}={:.3}", most * case.random.f64()));
    }
    let chaos = arguments!["--chaos", rules.join(","), "--task-timeout", "0.5", "--worker-memory", "256MiB"];
    let chunk = arguments!["--chunk", case.pick(&["7", "50", "400", "auto"]), "--format", "v2"];
    let budget = arguments!["--retries", case.pick(&["1", "2", "5"]), "--max-restarts", "100000/10"];
    let execution = [execution::feed(case), arguments!["--workers", case.pick(&["1", "2", "4"])]].concat();
    let ended = case.run(&[arguments![file], chaos, chunk, budget, execution].concat())?;
    ensure!(ended.code == Some(0), "exit code {:?}: {}", ended.code, ended.stderr);
    same(&ended.stdout, Question::matches().answer(&[lines]).as_bytes(), "the oracle")
}
