//! Child: one worker process as the parent holds it, with its pipes and its memory.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::exit::{ExitEvidence, Limits, WorkerExit, classify_exit};
use super::piecewise::Piecewise;
use super::stderr_forwarder::LineSender;
use super::stderr_tail::StderrTail;
use crate::memory::{peak_memory, shared_memory};
use crate::scheduler::{KillReason, WorkerId};
use crate::stats::Attempt;
use crate::wire::{Frame, FrameDecoder, FrameKind, Header, OutgoingFrame, Payload, Setup, WORKER_MARKER};

/// Most consecutive reads of a worker's stderr: 64 KiB, the size of its pipe.
const MAX_STDERR_READS: usize = 16;
/// Time that a worker has to exit after its output has ended. The kernel closes the files of a process just
/// before its exit is visible. A worker that has not exited by then closed its output itself.
const EXIT_TIMEOUT: Duration = Duration::from_millis(100);
/// Requested size of the pipes in bytes, so that a usual input leaves with one write. It is the largest size
/// that Linux allows without privileges. A smaller pipe only costs time.
const PIPE_BYTES: usize = 1 << 20;

/// A worker process.
#[derive(Debug)]
pub(super) struct Child {
    pub worker: WorkerId,
    pub pid: u32,
    /// The names of the tasks that the worker knows, in its own order; `None` before its hello.
    pub tasks: Option<Vec<String>>,
    /// The reason if the scheduler has it killed.
    pub kill_reason: Option<KillReason>,
    /// The attempt that it runs. Its end is not yet recorded.
    pub running: Option<Attempt>,
    /// What has arrived of a large result.
    pub result: Piecewise,
    /// Largest resident size seen, in bytes.
    pub peak_memory: u64,
    /// The part of its resident size that counts for other processes, see [`shared_memory`].
    shared_memory: u64,
    process: process::Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    stderr: Option<ChildStderr>,
    decoder: FrameDecoder,
    outbox: VecDeque<OutgoingFrame>,
    stderr_tail: StderrTail,
    /// We have killed it.
    killed: bool,
    protocol_error: Option<String>,
    refusal: Option<String>,
}

/// The output of a worker has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutputEnded;

impl Child {
    /// Starts a worker and sends its setup.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn spawn(
        program: &Path,
        worker: WorkerId,
        setup: &Setup,
        forward: Option<LineSender>,
    ) -> io::Result<Self> {
        // Before the process exists: an error here must not leave it behind.
        let setup = Payload::of(setup)
            .and_then(|setup| OutgoingFrame::new(Header::without_task(FrameKind::Setup), setup));
        let setup = setup.map_err(io::Error::other)?;
        let mut command = Command::new(program);
        if let Some(name) = std::env::args_os().next() {
            command.arg0(name);
        }
        command.arg(WORKER_MARKER).arg(process::id().to_string()).arg(format!("worker-{}", worker.slot));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // The message of a panic is enough, and many may be on purpose. To resolve a backtrace takes a worker a
        // second and ten times its memory, and the text can push the cause of a death out of the tail of stderr.
        command.env("RUST_BACKTRACE", "0");
        // A process group of its own: Ctrl-C reaches the parent alone, and processes that a task starts are
        // killed with the worker.
        let mut process = command.process_group(0).spawn()?;
        let (Some(input), Some(output), Some(stderr)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            return Err(io::Error::other("a pipe is missing"));
        };
        for fd in [input.as_fd(), output.as_fd(), stderr.as_fd()] {
            if let Err(error) = rustix::io::ioctl_fionbio(fd, true) {
                let _ = process.kill();
                let _ = process.wait();
                return Err(error.into());
            }
        }
        #[cfg(target_os = "linux")]
        for fd in [input.as_fd(), output.as_fd()] {
            let _ = rustix::pipe::fcntl_setpipe_size(fd, PIPE_BYTES);
        }
        let mut child = Child {
            worker,
            pid: process.id(),
            tasks: None,
            kill_reason: None,
            running: None,
            result: Piecewise::default(),
            peak_memory: 0,
            shared_memory: 0,
            process,
            input: Some(input),
            output,
            stderr: Some(stderr),
            decoder: FrameDecoder::default(),
            outbox: VecDeque::new(),
            stderr_tail: StderrTail::new(forward.map(|lines| (lines, format!("[worker {}] ", worker.slot)))),
            killed: false,
            protocol_error: None,
            refusal: None,
        };
        child.send(setup);
        Ok(child)
    }

    /// Descriptors for `poll`: output and stderr always, input only while something waits to be sent.
    pub fn poll_fds(&self) -> impl Iterator<Item = PollFd<'_>> {
        let input = self.input.as_ref().filter(|_| !self.outbox.is_empty());
        let input = input.map(|fd| PollFd::new(fd, PollFlags::OUT));
        let stderr = self.stderr.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN));
        [Some(PollFd::new(&self.output, PollFlags::IN)), input, stderr].into_iter().flatten()
    }

    /// Queues a frame and writes what the pipe accepts.
    pub fn send(&mut self, frame: OutgoingFrame) {
        self.outbox.push_back(frame);
        self.flush();
    }

    /// Writes what the pipe accepts. A pipe without a reader is no error here: the end of the worker's
    /// output reports the same, after everything that the worker had written.
    pub fn flush(&mut self) {
        while let (Some(frame), Some(input)) = (self.outbox.front_mut(), &self.input) {
            match frame.write_to(input) {
                Ok(true) => drop(self.outbox.pop_front()),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.close_input(),
            }
        }
    }

    /// Closes the worker's input. The worker exits when it has read all that was sent.
    pub fn close_input(&mut self) {
        self.input = None;
        self.outbox.clear();
    }

    /// The next frame from the worker; `Ok(None)` until more bytes arrive.
    ///
    /// # Errors
    /// There will be no more frames.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, OutputEnded> {
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Ok(None) => {}
                Err(error) => {
                    self.record_protocol_error(error.to_string());
                    return Err(OutputEnded);
                }
            }
            match self.decoder.read_from(&self.output) {
                Ok(0) => return Err(OutputEnded),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(OutputEnded),
            }
        }
    }

    /// Reads the worker's stderr, at most as much as its pipe can hold. A worker that writes without end
    /// must not occupy the supervisor.
    pub fn drain_stderr(&mut self) {
        let Some(stderr) = &mut self.stderr else { return };
        let mut buffer = [0; 4096];
        for _ in 0..MAX_STDERR_READS {
            match stderr.read(&mut buffer) {
                Ok(0) => return self.stderr = None,
                Ok(got) => self.stderr_tail.push(&buffer[..got]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return self.stderr = None,
            }
        }
    }

    /// Records a breach of protocol. Later frames of the worker do not count.
    pub fn record_protocol_error(&mut self, what: String) {
        self.protocol_error.get_or_insert(what);
    }

    /// Records why the worker says that it cannot start.
    pub fn record_refusal(&mut self, reason: String) {
        self.refusal = Some(reason);
    }

    /// The last 8 KiB that the worker has written to stderr.
    pub fn stderr_tail(&self) -> String {
        self.stderr_tail.text()
    }

    /// Kills the worker and its process group.
    pub fn kill(&mut self) {
        self.killed = true;
        // The worker separately too: a task may have moved it to another group.
        let _ = self.process.kill();
        if let Some(group) = Pid::from_raw(self.pid as i32) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Whether the process has exited, even if another process holds its pipes open.
    pub fn has_exited(&self) -> bool {
        let Some(pid) = Pid::from_raw(self.pid as i32) else { return true };
        // NOWAIT leaves it unreaped, so that its pid cannot name another process yet.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(pid), look), Ok(None))
    }

    fn exits_within_timeout(&self) -> bool {
        let since = Instant::now();
        while !self.has_exited() {
            if since.elapsed() >= EXIT_TIMEOUT {
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        true
    }

    /// Measures the worker's peak memory; keeps the last value if the process is gone.
    pub fn measure_memory(&mut self) {
        self.peak_memory = self.peak_memory.max(peak_memory(Some(self.pid)).unwrap_or(0));
    }

    /// Measures the part of the worker's memory that it shares with others. It takes a hundred microseconds
    /// for ten mebibytes, so it is not done after each attempt. The shared part is the program itself and
    /// changes little.
    pub fn measure_shared_memory(&mut self) {
        self.shared_memory = shared_memory(Some(self.pid)).unwrap_or(self.shared_memory);
    }

    /// The peak without the part that counts for other processes.
    pub fn own_memory(&self) -> u64 {
        self.peak_memory.saturating_sub(self.shared_memory)
    }

    /// Kills what is left of the worker, waits for it, and classifies its exit.
    pub fn reap(mut self, limits: &Limits) -> WorkerExit {
        self.measure_memory();
        let closed_output_early =
            !self.killed && self.protocol_error.is_none() && !self.exits_within_timeout();
        // A process that is exiting keeps its exit code; processes that it leaves behind are killed.
        self.kill();
        let status = self.process.wait();
        self.drain_stderr();
        self.stderr_tail.end();
        let stderr = self.stderr_tail.text();
        let own_memory = self.own_memory();
        let evidence = ExitEvidence {
            status,
            kill_reason: self.kill_reason,
            protocol_error: self.protocol_error,
            refusal: self.refusal,
            said_hello: self.tasks.is_some(),
            closed_output_early,
            truncated: self.decoder.end().is_err() && self.kill_reason.is_none(),
            stderr: &stderr,
            peak_memory: self.peak_memory,
        };
        let ending = classify_exit(evidence, limits);
        WorkerExit {
            worker: self.worker,
            pid: self.pid,
            ending,
            stderr,
            peak_memory: self.peak_memory,
            own_memory,
        }
    }
}

/// The program from which workers are started: this one, even if its file has been replaced.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    let linked = PathBuf::from("/proc/self/exe");
    if linked.exists() { Ok(linked) } else { std::env::current_exe() }
}
