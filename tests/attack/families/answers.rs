//! Answers to random questions about random tables and texts, against a map and a sort.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::case::{Case, same};
use crate::execution::SMALL_CHUNKS;
use crate::packing;
use crate::table::{self, Lines, Question};
use crate::{arguments, execution};

/// Several files of one format, packed and executed in any way, with bad lines.
pub fn tables(case: &mut Case) -> Result<()> {
    let format = case.pick(&["v1", "v2", "v2", "v3", "v3", "counts"]);
    let bad_lines = case.pick(&[0.0, 0.0, 0.0, 0.01, 0.2]);
    ask(case, format, bad_lines)
}

/// Several texts.
pub fn texts(case: &mut Case) -> Result<()> {
    ask(case, "text", 0.0)
}

fn ask(case: &mut Case, format: &str, bad_lines: f64) -> Result<()> {
    let question = Question::any(case, format);
    let (paths, files, splittable) = files(case, format, bad_lines)?;
    let execution = execution::any(case, SMALL_CHUNKS);
    let feed = if splittable && execution[1] != "threads" && execution[1] != "sequential" {
        execution::feed(case)
    } else {
        Vec::new()
    };
    let skip = case.chance(0.5);
    let bad = arguments!["--format", format, "--bad-lines", if skip { "skip" } else { "fail" }];
    let ended = case.run(&[question.arguments(), execution, feed, bad, paths.clone()].concat())?;
    if question.is_impossible() {
        ensure!(
            ended.code == Some(2) && ended.stdout.is_empty(),
            "an impossible question was answered: {ended:?}"
        );
        return Ok(());
    }
    let first_bad = (files.iter().zip(&paths))
        .find_map(|(lines, path)| Some((path, lines.iter().position(|line| line.bad)? + 1)));
    match first_bad {
        Some((path, line)) if !skip => {
            let place = format!("ngramcount: {}: line {line}: ", path.display());
            ensure!(
                ended.code == Some(1) && ended.stdout.is_empty(),
                "a bad line was passed over: {ended:?}"
            );
            ensure!(ended.stderr.starts_with(&place), "not at `{place}`, but: {}", ended.stderr);
        }
        bad => {
            let code = if bad.is_some() { 3 } else { 0 };
            ensure!(ended.code == Some(code), "exit code {:?}: {}", ended.code, ended.stderr);
            same(&ended.stdout, question.answer(&files).as_bytes(), "the oracle")?;
        }
    }
    Ok(())
}

/// Some files: their paths, their lines, and whether workers can read parts of them.
fn files(case: &mut Case, format: &str, bad_lines: f64) -> Result<(Vec<OsString>, Vec<Lines>, bool)> {
    let (mut paths, mut files, mut splittable) = (Vec::new(), Vec::new(), true);
    for number in 0..case.random.usize(1..4) {
        let mut lines = table::lines(case, format, bad_lines);
        let bytes = table::bytes(case, &lines);
        let (ending, bytes) = match case.pick(&["", "", "gz", "zip"]) {
            "gz" => ("gz", packing::gzip_members(case, &bytes)?),
            "zip" => {
                splittable = false;
                let more = table::lines(case, format, bad_lines);
                let entries = [("a".into(), bytes), ("b".into(), table::bytes(case, &more))];
                lines.extend(more);
                ("zip", packing::zip(case, &entries)?)
            }
            plain => (plain, bytes),
        };
        paths.push(case.file(&format!("{number}.{ending}"), bytes)?.into());
        files.push(lines);
    }
    Ok((paths, files, splittable))
}

/// `map`, `combine` and `reduce` of parts are the count of the whole.
pub fn steps(case: &mut Case) -> Result<()> {
    let format = case.pick(&["v1", "v2", "v3", "counts"]);
    let (paths, files, _) = files(case, format, 0.0)?;
    let question = Question::steps();
    let mut parts = Vec::new();
    for path in &paths {
        let mapped = case.run(&[arguments!["map", "--format", format], vec![path.clone()]].concat())?;
        ensure!(mapped.code == Some(0), "{}", mapped.stderr);
        parts.extend(mapped.stdout);
    }
    let mut rows: Vec<&[u8]> = parts.split_inclusive(|&byte| byte == b'\n').collect();
    let sorted = case.chance(0.5);
    if sorted {
        rows.sort_unstable()
    } else {
        case.random.shuffle(&mut rows)
    }
    let mut file: PathBuf = case.file("parts", rows.concat())?;
    if case.chance(0.5) {
        let combined = case.run(&arguments!["combine", file])?;
        ensure!(combined.code == Some(0), "{}", combined.stderr);
        file = case.file("combined", combined.stdout)?;
    }
    let mut arguments = arguments!["reduce", file];
    arguments.extend(sorted.then(|| OsString::from("--sorted")));
    let reduced = case.run(&arguments)?;
    ensure!(reduced.code == Some(0), "{}", reduced.stderr);
    same(&reduced.stdout, question.answer(&files).as_bytes(), "the oracle")
}
