//! Executors agree about any input and any options, errors included.

use std::ffi::OsString;

use anyhow::{Result, ensure};

use crate::case::{Case, same};
use crate::execution::SMALL_CHUNKS;
use crate::{arguments, execution, packing, table};

/// Options of which some are given, also where they do not fit together or to the input.
const OPTIONS: &[&[&str]] = &[
    &["--by-year"],
    &["--ignore-case"],
    &["--pos", "tagged"],
    &["--pos", "NOUN,NUM", "--strip-pos"],
    &["--pos", "untagged"],
    &["--count", "matches,volumes"],
    &["--count", "lines"],
    &["--count", "pages,matches"],
    &["--regex", "^[a-z]"],
    &["--regex", "é|日"],
    &["--prefix", "a"],
    &["--word", "a", "--word", "missing", "--word", "a"],
    &["--years", "1900.."],
    &["--bad-lines", "skip"],
    &["--bad-lines", "skip"],
    &["--n", "2"],
    &["--n", "1..4"],
    &["--tokens", "blanks"],
    &["--tokens", "regex=[^ ]+"],
    &["--smoothing", "2", "--by-year", "--years", "1990..2000"],
    &["--top", "3"],
    &["--min-count", "2"],
    &["--sort", "matches"],
    &["--header"],
    &["--output-format", "jsonl"],
    &["--output-format", "csv"],
];

/// The sequential executor and another one give the same code, bytes and message.
pub fn executors(case: &mut Case) -> Result<()> {
    let mut arguments = Vec::new();
    for number in 0..case.random.usize(1..4) {
        let bytes = input(case)?;
        arguments.push(case.file(&format!("{number}.tsv"), bytes)?.into());
    }
    if case.chance(0.7) {
        arguments.extend(arguments!["--format", case.pick(&["v1", "v2", "v3", "counts", "text"])]);
    }
    for _ in 0..case.random.usize(..4) {
        arguments.extend(case.pick(OPTIONS).iter().map(OsString::from));
    }
    let alone = case.run(&[&arguments[..], &arguments!["--executor", "sequential"][..]].concat())?;
    let other = match case.chance(0.3) {
        true => arguments!["--executor", "threads", "--workers", "3", "--chunk", "2"],
        false => [execution::processes(case, SMALL_CHUNKS), execution::feed(case)].concat(),
    };
    let other = case.run(&[arguments, other].concat())?;
    ensure!(
        (alone.code, &alone.stderr) == (other.code, &other.stderr),
        "sequential ends with {:?} {:?}, the other with {:?} {:?}",
        alone.code,
        alone.stderr,
        other.code,
        other.stderr
    );
    same(&other.stdout, &alone.stdout, "the sequential executor")
}

/// A file that may hold anything.
fn input(case: &mut Case) -> Result<Vec<u8>> {
    let format = case.pick(&["v1", "v2", "v3", "counts", "text"]);
    let lines = table::lines(case, format, 0.0);
    let mut bytes = table::bytes(case, &lines);
    match case.random.u32(..6) {
        0 => bytes = (0..case.random.usize(..2000)).map(|_| case.random.u8(..)).collect(),
        1 => packing::damage(case, &mut bytes),
        2 => bytes = packing::gzip_members(case, &bytes)?,
        3 => {
            bytes = (0..case.random.usize(..2000)).map(|_| case.pick(b"ab \t\t\n\r1290,_\xc3\xa9")).collect()
        }
        _ => {}
    }
    Ok(bytes)
}
