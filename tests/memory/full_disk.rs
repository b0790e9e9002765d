//! Too little disk ends the job with its reason, wherever it is noticed.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::args;
use crate::common::{Run, Scratch, ngramcount, ngramcount_reading, piped, program};
use crate::ways::{WAYS, assert_empty, folder, spilling, v2_rows};

#[test]
fn every_way_of_counting_goes_to_disk() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let file = scratch.file("rows.tsv", v2_rows(1, 20_000));
    for way in WAYS {
        let run = ngramcount([&args![file, "--max-disk", "100"][..], &spilling(way, &folder)].concat());
        assert!(run.code == Some(1) && is_full(&run, &folder), "{way:?}: {run:?}");
    }
}

/// Whether stderr is one line about a full disk: the folder and how much was written, and no line of the input.
fn is_full(run: &Run, folder: &Path) -> bool {
    let amount = regex::Regex::new(r"\d ?(bytes|[kMG]?i?B)\b").unwrap();
    let said = &run.stderr;
    let folder = folder.to_str().unwrap();
    said.lines().count() == 1
        && said.contains(folder)
        && amount.is_match(&said.replace(folder, ""))
        && !said.contains("crashed")
        && !said.contains(": line ")
}

/// A count with ever more room until it has enough; how often there was too little. The output file is untouched, no line is
/// taken for poison, and nothing is left in the folder.
fn fails_until_there_is_room(way: [&str; 5], limits: impl IntoIterator<Item = Limit>) -> usize {
    let scratch = Scratch::new();
    let file = scratch.file("rows.tsv", v2_rows(7, 4000));
    let expected = ngramcount(args![file]).quietly().stdout;
    let (out, quarantine) = (scratch.file("out.tsv", "before"), scratch.path("quarantine.tsv"));
    for (failures, limit) in limits.into_iter().enumerate() {
        let mut args = [&args![file, "-o", out][..], &spilling(way, limit.folder.path())].concat();
        args.extend(limit.args.iter().map(OsString::from));
        if way[0] == "processes" {
            args.extend(args!["--on-poison", "skip", "--quarantine", quarantine]);
        }
        let run = ngramcount(args);
        assert_empty(limit.folder.path());
        if run.code == Some(0) {
            assert!(fs::read(&out).unwrap() == expected, "{way:?}: the answer is another one");
            assert!(fs::metadata(&quarantine).map_or(true, |lines| lines.len() == 0));
            return failures;
        }
        assert!(run.code == Some(1) && is_full(&run, limit.folder.path()), "{way:?}: {run:?}");
        assert_eq!(fs::read(&out).unwrap(), b"before");
        assert!(fs::metadata(&quarantine).map_or(true, |lines| lines.len() == 0));
    }
    panic!("{way:?}: there is never enough room");
}

/// A folder with little room.
struct Limit {
    folder: Folder,
    args: Vec<String>,
}

enum Folder {
    Plain(tempfile::TempDir),
    /// A file system of its own.
    Mounted(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> &Path {
        let (Self::Plain(folder) | Self::Mounted(folder)) = self;
        folder.path()
    }

    /// A file system in memory; only root may make one.
    fn mounted(bytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(folder.path());
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Self::Mounted(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Mounted(folder) = self {
            let _ = Command::new("umount").arg(folder.path()).status();
        }
    }
}

#[test]
fn too_little_disk_ends_the_job_wherever_it_is_noticed() {
    for way in WAYS {
        let limits = (1..24).map(|power| Limit {
            folder: Folder::Plain(tempfile::tempdir().unwrap()),
            args: vec!["--max-disk".into(), (1_u64 << power).to_string()],
        });
        let failures = fails_until_there_is_room(way, limits);
        assert!(failures > 5, "{way:?}: {failures}");
    }
}

#[test]
fn a_full_file_system_ends_the_job_at_whichever_write_it_is_full() {
    if Folder::mounted(1 << 12).is_none() {
        eprintln!("skipped: only root can mount a small file system");
        return;
    }
    for way in WAYS {
        // In pages, up to what is enough for all.
        let sizes = (1..12).chain((12..4096).step_by(40));
        let limits = sizes.map(|pages| Limit { folder: Folder::mounted(pages << 12).unwrap(), args: vec![] });
        let failures = fails_until_there_is_room(way, limits);
        assert!(failures > 2, "{way:?}: {failures}");
    }
}

#[test]
fn the_folder_is_that_of_the_system_unless_another_is_named() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let rows = v2_rows(8, 2000);
    let full = args!["--spill-bytes", "1", "--max-disk", "10", "--executor", "sequential"];
    let mut child = piped(program().args(full).env("TMPDIR", &folder));
    child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
    let run: Run = child.wait_with_output().unwrap().into();
    assert!(run.code == Some(1) && is_full(&run, &folder), "{run:?}");
    for missing in [scratch.path("missing"), scratch.file("file", "")] {
        let run = ngramcount_reading(rows.as_bytes(), args!["--spill-bytes", "1", "--temp-dir", missing]);
        assert!([Some(1), Some(2)].contains(&run.code), "{run:?}");
        assert!(run.stderr.contains(missing.to_str().unwrap()) && run.stderr.lines().count() == 1, "{run:?}");
    }
}
