//! Helpers for the tests that run the program on real files.
// Each test file compiles its own copy and uses a part of it.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The executors, which must all give the same answer.
pub const EXECUTORS: &[&str] = &["sequential", "threads", "processes"];

/// 50,029 lines of v2. Its expected answer was made by a script that is not part of this project.
pub const A_SAMPLE: &str = "googlebooks-eng-all-1gram-20120701-a.sample";
/// 18,203 lines of v2 that end in CRLF; the last one has no line end.
pub const Q_SAMPLE: &str = "googlebooks-eng-all-1gram-20120701-q.selected";

/// A file of `data/`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

/// The compressed `a` sample.
pub fn a_gz() -> PathBuf {
    data(&format!("{A_SAMPLE}.gz"))
}

/// The program, ready to be started.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
    command.stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    command
}

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    /// Stdout, which must be text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Asserts success with an empty stderr.
    #[track_caller]
    pub fn quietly(self) -> Self {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""));
        self
    }

    /// Asserts success, and these notes on stderr.
    #[track_caller]
    pub fn noting(self, notes: &[&str]) -> Self {
        let notes: String = notes.iter().map(|note| format!("ngramcount: note: {note}\n")).collect();
        assert_eq!((self.code, &*self.stderr), (Some(0), &*notes));
        self
    }

    /// Asserts success, and nothing on stderr but notes that some of these n-grams do not occur.
    #[track_caller]
    pub fn noting_absent(self, asked: &[&str]) -> Self {
        let absent = |line: &str| {
            let note = line.strip_prefix("ngramcount: note: `");
            let ngram = note.and_then(|note| note.split_once("` ")).map(|(ngram, _)| ngram);
            let says = ["` does not occur", "` cannot occur: "].iter().any(|says| line.contains(says));
            says && ngram.is_some_and(|ngram| {
                let row = |row: &str| {
                    let numbers = row.strip_prefix(ngram)?.strip_prefix(['\t', ','])?;
                    Some(numbers.split(['\t', ',']).any(|number| !matches!(number, "0" | "0.0")))
                };
                asked.contains(&ngram) && !self.text().lines().filter_map(row).any(|occurs| occurs)
            })
        };
        assert!(self.code == Some(0) && self.stderr.lines().all(absent), "{self:?}");
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program to its end.
pub fn ngramcount<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    program().args(args).output().unwrap().into()
}

/// Starts a command with pipes for stdin, stdout and stderr.
pub fn piped(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs the program to its end with `input` on its standard input.
pub fn ngramcount_reading<A: AsRef<OsStr>>(input: &[u8], args: impl IntoIterator<Item = A>) -> Run {
    let mut child = piped(program().args(args));
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // A program that fails early does not read all of it.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap().into()
    })
}

/// The process ids of a program's workers.
pub fn workers_of(parent: u32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| {
        // The command name is in parentheses and may hold blanks; the parent's id follows the state.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
        behind.split_whitespace().nth(1) == Some(&parent.to_string())
    })
    .collect()
}

/// Waits until `done`, but no longer than `limit`.
pub fn until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < limit, "timed out waiting for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// `text`, compressed.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

/// A folder that is removed after the test.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A new file with this content; its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// What is in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// An array of arguments of any types that convert to `OsString`.
#[macro_export]
macro_rules! args {
    ($($arg:expr),* $(,)?) => { [$(std::ffi::OsString::from(&$arg)),*] };
}
