//! `--checkpoint`: a run that was killed is gone on with, and the answer is the same bytes.

mod common;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use common::{Run, Scratch, ngramcount, program, workers_of};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Environment variable with the number of kills of each test that kills.
const KILLS: &str = "NGRAMCOUNT_CHECKPOINT_KILLS";

fn kills() -> usize {
    std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(15)
}

/// A folder with files to count and one for the checkpoint.
struct Job {
    scratch: Scratch,
    files: Vec<PathBuf>,
    checkpoint: PathBuf,
    out: PathBuf,
    stats: PathBuf,
}

impl Job {
    /// Six files of v2 rows, with n-grams that are in one of them or in all.
    fn new() -> Self {
        let scratch = Scratch::new();
        let mut random = fastrand::Rng::with_seed(1);
        let files = (0..6).map(|file| {
            let row = |_| {
                let (word, year) = (random.u32(0..3000), random.u32(1990..2000));
                match random.bool() {
                    true => format!("w{word}\t{year}\t{}\t1\n", random.u32(1..100)),
                    false => format!("w{word} of {file}\t{year}\t{}\t1\n", random.u32(1..100)),
                }
            };
            let rows: String = (0..8000).map(row).collect();
            scratch.file(&format!("{file}.tsv"), rows)
        });
        let files = files.collect();
        let [checkpoint, out, stats] = ["checkpoint", "out.tsv", "stats.json"].map(|name| scratch.path(name));
        Self { scratch, files, checkpoint, out, stats }
    }

    /// Arguments of a count of all files, into the output file.
    fn args(&self, more: &[&str]) -> Vec<OsString> {
        let files = self.files.iter().map(OsString::from);
        // A record after each chunk.
        let often = args!["--checkpoint", self.checkpoint, "--checkpoint-interval", "0"];
        let how = [&often[..], &args!["-o", self.out, "--stats-json", self.stats]].concat();
        files.chain(how).chain(more.iter().map(OsString::from)).collect()
    }

    /// Runs the count to its end.
    fn run(&self, more: &[&str]) -> Run {
        let _ = fs::remove_file(&self.out);
        ngramcount(self.args(more))
    }

    /// The answer without a checkpoint.
    fn expected(&self, question: &[&str]) -> Vec<u8> {
        let files = self.files.iter().map(OsString::from);
        let args = files.chain(question.iter().map(OsString::from)).chain(args!["--executor", "sequential"]);
        ngramcount(args).quietly().stdout
    }

    /// Checks the answer of a run.
    #[track_caller]
    fn assert_answers(&self, run: &Run, expected: &[u8], what: &str) {
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{what}");
        assert!(fs::read(&self.out).unwrap() == expected, "{what}: the answer is another one");
    }

    fn resumed(&self) -> u64 {
        let stats: Value = serde_json::from_slice(&fs::read(&self.stats).unwrap()).unwrap();
        stats["resumed"]["parts"].as_u64().unwrap_or(0)
    }

    /// Files of the checkpoint.
    fn kept(&self) -> Vec<PathBuf> {
        let mut kept: Vec<_> = fs::read_dir(&self.checkpoint)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        kept.sort();
        kept
    }

    /// Starts the count and kills it after this time, with its workers or without. False if it ended before.
    fn killed_after(&self, time: Duration, all: bool, more: &[&str]) -> bool {
        let mut child = program().args(self.args(more)).stderr(Stdio::inherit()).spawn().unwrap();
        let started = Instant::now();
        while started.elapsed() < time {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return false;
            }
            thread::sleep(Duration::from_micros(200));
        }
        let workers = if all { workers_of(child.id()) } else { vec![] };
        let _ = child.kill();
        for id in workers {
            let _ = kill_process(Pid::from_raw(id).unwrap(), Signal::KILL);
        }
        !child.wait().unwrap().success()
    }
}

/// Ways of counting with few lines at a time, so that there is much to keep.
const WAYS: [&[&str]; 4] = [
    &["--feed", "split", "--workers", "2"],
    &["--feed", "split", "--workers", "2", "--spill-bytes", "5000"],
    &["--feed", "pipe", "--chunk", "400", "--workers", "2"],
    &["--feed", "pipe", "--chunk", "400", "--workers", "2", "--spill-bytes", "5000"],
];

#[test]
fn a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes() {
    let mut random = fastrand::Rng::with_seed(2);
    for (number, way) in WAYS.iter().enumerate() {
        let question = [&[][..], &["--by-year"]][number % 2];
        let more = [way, question].concat();
        let job = Job::new();
        let expected = job.expected(question);
        let started = Instant::now();
        job.assert_answers(&job.run(&more), &expected, "not killed");
        let whole = started.elapsed();
        let (mut killed, mut resumed) = (0, 0);
        while killed < kills() {
            let _ = fs::remove_file(&job.out);
            // Soon enough that a run seldom ends, now and then late, when it merges and writes.
            let moment = whole.mul_f64(random.f64() * if random.u8(0..3) == 0 { 1.1 } else { 0.7 });
            if job.killed_after(moment, random.bool(), &more) {
                killed += 1;
                if !job.out.exists() {
                    continue;
                }
            }
            // It ended, or it was killed behind its last write.
            assert!(fs::read(&job.out).unwrap() == expected, "{more:?}, {killed} kills");
            resumed += if job.stats.exists() { job.resumed() } else { 0 };
            let _ = fs::remove_file(&job.stats);
        }
        job.assert_answers(&job.run(&more), &expected, "after all kills");
        assert!(resumed + job.resumed() > 0, "{more:?}: nothing was resumed");
        assert_eq!(job.kept(), [] as [PathBuf; 0], "{more:?}");
    }
}

#[test]
fn what_lies_in_the_folder_at_any_moment_is_enough_to_go_on() {
    for way in WAYS {
        let job = Job::new();
        let expected = job.expected(&[]);
        let mut copies = Vec::new();
        let mut child = program().args(job.args(way)).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            // Files that are renamed or removed meanwhile are not in the copy, as after a power cut.
            let copy = tempfile::tempdir().unwrap();
            for file in job.kept() {
                let _ = fs::copy(&file, copy.path().join(file.file_name().unwrap()));
            }
            copies.push(copy);
        }
        assert!(
            copies.iter().any(|copy| fs::read_dir(copy).unwrap().count() > 0),
            "{way:?}: nothing was kept"
        );
        let step = copies.len().div_ceil(12);
        for copy in copies.iter().step_by(step) {
            replace(&job.checkpoint, copy.path());
            job.assert_answers(&job.run(way), &expected, "from a copy");
        }
    }
}

/// Makes a folder that holds the files of another one, and no others.
fn replace(folder: &Path, with: &Path) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir(folder).unwrap();
    for entry in fs::read_dir(with).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_finished_run_removes_what_it_kept_unless_it_is_asked_to_leave_it() {
    for way in WAYS {
        let job = Job::new();
        let expected = job.expected(&[]);
        job.assert_answers(&job.run(way), &expected, "first");
        assert_eq!((job.kept(), job.resumed()), (vec![], 0));
        let keep = [way, &["--keep-checkpoint"]].concat();
        job.assert_answers(&job.run(&keep), &expected, "kept");
        assert!(!job.kept().is_empty() && job.resumed() == 0, "{way:?}");
        // All of it is done already.
        job.assert_answers(&job.run(&keep), &expected, "resumed");
        assert!(job.resumed() > 0, "{way:?}");
        job.assert_answers(&job.run(way), &expected, "removed");
        assert_eq!(job.kept(), [] as [PathBuf; 0]);
        job.assert_answers(&job.run(way), &expected, "anew");
        assert_eq!(job.resumed(), 0);
    }
}

#[test]
fn another_question_or_changed_files_are_refused_with_what_differs() {
    let split = ["--feed", "split", "--keep-checkpoint"];
    let refused = |job: &Job, more: &[&str], says: &str| {
        fs::write(&job.out, "before").unwrap();
        let before = job.kept();
        let run = ngramcount(job.args(&[&split, more].concat()));
        assert!([Some(1), Some(2)].contains(&run.code), "{more:?}: {run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{more:?}: {}", run.stderr);
        let folder = job.checkpoint.to_str().unwrap();
        let said = run.stderr.to_lowercase();
        assert!(run.stderr.contains(folder), "{more:?}: {}", run.stderr);
        assert!(said.contains(&says.to_lowercase()), "{more:?}: {}", run.stderr);
        assert_eq!(fs::read(&job.out).unwrap(), b"before");
        assert_eq!(job.kept(), before, "{more:?}: what was kept is still there");
    };
    let job = Job::new();
    let expected = job.expected(&[]);
    job.assert_answers(&job.run(&split), &expected, "kept");
    for (question, says) in [
        (&["--by-year"][..], "year"),
        (&["--count", "volumes"], "volumes"),
        (&["--ignore-case"], "case"),
        (&["--prefix", "w1"], "prefix"),
        (&["--years", "1990..1995"], "year"),
        (&["--format", "text"], "text"),
        (&["--word", "w1"], "word"),
        (&["--bad-lines", "skip"], "bad"),
    ] {
        refused(&job, question, says);
    }
    // How it is counted and written is another matter.
    for how in [&["--workers", "3"][..], &["--memory", "300MB"]] {
        job.assert_answers(&job.run(&[&split, how].concat()), &expected, "another way");
        assert!(job.resumed() > 0);
    }

    let name = job.files[3].to_str().unwrap().to_owned();
    let text = fs::read_to_string(&job.files[3]).unwrap();
    fs::write(&job.files[3], format!("{text}w1\t1999\t1\t1\n")).unwrap();
    refused(&job, &[], &name);
    // The same size and other bytes.
    fs::write(&job.files[3], text.replacen("w1", "v1", 1)).unwrap();
    refused(&job, &[], &name);
    let mut fewer = Job::new();
    fewer.assert_answers(&fewer.run(&split), &expected, "kept");
    let last = fewer.files.pop().unwrap();
    refused(&fewer, &[], last.to_str().unwrap());
}

#[test]
fn damaged_files_are_found_and_their_part_is_counted_again() {
    let mut random = fastrand::Rng::with_seed(3);
    for way in WAYS {
        let job = Job::new();
        let expected = job.expected(&[]);
        let keep = [way, &["--keep-checkpoint"]].concat();
        job.assert_answers(&job.run(&keep), &expected, "kept");
        let whole = tempfile::tempdir().unwrap();
        replace(&whole.path().join("kept"), &job.checkpoint);
        let files = job.kept();
        for round in 0..24 {
            replace(&job.checkpoint, &whole.path().join("kept"));
            let file = &files[if round < files.len() { round } else { random.usize(0..files.len()) }];
            let mut bytes = fs::read(file).unwrap();
            let what = format!("{way:?}, {}, round {round}", file.display());
            match random.u8(0..8) {
                0 => fs::remove_file(file).unwrap(),
                1 => fs::write(file, []).unwrap(),
                2 => fs::write(file, &bytes[..random.usize(0..=bytes.len())]).unwrap(),
                3 => fs::write(file, [&bytes[..], b"more"].concat()).unwrap(),
                _ => {
                    let bit = random.usize(0..8 * bytes.len().max(1));
                    if let Some(byte) = bytes.get_mut(bit / 8) {
                        *byte ^= 1 << (bit % 8);
                    }
                    fs::write(file, bytes).unwrap();
                }
            }
            let run = job.run(&keep);
            assert_eq!(run.code, Some(0), "{what}: {}", run.stderr);
            assert!(fs::read(&job.out).unwrap() == expected, "{what}: the answer is another one");
        }
    }
}

#[test]
fn crashing_workers_and_a_killed_parent_together_do_not_change_the_answer() {
    let job = Job::new();
    let expected = job.expected(&[]);
    let mut random = fastrand::Rng::with_seed(4);
    for seed in 0..6 {
        let chaos = format!("kill=0.03,panic=0.03,exit=0.02,garbage=0.02,truncate=0.02,seed={seed}");
        let more = [WAYS[seed % WAYS.len()], &["--chaos", &chaos]].concat();
        for _ in 0..3 {
            job.killed_after(Duration::from_millis(random.u64(50..600)), random.bool(), &more);
        }
        job.assert_answers(&job.run(&more), &expected, &chaos);
    }
}

#[test]
fn lines_that_were_left_out_before_a_kill_are_still_told_after_it() {
    let job = Job::new();
    let bad = fs::read_to_string(&job.files[0]).unwrap() + "no row\n";
    fs::write(&job.files[0], bad).unwrap();
    let skip = ["--feed", "split", "--keep-checkpoint", "--bad-lines", "skip"];
    let first = job.run(&skip);
    let answer = fs::read(&job.out).unwrap();
    assert!(first.code == Some(3) && first.stderr.contains("line 8001"), "{first:?}");
    let second = job.run(&skip);
    assert!(job.resumed() > 0);
    assert_eq!(second, first);
    assert!(fs::read(&job.out).unwrap() == answer);
}

#[test]
fn what_cannot_be_kept_is_refused_in_one_line() {
    let job = Job::new();
    let missing = job.scratch.file("file", "").join("checkpoint");
    for (args, says) in [
        (args![job.files[0], "--checkpoint", missing], missing.to_str().unwrap()),
        (args![job.files[0], "--checkpoint", job.files[1]], job.files[1].to_str().unwrap()),
        (args![job.files[0], "--keep-checkpoint", "-q"], "--checkpoint"),
    ] {
        let run = ngramcount(args);
        assert!([Some(1), Some(2)].contains(&run.code), "{run:?}");
        assert!(run.stderr.contains(says) && run.text().is_empty(), "{run:?}");
    }
}

#[test]
fn a_count_that_failed_at_a_malformed_line_fails_there_again() {
    let scratch = Scratch::new();
    let rows = |from: u32| (from..from + 300_000).map(|n| format!("w{n}\t1999\t1\t1\n")).collect::<String>();
    let file = scratch.file("rows", format!("{}malformed\n{}", rows(0), rows(300_000)));
    for feed in ["split", "pipe"] {
        let kept = scratch.path("kept");
        let args = args![file, "--feed", feed, "--checkpoint", kept, "--checkpoint-interval", "0"];
        let first = ngramcount(args);
        assert_eq!(first.code, Some(1), "{}", first.stderr);
        assert!(first.stderr.contains("line 300001: "), "{}", first.stderr);
        let again = ngramcount(args![file, "--feed", feed, "--checkpoint", kept]);
        assert_eq!((again.code, again.stderr), (Some(1), first.stderr), "{feed}");
        std::fs::remove_dir_all(kept).unwrap();
    }
}

#[test]
fn a_count_that_makes_indexes_keeps_no_checkpoint() {
    let scratch = Scratch::new();
    let file = scratch.file("rows", "w\t1999\t1\t1\n");
    let run = ngramcount(args![file, "--write-index", "--checkpoint", scratch.path("kept")]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("indexes cannot be continued"), "{}", run.stderr);
}
