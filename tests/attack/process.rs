//! Running program: signals to it and its workers, and its end, which must come in time and take all workers with it.

use std::fs;
use std::io::Read;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// The longest that a run may take; enough for the busiest machine.
const LIMIT: Duration = Duration::from_secs(120);
/// The longest that workers may outlive their parent.
const ORPHAN_LIMIT: Duration = Duration::from_secs(2);

/// A program that was started.
pub struct Running {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
}

impl Running {
    pub fn start(mut command: Command) -> Result<Self> {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("no program")?;
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().map(collect);
        Ok(Running { child, stdout, stderr })
    }

    /// Starts a program whose standard output the caller reads.
    pub fn start_unread(mut command: Command) -> Result<(Self, ChildStdout)> {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("no program")?;
        let stdout = child.stdout.take().context("no pipe")?;
        let stderr = child.stderr.take().map(collect);
        Ok((Running { child, stdout: None, stderr }, stdout))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Waits for the end of the program and of its workers.
    pub fn finish(mut self) -> Result<Ended> {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(started.elapsed() < LIMIT, "it does not end");
            thread::sleep(Duration::from_millis(2));
        };
        let (took, ended) = (started.elapsed(), Instant::now());
        while let left = workers_of(self.id())
            && !left.is_empty()
        {
            ensure!(ended.elapsed() < ORPHAN_LIMIT, "workers outlive their parent: {left:?}");
            thread::sleep(Duration::from_millis(10));
        }
        let text = |reader: Option<JoinHandle<Vec<u8>>>| match reader {
            Some(reader) => reader.join().map_err(|_| anyhow::anyhow!("a pipe cannot be read")),
            None => Ok(Vec::new()),
        };
        let (stdout, stderr) = (text(self.stdout.take())?, text(self.stderr.take())?);
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Ok(Ended { status, code: status.code(), stdout, stderr, took })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::CONT);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// The process ids of the workers that a program has started, also after its own end. A worker has its parent's id on
/// its command line, which is empty once it is only waiting to be reaped.
pub fn workers_of(parent: u32) -> Vec<i32> {
    let mark = format!("\0--procpool-worker\0{parent}\0");
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_worker = |id: &i32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.windows(mark.len()).any(|part| part == mark.as_bytes())
    };
    ids.filter(is_worker).collect()
}

pub fn signal_process(id: i32, signal: Signal) {
    if let Some(id) = Pid::from_raw(id) {
        let _ = kill_process(id, signal);
    }
}
