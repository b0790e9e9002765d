//! Lines that no worker survives.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, ensure};

use crate::case::{Case, same};
use crate::execution::SMALL_CHUNKS;
use crate::{arguments, execution};

/// With `skip` exactly these lines are left out, and each is in the quarantine; with `fail` the first one is named.
pub fn poison(case: &mut Case) -> Result<()> {
    let lines = case.pick(&[1, 2, 50, 3000]);
    let mut poison = BTreeSet::new();
    for _ in 0..case.random.usize(1..4) {
        let first = case.random.usize(1..=lines);
        let adjacent = case.pick(&[1, 1, 2, 5, 60]);
        poison.extend(first..=lines.min(first + adjacent - 1));
    }
    let text = |line: usize| match poison.contains(&line) {
        true => format!("poison\t{line}\t1\t1\n"),
        false => format!("w{line:04}\t1999\t{line}\t1\n"),
    };
    let file = case.file("in.tsv", (1..=lines).map(text).collect::<String>())?;
    let quarantine = case.path("quarantine.tsv");
    let skip = case.chance(0.7);
    let fault = case.pick(&["kill-on=poison", "abort-on=poison", "panic-on=poison", "exit-on=poison"]);
    let policy = arguments!["--chaos", fault, "--on-poison", if skip { "skip" } else { "fail" }];
    let options = arguments![file, "--format", "v2", "--quarantine", quarantine, "--sort", "ngram"];
    let budget = arguments!["--retries", case.pick(&["0", "1", "2"])];
    let execution = [execution::processes(case, SMALL_CHUNKS), execution::feed(case)].concat();
    let ended = case.run(&[options, policy, budget, execution].concat())?;
    let found = fs::read_to_string(&quarantine).unwrap_or_default();
    if !skip {
        let first = poison.iter().next().copied().unwrap_or(0);
        let place = format!("ngramcount: {}: line {first}: ", file.display());
        ensure!(ended.code == Some(4) && ended.stdout.is_empty(), "{ended:?}");
        ensure!(ended.stderr.starts_with(&place), "not at line {first}, but: {}", ended.stderr);
        let row = format!("{}\t{first}\t{}", file.display(), text(first));
        return same(found.as_bytes(), row.as_bytes(), "the quarantine");
    }
    ensure!(ended.code == Some(3), "exit code {:?}: {}", ended.code, ended.stderr);
    let left = (1..=lines).filter(|line| !poison.contains(line));
    let rows: String = left.map(|line| format!("w{line:04}\t{line}\n")).collect();
    same(&ended.stdout, rows.as_bytes(), "the table without poison")?;
    let rows: String =
        poison.iter().map(|&line| format!("{}\t{line}\t{}", file.display(), text(line))).collect();
    same(found.as_bytes(), rows.as_bytes(), "the poison")
}
