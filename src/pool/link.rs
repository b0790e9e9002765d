//! One worker process as the parent holds it: its pipes, what is half sent or half read, its last
//! words, and its end.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::echo::Echo;
use super::failure::Ending;
use super::frame::{Frame, FrameDecoder, FrameError, Header, Kind, Outgoing, Payload};
use super::stats::Attempt;
use super::terms::{Sentence, Worker};
use super::worker::{MARKER, Setup};

/// Bytes of a worker's stderr that are kept for the report of its death.
const LAST_WORDS: usize = 8 << 10;
/// Most reads of a worker's stderr in a row: 64 KiB, which is the size of its pipe.
const STDERR_READS: usize = 16;
/// How long a worker whose output has ended may take to end as well. The kernel closes the files of
/// a process just before its end can be seen; one that has not ended by then closed them itself.
const LAST_STEPS: Duration = Duration::from_millis(100);
/// Wanted size of the pipes in bytes, so that a whole chunk leaves with one write: what Linux allows
/// without privileges. A smaller pipe costs time only.
const PIPE: usize = 1 << 20;

/// See the module's own words.
#[derive(Debug)]
pub struct Link {
    pub worker: Worker,
    pub pid: u32,
    /// The tasks that the worker knows, in its own order; known since its hello.
    pub tasks: Option<Vec<String>>,
    /// Why it is being killed, if it is.
    pub sentence: Option<Sentence>,
    /// The attempt that it has begun; its end is still to be written into it.
    pub running: Option<Attempt>,
    /// Largest resident size seen, in bytes.
    pub peak_memory: u64,
    /// How much of its resident size belongs to others, see [`shared_memory`].
    shared_memory: u64,
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    stderr: Option<ChildStderr>,
    decoder: FrameDecoder,
    outbox: VecDeque<Outgoing>,
    last_words: LastWords,
    /// It was killed by us.
    killed: bool,
    /// What it did wrong on the wire.
    broken: Option<String>,
    /// Why it says that it cannot start.
    refused: Option<String>,
}

impl Link {
    /// Starts a worker and leaves its setup for it to read.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn spawn(program: &PathBuf, worker: Worker, setup: &Setup, echo: Option<Echo>) -> io::Result<Self> {
        // Before there is a process that an error would leave behind.
        let setup = Payload::of(setup).and_then(|setup| Outgoing::new(Header::plain(Kind::Setup), setup));
        let setup = setup.map_err(io::Error::other)?;
        let mut command = Command::new(program);
        if let Some(name) = std::env::args_os().next() {
            command.arg0(name);
        }
        command.arg(MARKER).arg(std::process::id().to_string()).arg(format!("worker-{}", worker.slot));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C reaches the parent alone, and what a task starts dies with it.
        let mut child = command.process_group(0).spawn()?;
        let (Some(input), Some(output), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("a pipe is missing"));
        };
        for fd in [input.as_fd(), output.as_fd(), stderr.as_fd()] {
            if let Err(error) = rustix::io::ioctl_fionbio(fd, true) {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error.into());
            }
        }
        #[cfg(target_os = "linux")]
        for fd in [input.as_fd(), output.as_fd()] {
            let _ = rustix::pipe::fcntl_setpipe_size(fd, PIPE);
        }
        let mut link = Link {
            worker,
            pid: child.id(),
            tasks: None,
            sentence: None,
            running: None,
            peak_memory: 0,
            shared_memory: 0,
            child,
            input: Some(input),
            output,
            stderr: Some(stderr),
            decoder: FrameDecoder::default(),
            outbox: VecDeque::new(),
            last_words: LastWords {
                echo: echo.map(|echo| (echo, format!("[worker {}] ", worker.slot))),
                ..LastWords::default()
            },
            killed: false,
            broken: None,
            refused: None,
        };
        link.send(setup);
        Ok(link)
    }

    /// What `poll` should watch: always output and stderr, input only while something waits to leave.
    pub fn poll_fds(&self) -> impl Iterator<Item = PollFd<'_>> {
        let input = self.input.as_ref().filter(|_| !self.outbox.is_empty());
        let input = input.map(|fd| PollFd::new(fd, PollFlags::OUT));
        let stderr = self.stderr.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN));
        [Some(PollFd::new(&self.output, PollFlags::IN)), input, stderr].into_iter().flatten()
    }

    /// Queues a frame and sends what the pipe takes.
    pub fn send(&mut self, frame: Outgoing) {
        self.outbox.push_back(frame);
        self.flush();
    }

    /// Sends what the pipe takes. A pipe without a reader is not an error here: the end of the
    /// worker's output tells the same, after everything that it had still written.
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

    /// Lets the worker go: it leaves when it has read all that was sent.
    pub fn close_input(&mut self) {
        self.input = None;
        self.outbox.clear();
    }

    /// The next frame from the worker; `Err` when there will be no more, `Ok(None)` until there is
    /// more to read.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Finished> {
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Ok(None) => {}
                Err(error) => {
                    self.accuse(error.to_string());
                    return Err(Finished);
                }
            }
            match self.decoder.read_from(&self.output) {
                Ok(0) => return Err(Finished),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(Finished),
            }
        }
    }

    /// Takes in what the worker has written to stderr, as far as a pipe can hold it: one that writes
    /// without end is not to have the supervisor for itself.
    pub fn drain_stderr(&mut self) {
        let Some(stderr) = &mut self.stderr else { return };
        let mut buffer = [0; 4096];
        for _ in 0..STDERR_READS {
            match stderr.read(&mut buffer) {
                Ok(0) => return self.stderr = None,
                Ok(got) => self.last_words.hear(&buffer[..got]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return self.stderr = None,
            }
        }
    }

    /// Notes a breach of protocol. What the worker says after it is not believed.
    pub fn accuse(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    /// Notes that the worker says it cannot start.
    pub fn refuse(&mut self, reason: String) {
        self.refused = Some(reason);
    }

    /// The last 8 KiB that it has written to stderr so far.
    pub fn last_words(&self) -> String {
        self.last_words.text()
    }

    /// Kills the worker and everything in its process group.
    pub fn kill(&mut self) {
        self.killed = true;
        // By itself too: a task may have moved it to another group.
        let _ = self.child.kill();
        if let Some(group) = Pid::from_raw(self.pid as i32) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Whether the process has ended, though something may still hold its pipes.
    pub fn has_exited(&self) -> bool {
        let Some(pid) = Pid::from_raw(self.pid as i32) else { return true };
        // It is left unreaped, so that its number cannot name another process yet.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(pid), look), Ok(None))
    }

    /// Whether the process ends within a moment.
    fn ends_soon(&self) -> bool {
        let since = Instant::now();
        while !self.has_exited() {
            if since.elapsed() >= LAST_STEPS {
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        true
    }

    /// Looks up the worker's peak memory; keeps the last value when the process is gone.
    pub fn measure_memory(&mut self) {
        self.peak_memory = self.peak_memory.max(peak_memory(Some(self.pid)).unwrap_or(0));
    }

    /// Looks up how much of the worker's memory it shares with others: a hundred microseconds for ten mebibytes, so not
    /// after each attempt. What is shared is the program itself, and changes little.
    pub fn measure_sharing(&mut self) {
        self.shared_memory = shared_memory(Some(self.pid)).unwrap_or(self.shared_memory);
    }

    /// The peak without what is counted to others.
    pub fn own_memory(&self) -> u64 {
        self.peak_memory.saturating_sub(self.shared_memory)
    }

    /// Kills what is left of the worker, reaps it, and says how it ended.
    pub fn bury(mut self, limits: &Limits) -> Buried {
        self.measure_memory();
        let mute = !self.killed && self.broken.is_none() && !self.ends_soon();
        // A process that is on its way out keeps its exit code; what it leaves behind dies here.
        self.kill();
        let status = self.child.wait();
        self.drain_stderr();
        self.last_words.end();
        let stderr = self.last_words.text();
        let truncated = self.decoder.end().is_err() && self.sentence.is_none();
        let ending = match (status, self.broken, self.sentence) {
            (Err(error), ..) => Ending::BrokenProtocol { what: format!("it cannot be waited for: {error}") },
            (_, _, Some(Sentence::Cancelled)) => Ending::Cancelled,
            (_, _, Some(Sentence::TaskTimeout)) => Ending::TimedOut { limit: limits.task_timeout },
            (_, _, Some(Sentence::StartTimeout)) => {
                let waited = limits.start_timeout.as_secs_f64();
                Ending::CouldNotStart { reason: format!("no hello within {waited} s") }
            }
            (_, Some(what), _) if self.tasks.is_none() => {
                let hint = "does main call serve_if_worker before it prints anything?";
                Ending::BrokenProtocol { what: format!("{what}; {hint}") }
            }
            (_, Some(what), _) => Ending::BrokenProtocol { what },
            (Ok(status), None, None | Some(Sentence::Overstayed)) => {
                let signalled = status.signal().is_some();
                if let Some(reason) = self.refused {
                    Ending::CouldNotStart { reason }
                } else if self.tasks.is_none() && !signalled {
                    let reason = format!("{status} before its hello: {}", stderr.trim());
                    Ending::CouldNotStart { reason }
                } else if mute && status.signal() == Some(Signal::KILL.as_raw()) {
                    let what = "it closed its pipe and lived on".to_owned();
                    Ending::BrokenProtocol { what }
                } else if truncated && status.success() {
                    Ending::BrokenProtocol { what: FrameError::Truncated.to_string() }
                } else {
                    how_it_ended(status, &stderr, self.peak_memory, limits.worker_memory)
                }
            }
        };
        let (own_memory, peak_memory) =
            (self.peak_memory.saturating_sub(self.shared_memory), self.peak_memory);
        Buried { worker: self.worker, pid: self.pid, ending, stderr, peak_memory, own_memory }
    }
}

/// The worker will say nothing more.
#[derive(Debug, Clone, Copy)]
pub struct Finished;

/// What a worker's ending is measured by.
#[derive(Debug, Clone)]
pub struct Limits {
    pub start_timeout: Duration,
    pub task_timeout: Duration,
    pub worker_memory: Option<u64>,
}

/// A worker that is no more.
#[derive(Debug)]
pub struct Buried {
    pub worker: Worker,
    pub pid: u32,
    pub ending: Ending,
    pub stderr: String,
    pub peak_memory: u64,
    pub own_memory: u64,
}

/// Out of memory is said only with evidence: the allocator's own last words, or a SIGKILL that came
/// when the worker was at nine tenths of its limit or above.
fn how_it_ended(status: ExitStatus, stderr: &str, peak_memory: u64, limit: Option<u64>) -> Ending {
    let kill = Signal::KILL.as_raw();
    let abort = Signal::ABORT.as_raw();
    match (status.signal(), status.code()) {
        (Some(signal), _) if signal == abort => {
            let is_it = |line: &&str| line.contains("memory allocation of ") && line.ends_with(" failed");
            let words = stderr.lines().map(str::trim).rfind(is_it);
            match words {
                Some(words) => Ending::OutOfMemory { evidence: words.to_owned() },
                None => Ending::Killed { signal },
            }
        }
        (Some(signal), _) => match limit {
            Some(limit) if signal == kill && peak_memory >= limit / 10 * 9 => Ending::OutOfMemory {
                evidence: format!("killed when it held {peak_memory} of {limit} bytes"),
            },
            _ => Ending::Killed { signal },
        },
        (None, code) => Ending::Exited { code: code.unwrap_or(-1) },
    }
}

/// The end of a worker's stderr, passed on line by line if somebody wants to read along.
#[derive(Debug, Default)]
struct LastWords {
    ring: VecDeque<u8>,
    /// Who passes lines on, and what stands before each.
    echo: Option<(Echo, String)>,
    line: Vec<u8>,
}

impl LastWords {
    fn hear(&mut self, bytes: &[u8]) {
        self.ring.extend(bytes);
        let excess = self.ring.len().saturating_sub(LAST_WORDS);
        self.ring.drain(..excess);
        if self.echo.is_some() {
            for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
                self.line.extend_from_slice(piece);
                if piece.ends_with(b"\n") || self.line.len() > LAST_WORDS {
                    self.pass_on();
                }
            }
        }
    }

    fn pass_on(&mut self) {
        if let Some((echo, prefix)) = &self.echo {
            echo.say([prefix.as_bytes(), self.line.trim_ascii_end(), b"\n"].concat());
        }
        self.line.clear();
    }

    fn end(&mut self) {
        if !self.line.is_empty() {
            self.pass_on();
        }
    }

    fn text(&self) -> String {
        let (front, back) = self.ring.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

/// The program to start workers from: this one, even if its file has been replaced meanwhile.
pub fn this_program() -> io::Result<PathBuf> {
    let linked = PathBuf::from("/proc/self/exe");
    if linked.exists() { Ok(linked) } else { std::env::current_exe() }
}

/// Peak resident memory in bytes of a process, this one if none is named. Linux only: `None`
/// elsewhere, and for a process that is gone.
pub fn peak_memory(pid: Option<u32>) -> Option<u64> {
    let name = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let status = std::fs::read_to_string(format!("/proc/{name}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Bytes of a process's resident memory, of this one if none is named, that are counted to others: a page that several
/// processes hold is divided among them (what the kernel calls the proportional set size). Linux only, as
/// [`peak_memory`].
pub fn shared_memory(pid: Option<u32>) -> Option<u64> {
    let name = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let sums = std::fs::read_to_string(format!("/proc/{name}/smaps_rollup")).ok()?;
    let field = |name: &str| {
        let line = sums.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some(field("Rss:")?.saturating_sub(field("Pss:")?) << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_is_said_only_with_evidence() {
        let [killed, aborted] = [Signal::KILL, Signal::ABORT].map(|signal| signal.as_raw());
        let by = |signal| Ending::Killed { signal };
        let oom = |evidence: &str| Ending::OutOfMemory { evidence: evidence.to_owned() };
        let words = "something else\nmemory allocation of 64 bytes failed\n";
        for (signal, stderr, peak, limit, ending) in [
            (killed, "", 90, Some(100), oom("killed when it held 90 of 100 bytes")),
            (killed, "", 89, Some(100), by(killed)),
            (killed, "", u64::MAX, None, by(killed)),
            (killed, words, 0, Some(100), by(killed)),
            (aborted, words, 0, None, oom("memory allocation of 64 bytes failed")),
            (aborted, "I wish memory allocation of this kind were easier", 0, None, by(aborted)),
            (aborted, "", 100, Some(100), by(aborted)),
        ] {
            assert_eq!(how_it_ended(ExitStatus::from_raw(signal), stderr, peak, limit), ending);
        }
    }
}
