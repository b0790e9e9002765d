//! Files that change while they are counted: what was opened first is counted, or the run fails and says why.

mod common;

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{EXECUTORS, Run, Scratch, gzip, ngramcount, piped, program, until, workers_of};
use rustix::fs::{CWD, FileType, Mode};

/// What happens to a file.
#[derive(Debug, Clone, Copy)]
enum Change {
    Replace,
    Remove,
    Cut,
    Alter,
    Grow,
}

const CHANGES: [Change; 5] = [Change::Replace, Change::Remove, Change::Cut, Change::Alter, Change::Grow];

impl Change {
    fn make(self, path: &Path) {
        let size = fs::metadata(path).unwrap().len();
        let open = || OpenOptions::new().write(true).open(path).unwrap();
        match self {
            Change::Replace => {
                let other = path.with_extension("new");
                fs::copy(path, &other).unwrap();
                fs::rename(other, path).unwrap();
            }
            Change::Remove => fs::remove_file(path).unwrap(),
            Change::Cut => open().set_len(size / 2).unwrap(),
            Change::Alter => {
                let mut file = open();
                file.seek(SeekFrom::Start(size / 2)).unwrap();
                file.write_all(b"z").unwrap();
            }
            Change::Grow => {
                let mut file = open();
                file.seek(SeekFrom::End(0)).unwrap();
                file.write_all(&gzip(b"new\t1999\t1\t1\n").repeat(50)).unwrap();
            }
        }
    }

    /// What the program says to a file of that size.
    fn message(self, path: &Path, size: u64) -> String {
        let what = match self {
            Change::Replace => "was replaced by another file while it was read".into(),
            Change::Remove => "no such file".into(),
            Change::Cut => format!("was cut while it was read, from {size} to {} bytes", size / 2),
            Change::Alter => "was altered while it was read".into(),
            Change::Grow => {
                let note = format!("grew while it was read; only its first {size} bytes count");
                return format!("ngramcount: note: {}: {note}\n", path.display());
            }
        };
        format!("ngramcount: {}: {what}\n", path.display())
    }

    fn check(self, run: &Run, path: &Path, size: u64, answer: &[u8], way: &str) {
        let code = if matches!(self, Change::Grow) { 0 } else { 1 };
        assert_eq!((run.code, &*run.stderr), (Some(code), &*self.message(path, size)), "{self:?}, {way}");
        assert!(run.stdout == if code == 0 { answer } else { b"" }, "{self:?}, {way}");
    }
}

/// Three megabytes, so three splits. The last line has no end: what is added later would belong to it.
fn text() -> Vec<u8> {
    let mut text: Vec<u8> =
        (0..200_000).flat_map(|n| format!("w{}\t1999\t{n}\t1\n", n % 97).into_bytes()).collect();
    text.pop();
    text
}

fn files(scratch: &Scratch) -> [PathBuf; 2] {
    [scratch.file("plain.tsv", text()), scratch.file("packed.gz", gzip(&text()))]
}

/// Runs the program with workers that hang at each first attempt, and makes the change meanwhile: after the first opening
/// of the file and before any worker opens it.
fn changed_before_workers_read(args: &[OsString], change: impl FnOnce()) -> Run {
    let mut command = program();
    command.args(["--workers", "1", "--task-timeout", "0.3", "--retries", "1", "--chaos", "hang@running=1"]);
    let child = piped(command.args(args));
    until("a worker", Duration::from_secs(20), || !workers_of(child.id()).is_empty());
    change();
    child.wait_with_output().unwrap().into()
}

#[test]
fn workers_read_the_file_that_was_opened_first_or_the_run_fails() {
    let scratch = Scratch::new();
    for change in CHANGES {
        for file in files(&scratch) {
            let answer = ngramcount(args![file, "--feed", "pipe"]).quietly().stdout;
            let size = fs::metadata(&file).unwrap().len();
            let run = changed_before_workers_read(&args![file, "--feed", "split"], || change.make(&file));
            change.check(&run, &file, size, &answer, "split");
        }
    }
}

#[test]
fn a_file_that_changes_before_its_turn_is_told() {
    let scratch = Scratch::new();
    let fifo = scratch.path("fifo");
    rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for change in CHANGES {
        for executor in EXECUTORS {
            for file in files(&scratch) {
                let answer = ngramcount(args![file]).quietly().stdout;
                let size = fs::metadata(&file).unwrap().len();
                let child = piped(program().args(args![fifo, file, "--executor", executor]));
                // Opens when the program reads the FIFO, and by then it has seen the file.
                let mut writer = OpenOptions::new().write(true).open(&fifo).unwrap();
                change.make(&file);
                writer.write_all(b"w1\t1999\t0\t1\n").unwrap();
                drop(writer);
                let run = child.wait_with_output().unwrap().into();
                change.check(&run, &file, size, &answer, executor);
            }
        }
    }
}

#[test]
fn a_file_without_a_size_is_read_to_its_end_with_each_feed() {
    let scratch = Scratch::new();
    let plain = scratch.file("plain.txt", "to be or not to be\n".repeat(300_000));
    let empty = scratch.file("empty.txt", "");
    // The second has the size of a page and less content.
    for file in ["/proc/version", "/sys/devices/system/cpu/possible"].map(PathBuf::from) {
        if !file.exists() {
            continue;
        }
        let content = fs::read(&file).unwrap();
        let copy = scratch.file("copy.txt", &content);
        assert_ne!(fs::metadata(&file).unwrap().len(), content.len() as u64);
        let expected = ngramcount(args![copy, empty, plain, "--format", "text", "--executor", "sequential"]);
        for way in [
            ["--feed", "split"],
            ["--feed", "pipe"],
            ["--feed", "auto"],
            ["--executor", "threads"],
            ["--executor", "sequential"],
        ] {
            let words =
                [&args![file, empty, plain, "--format", "text"][..], &way.map(OsString::from)].concat();
            assert_eq!(ngramcount(words).quietly(), expected, "{}, {way:?}", file.display());
        }
    }
}

#[test]
fn a_name_that_is_not_utf8_can_be_split() {
    use std::os::unix::ffi::OsStringExt;

    let scratch = Scratch::new();
    let file = scratch.path("").join(OsString::from_vec(b"caf\xe9.tsv".to_vec()));
    fs::write(&file, text()).unwrap();
    let [split, pipe] = ["split", "pipe"].map(|feed| ngramcount(args![file, "--feed", feed]).quietly());
    assert_eq!(split, pipe);
}

#[test]
fn another_name_of_standard_input_is_no_file_of_the_workers() {
    let scratch = Scratch::new();
    let file = scratch.file("large.tsv", [text(), text()].join(&b'\n'));
    let link = scratch.path("link");
    std::os::unix::fs::symlink("/dev/stdin", &link).unwrap();
    let answer = ngramcount(args![file]).quietly();
    for name in [PathBuf::from("/dev/stdin"), "/dev/fd/0".into(), "/proc/self/fd/0".into(), link] {
        let run = |feed| {
            let stdin = fs::File::open(&file).unwrap();
            Run::from(program().args(args![name, "--feed", feed]).stdin(stdin).output().unwrap())
        };
        assert_eq!(run("auto"), answer, "{name:?}");
        let why = "ngramcount: pipes, standard input and zip archives cannot be split; use --feed pipe\n";
        assert_eq!((run("split").code, &*run("split").stderr), (Some(1), why));
    }
}

#[test]
fn standard_input_is_read_from_where_it_stands() {
    let scratch = Scratch::new();
    let file = scratch.file("in.tsv", "skipped\t1999\t1\t1\nb\t1999\t1\t1\n");
    let mut stdin = fs::File::open(&file).unwrap();
    stdin.seek(SeekFrom::Start(17)).unwrap();
    let run = Run::from(program().stdin(stdin).output().unwrap());
    assert_eq!(run.quietly().text(), "b\t1\n");
}
