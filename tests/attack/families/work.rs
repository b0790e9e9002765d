//! Work that takes long enough to be disturbed.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::arguments;
use crate::case::{Case, same};

/// Lines of the work. The unoptimised program takes some fifteen times as long for a line.
const LINES: usize = if cfg!(debug_assertions) { 60_000 } else { 900_000 };
/// Different n-grams: many, so that writing them takes time too.
const NGRAMS: usize = LINES / 2 - 1;

/// A file in v2 and its answer.
pub struct Work {
    pub bytes: Vec<u8>,
    pub answer: Vec<u8>,
    /// The time that a run takes when nothing disturbs it.
    pub time: Duration,
}

/// Some work, made once.
pub fn work(case: &mut Case) -> Result<&'static Work> {
    static WORK: OnceLock<Work> = OnceLock::new();
    if let Some(work) = WORK.get() {
        return Ok(work);
    }
    let bytes: String = (0..LINES).map(|line| format!("w{:06}\t1999\t1\t1\n", line % NGRAMS)).collect();
    let answer = answer(LINES);
    let file = case.file("work", &bytes)?;
    let ended = case.run(&arguments![file, "--sort", "ngram"])?;
    ensure!(ended.code == Some(0), "{}", ended.stderr);
    same(&ended.stdout, answer.as_bytes(), "the table")?;
    std::fs::remove_file(file)?;
    Ok(WORK.get_or_init(|| Work { bytes: bytes.into(), answer: answer.into(), time: ended.took }))
}

/// The answer to the first lines of the work, sorted by n-gram.
pub fn answer(lines: usize) -> String {
    let count = |ngram: usize| lines / NGRAMS + usize::from(ngram < lines % NGRAMS);
    (0..NGRAMS.min(lines)).map(|ngram| format!("w{ngram:06}\t{}\n", count(ngram))).collect()
}

/// A moment of a run, mostly before its end.
pub fn moment(case: &mut Case, work: &Work) -> Duration {
    work.time.mul_f64(1.2 * case.random.f64())
}
