//! Case: random numbers from one seed, a folder, and a record of what was run in it.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::{Ended, Running};

/// One case of a family.
pub struct Case {
    pub random: fastrand::Rng,
    folder: tempfile::TempDir,
    commands: Vec<String>,
}

impl Case {
    pub fn new(seed: u64) -> Self {
        let folder = tempfile::Builder::new().prefix("attack-").tempdir().expect("a temporary folder");
        Case { random: fastrand::Rng::with_seed(seed), folder, commands: Vec::new() }
    }

    /// One of several values.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.random.usize(..values.len())]
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.random.f64() < probability
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder; its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, bytes)?;
        Ok(path)
    }

    /// The program in the folder, without a standard input.
    pub fn program(&mut self, arguments: &[OsString]) -> Command {
        self.program_below(&[], arguments)
    }

    /// A command that becomes the program, which is the argument behind `wrapper`.
    pub fn program_below(&mut self, wrapper: &[&str], arguments: &[OsString]) -> Command {
        let words = [wrapper, &[env!("CARGO_BIN_EXE_ngramcount")]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(arguments).stdin(Stdio::null());
        command.current_dir(self.folder.path()).env_remove("RUST_BACKTRACE");
        self.commands.push(format!("{command:?}"));
        command
    }

    /// Starts the program.
    pub fn start(&mut self, arguments: &[OsString]) -> Result<Running> {
        Running::start(self.program(arguments))
    }

    /// Runs the program to its end, which must be one that is documented.
    pub fn run(&mut self, arguments: &[OsString]) -> Result<Ended> {
        let running = self.start(arguments)?;
        self.finish(running)
    }

    /// Waits for the end of a program, which must be one that is documented and leave nothing behind.
    pub fn finish(&self, running: Running) -> Result<Ended> {
        let ended = running.finish()?;
        ensure!(
            matches!(ended.code, Some(0..=4)),
            "it ended with {:?} and the message:\n{}",
            ended.status,
            ended.stderr
        );
        let message = ended.code == Some(0) || ended.stderr.starts_with("ngramcount: ");
        ensure!(message, "exit code {:?} without a message, but:\n{}", ended.code, ended.stderr);
        self.nothing_is_left()?;
        Ok(ended)
    }

    /// No temporary file may be left.
    pub fn nothing_is_left(&self) -> Result<()> {
        for entry in fs::read_dir(self.folder.path())? {
            let name = entry?.file_name();
            ensure!(!name.as_encoded_bytes().starts_with(b"."), "the file {} is left behind", name.display());
        }
        Ok(())
    }

    /// Keeps the folder for whoever looks into the failure; describes what was run in it.
    pub fn keep(self) -> String {
        let mut text = format!("  in {}", self.folder.keep().display());
        for command in &self.commands {
            let _ = write!(text, "\n  {command}");
        }
        text
    }
}

/// Whether two answers are the same; the error shows the first line that differs.
pub fn same(found: &[u8], expected: &[u8], what: &str) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let lines = |bytes: &[u8]| bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (found, expected) = (lines(found), lines(expected));
    let at = (0..).find(|&at| found.get(at) != expected.get(at)).unwrap_or(0);
    let show = |lines: &[Vec<u8>]| lines.get(at).map(|line| String::from_utf8_lossy(line).into_owned());
    let (found, expected) = (show(&found), show(&expected));
    Err(anyhow::anyhow!("row {} is {found:?} where {what} has {expected:?}", at + 1))
        .context("a wrong answer")
}

/// Arguments of any types that convert to `OsString`.
#[macro_export]
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => { vec![$(std::ffi::OsString::from(&$argument)),*] };
}
