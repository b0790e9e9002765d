//! Ways of counting by which everything goes to disk, and rows to count.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::args;
use crate::common::Scratch;

/// Ways of counting: executor, feed, lines of a chunk, workers, and beyond how many bytes partial counts go to disk.
pub const WAYS: [[&str; 5]; 8] = [
    ["sequential", "auto", "100", "1", "1"],
    ["sequential", "auto", "auto", "1", "5000"],
    ["threads", "auto", "100", "2", "1"],
    ["threads", "auto", "auto", "4", "5000"],
    ["processes", "pipe", "100", "1", "1"],
    ["processes", "pipe", "1000", "4", "5000"],
    ["processes", "split", "auto", "2", "1"],
    ["processes", "split", "auto", "3", "5000"],
];

/// The options of a way, with this folder for what goes to disk.
pub fn spilling(way: [&str; 5], folder: &Path) -> Vec<OsString> {
    let [executor, feed, chunk, workers, bytes] = way;
    let mut args = args!["--executor", executor, "--chunk", chunk, "--workers", workers].to_vec();
    if executor == "processes" {
        args.extend(args!["--feed", feed]);
    }
    args.extend(args!["--spill-bytes", bytes, "--temp-dir", folder]);
    args
}

pub fn strings(args: &[&str]) -> Vec<OsString> {
    args.iter().map(OsString::from).collect()
}

/// An empty folder below `scratch`.
pub fn folder(scratch: &Scratch) -> PathBuf {
    let folder = scratch.path("spilled");
    fs::create_dir(&folder).unwrap();
    folder
}

#[track_caller]
pub fn assert_empty(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Rows of v2 in no order: an n-gram may be in every chunk, or in one.
pub fn v2_rows(seed: u64, rows: usize) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..rows)
        .map(|_| {
            let ngram = match random.u32(0..20) {
                0 => "été".to_owned(),
                1 => "Of the".to_owned(),
                2 => "of the".to_owned(),
                3..10 => format!("w{}_NOUN", random.u32(0..50)),
                _ => format!("w{}", random.u32(0..5000)),
            };
            format!("{ngram}\t{}\t{}\t{}\n", random.u32(1990..2000), random.u32(1..1000), random.u32(1..9))
        })
        .collect()
}
