//! Gzip and zip files, whole and damaged. Exit code 0 means that all of the file was unpacked.

use anyhow::{Result, ensure};

use crate::case::{Case, same};
use crate::execution::SMALL_CHUNKS;
use crate::table::{self, Question};
use crate::{arguments, execution, packing};

/// A damaged gzip file is refused, unless another decoder unpacks it; then the answer is that to its bytes.
pub fn gzip(case: &mut Case) -> Result<()> {
    let lines = table::lines(case, "v2", 0.0);
    let bytes = table::bytes(case, &lines);
    let mut packed = packing::gzip_members(case, &bytes)?;
    let whole = case.chance(0.2);
    if !whole {
        packing::damage(case, &mut packed);
    } else if case.chance(0.3) {
        packed.extend(vec![0; case.random.usize(1..2000)]);
    }
    let unpacked = match packed.starts_with(&[0x1f, 0x8b]) {
        true => packing::gunzip(&packed),
        // Without the two magic bytes it is a plain file.
        false => Some(packed.clone()),
    };
    let file = case.file("packed.gz", &packed)?;
    let execution = [execution::any(case, SMALL_CHUNKS), arguments!["--format", "v2"]].concat();
    let ended = case.run(&[arguments![file], execution].concat())?;
    if ended.code != Some(0) {
        ensure!(!whole, "a whole file is refused: {}", ended.stderr);
        ensure!(ended.code == Some(1) && ended.stdout.is_empty(), "{ended:?}");
        ensure!(ended.stderr.contains("packed.gz: "), "the file is not named: {}", ended.stderr);
        return Ok(());
    }
    let Some(unpacked) = unpacked else { anyhow::bail!("a damaged file was counted") };
    let plain = case.file("plain.tsv", unpacked)?;
    let expected = case.run(&arguments![plain, "--format", "v2", "--executor", "sequential"])?;
    ensure!(expected.code == Some(0), "the unpacked bytes are refused: {}", expected.stderr);
    same(&ended.stdout, &expected.stdout, "the unpacked file")
}

/// A damaged zip archive is refused, or the damage is in bytes that do not matter.
pub fn zip(case: &mut Case) -> Result<()> {
    let mut files = Vec::new();
    let mut entries = Vec::new();
    for number in 0..case.random.usize(1..4) {
        let lines = table::lines(case, "v2", 0.0);
        entries.push((format!("entry{number}"), table::bytes(case, &lines)));
        files.push(lines);
    }
    let mut packed = packing::zip(case, &entries)?;
    packing::damage(case, &mut packed);
    // Without the magic bytes it is a plain file, and empty ones have no bad line.
    if !packed.starts_with(b"PK") {
        return Ok(());
    }
    let file = case.file("packed.zip", &packed)?;
    let execution = [execution::any(case, SMALL_CHUNKS), arguments!["--format", "v2"]].concat();
    let ended = case.run(&[arguments![file], execution].concat())?;
    if ended.code == Some(0) {
        let answer = Question::matches().answer(&files);
        return same(&ended.stdout, answer.as_bytes(), "the archive before it was damaged");
    }
    ensure!(ended.code == Some(1) && ended.stdout.is_empty(), "{ended:?}");
    ensure!(ended.stderr.contains("packed.zip: "), "the file is not named: {}", ended.stderr);
    Ok(())
}

/// An archive with entries of one name, of the names of folders, or with a byte order mark each is counted whole, or
/// refused.
pub fn zip_entries(case: &mut Case) -> Result<()> {
    let (mut files, mut entries) = (Vec::new(), Vec::new());
    let marked = case.chance(0.5);
    for number in 0..case.random.usize(2..5) {
        let lines = table::lines(case, "v2", 0.0);
        let mut bytes = table::bytes(case, &lines);
        if marked && !bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.splice(0..0, "\u{feff}".bytes());
        }
        entries.push((format!("entry{number}"), bytes));
        files.push(lines);
    }
    let mut packed = packing::zip(case, &entries)?;
    let changed =
        case.pick(&[None, Some(*b"entry0"), Some(*b"entry/"), Some(*b"../../"), Some(*b"\0\0\0\0\0\0")]);
    if let Some(name) = changed {
        // A name is in front of the data and in the directory.
        for at in 0..packed.len() - 6 {
            if packed[at..].starts_with(b"entry1") {
                packed[at..at + 6].copy_from_slice(&name);
            }
        }
    }
    let file = case.file("packed.zip", &packed)?;
    let execution = [execution::any(case, SMALL_CHUNKS), arguments!["--format", "v2"]].concat();
    let ended = case.run(&[arguments![file], execution].concat())?;
    if ended.code == Some(1) && changed.is_some() {
        return Ok(());
    }
    ensure!(ended.code == Some(0), "it is refused: {}", ended.stderr);
    same(&ended.stdout, Question::matches().answer(&files).as_bytes(), "the oracle")
}
