//! Files that change while they are counted.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::thread;

use anyhow::{Result, ensure};

use super::work::{answer, moment, work};
use crate::case::Case;
use crate::execution::LARGE_CHUNKS;
use crate::{arguments, execution};

/// The answer is that to the file before or after the change, whole, or there is an error.
pub fn changed_files(case: &mut Case) -> Result<()> {
    let work = work(case)?;
    let line = work.bytes.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let lines = work.bytes.len() / line;
    let file = case.file("in.tsv", &work.bytes)?;
    let other = case.file("other.tsv", b"other\t1999\t1\t1\n".repeat(lines))?;
    let options = arguments![file, "--format", "v2", "--sort", "ngram"];
    let execution = match case.chance(0.6) {
        true => arguments!["--feed", "split", "--workers", case.pick(&["1", "2", "4"])],
        false => execution::any(case, LARGE_CHUNKS),
    };
    let running = case.start(&[options, execution].concat())?;
    thread::sleep(moment(case, work));
    let kept = case.random.usize(..=lines);
    let (change, after) = match case.random.u32(..4) {
        0 => {
            fs::rename(other, &file)?;
            ("replaced", Some(format!("other\t{lines}\n")))
        }
        1 => {
            fs::remove_file(&file)?;
            ("removed", None)
        }
        2 => {
            OpenOptions::new().write(true).open(&file)?.set_len((kept * line) as u64)?;
            ("truncated", Some(answer(kept)))
        }
        _ => {
            OpenOptions::new().append(true).open(&file)?.write_all(&work.bytes)?;
            // The second half counts on from the first n-gram.
            let row = |row: &str| {
                let (ngram, count) = row.split_once('\t').unwrap_or_default();
                format!("{ngram}\t{}\n", 2 * count.parse::<u64>().unwrap_or(0))
            };
            ("longer", Some(answer(lines).lines().map(row).collect()))
        }
    };
    let ended = case.finish(running)?;
    if ended.code == Some(0) {
        let before_or_after =
            ended.stdout == work.answer || after.is_some_and(|after| ended.stdout == after.as_bytes());
        ensure!(before_or_after, "a part of a file that was {change} was counted, with exit code 0");
    } else {
        ensure!(ended.stderr.contains("in.tsv"), "the file is not named: {}", ended.stderr);
        ensure!(ended.code == Some(1) && ended.stdout.is_empty(), "{ended:?}");
    }
    Ok(())
}
