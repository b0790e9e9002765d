//! Crash of an attempt or a worker: what happened, and how it is described.

use std::fmt;
use std::time::Duration;

use rustix::process::Signal;

/// An attempt, or a worker, that crashed.
///
/// ```
/// use procpool::{Failure, Pool, Task, TaskError};
///
/// struct Leave;
/// impl Task for Leave {
///     const NAME: &'static str = "leave";
///     type Input = i32;
///     type Output = ();
///     fn run(code: i32) -> Result<(), TaskError> {
///         eprintln!("so long");
///         std::process::exit(code)
///     }
/// }
/// procpool::serve_if_worker(&[Leave::ENTRY]);
/// let pool = Pool::builder().workers(1).retries(0).echo_stderr(false).build()?;
/// let Err(Failure::Crashed { last, .. }) = pool.apply::<Leave>(3) else { panic!() };
/// assert_eq!(last.to_string(), "exited with code 3; last line of stderr: so long");
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Crash {
    /// How it ended.
    pub ending: Ending,
    /// The task that was running, if any.
    pub task: Option<u64>,
    /// The attempt, from 1; 0 if no task was running.
    pub attempt: u32,
    /// The worker's slot, from 0.
    pub worker: usize,
    /// The worker's process id; 0 if there was no process.
    pub pid: u32,
    /// The last 8 KiB that the worker wrote to stderr.
    pub stderr: String,
}

impl fmt::Display for Crash {
    /// The ending, and the last meaningful line of stderr if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ending)?;
        let meaningful = |line: &&str| !line.is_empty() && !line.starts_with("note: ");
        match self.stderr.lines().map(str::trim).rfind(meaningful) {
            Some(line) if !self.ending.quotes(line) => write!(f, "; last line of stderr: {line}"),
            _ => Ok(()),
        }
    }
}

/// End of an attempt or of a worker.
///
/// ```
/// use procpool::{Ending, Failure, Task, TaskError, ThreadPool};
///
/// struct Fragile;
/// impl Task for Fragile {
///     const NAME: &'static str = "fragile";
///     type Input = ();
///     type Output = ();
///     fn run(_: ()) -> Result<(), TaskError> {
///         panic!("it broke")
///     }
/// }
/// let pool = ThreadPool::builder().workers(1).build()?;
/// let Err(Failure::Crashed { last, .. }) = pool.apply::<Fragile>(()) else { panic!() };
/// assert_eq!(last.ending, Ending::Panicked { message: "it broke".into() });
/// assert_eq!(last.ending.name(), "panicked");
/// # Ok::<(), procpool::PoolError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The task panicked; the worker survived.
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// The worker exited.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// A signal killed the worker.
    Killed {
        /// Its number.
        signal: i32,
    },
    /// The attempt took too long and its worker was killed.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The worker wrote bytes that are no frame, or a frame that it may not send.
    BrokenProtocol {
        /// What was wrong.
        what: String,
    },
    /// The worker ran out of memory.
    OutOfMemory {
        /// The evidence: the message of the allocator, or the memory at the time of a SIGKILL.
        evidence: String,
    },
    /// The worker did not start.
    CouldNotStart {
        /// The reason.
        reason: String,
    },
    /// The worker was killed because its task was cancelled.
    Cancelled,
}

impl Ending {
    /// One word for a table: `panicked`, `exited`, `killed`, `timed-out`, `broken-protocol`,
    /// `out-of-memory`, `could-not-start`, `cancelled`.
    pub fn name(&self) -> &'static str {
        match self {
            Ending::Panicked { .. } => "panicked",
            Ending::Exited { .. } => "exited",
            Ending::Killed { .. } => "killed",
            Ending::TimedOut { .. } => "timed-out",
            Ending::BrokenProtocol { .. } => "broken-protocol",
            Ending::OutOfMemory { .. } => "out-of-memory",
            Ending::CouldNotStart { .. } => "could-not-start",
            Ending::Cancelled => "cancelled",
        }
    }

    /// Whether the description already contains this line of stderr.
    fn quotes(&self, line: &str) -> bool {
        match self {
            Ending::Panicked { .. } => true,
            Ending::OutOfMemory { evidence: text } | Ending::CouldNotStart { reason: text } => {
                text.contains(line)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Panicked { message } => write!(f, "panicked: {message}"),
            Ending::Exited { code } => write!(f, "exited with code {code}"),
            Ending::Killed { signal } => {
                let name = signal_name(*signal);
                write!(f, "signal {signal}, {}", name.unwrap_or("unnamed"))
            }
            Ending::TimedOut { limit } => write!(f, "no answer within {} s", limit.as_secs_f64()),
            Ending::BrokenProtocol { what } => write!(f, "broken protocol: {what}"),
            Ending::OutOfMemory { evidence } => write!(f, "out of memory: {evidence}"),
            Ending::CouldNotStart { reason } => write!(f, "could not start: {reason}"),
            Ending::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// The name of a signal.
fn signal_name(number: i32) -> Option<&'static str> {
    const NAMES: [(Signal, &str); 28] = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::BUS, "SIGBUS"),
        (Signal::CHILD, "SIGCHLD"),
        (Signal::CONT, "SIGCONT"),
        (Signal::FPE, "SIGFPE"),
        (Signal::HUP, "SIGHUP"),
        (Signal::ILL, "SIGILL"),
        (Signal::INT, "SIGINT"),
        (Signal::IO, "SIGIO"),
        (Signal::KILL, "SIGKILL"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::PROF, "SIGPROF"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::STOP, "SIGSTOP"),
        (Signal::SYS, "SIGSYS"),
        (Signal::TERM, "SIGTERM"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::TSTP, "SIGTSTP"),
        (Signal::TTIN, "SIGTTIN"),
        (Signal::TTOU, "SIGTTOU"),
        (Signal::URG, "SIGURG"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::VTALARM, "SIGVTALRM"),
        (Signal::WINCH, "SIGWINCH"),
        (Signal::XCPU, "SIGXCPU"),
    ];
    NAMES.iter().find(|(signal, _)| signal.as_raw() == number).map(|&(_, name)| name)
}
