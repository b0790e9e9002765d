//! Signals that end the program: SIGINT, SIGTERM and SIGHUP. The job is stopped cleanly, or by force after a grace time.
//!
//! SIGPIPE stays ignored, as Rust's start-up code leaves it: a closed pipe is an ordinary write error.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getppid;
use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::report::exit;
use crate::input::CancelToken;
use crate::output;

/// The time that a stopped job has to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// The time between two looks at who the parent is.
const HALF_A_SECOND: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

/// The signal that ended the program, if there was one.
#[derive(Clone)]
pub(super) struct Signals {
    caught: Arc<AtomicU8>,
    cancel: CancelToken,
}

impl Signals {
    /// Starts a thread that cancels the job on a signal. It ends the program if the job takes longer than the
    /// grace time to stop, or at once on a second signal.
    pub(super) fn listen(cancel: CancelToken) -> io::Result<Self> {
        let signals = Self { caught: Arc::new(AtomicU8::new(0)), cancel };
        let in_thread = signals.clone();
        let mut incoming = signal_hook::iterator::Signals::new(handled())?;
        exit_on_abort()?;
        let listen = move || {
            for signal in incoming.forever() {
                in_thread.end(u8::try_from(signal).unwrap_or(u8::MAX));
            }
        };
        thread::Builder::new().name("signals".into()).spawn(listen)?;
        Ok(signals)
    }

    /// Cancels the job as for this signal. A second signal, or the end of the grace time, ends the program.
    fn end(&self, signal: u8) {
        let code = i32::from(exit::for_signal(signal));
        if self.caught.swap(signal, Ordering::Relaxed) != 0 {
            end_by_force(code);
        }
        self.cancel.cancel();
        let end = move || {
            thread::sleep(GRACE);
            end_by_force(code);
        };
        // Without a thread to wait in, there is no grace time.
        if thread::Builder::new().spawn(end).is_err() {
            end_by_force(code);
        }
    }

    /// Starts a thread that cancels the job, as for SIGTERM, when standard input is closed. A process that the caller has forked
    /// may hold that pipe open beyond the caller's end, so the thread watches for another parent as well.
    pub(super) fn end_with_stdin(&self) -> io::Result<()> {
        let (signals, parent) = (self.clone(), getppid());
        let watch = move || {
            while getppid() == parent && is_open(io::stdin()) {}
            signals.end(SIGTERM as u8);
        };
        thread::Builder::new().name("caller".into()).spawn(watch)?;
        Ok(())
    }

    /// The number of the signal.
    pub(super) fn caught(&self) -> Option<u8> {
        match self.caught.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// A writer that fails after a signal. The output then fails and removes its unfinished file, before the program is
    /// ended by force.
    pub(super) fn interruptible<'a>(&'a self, out: &'a mut dyn Write) -> impl Write + 'a {
        InterruptibleWriter { signals: self, out }
    }
}

/// Ends the program while other threads still work. Their unfinished outputs are removed; the workers end by themselves
/// when their parent is gone.
fn end_by_force(code: i32) -> ! {
    output::remove_unfinished();
    process::exit(code)
}

/// The signals that end the program: those that it was not started to ignore. `nohup` has SIGHUP ignored, so that the
/// program outlives its terminal, and a shell without job control SIGINT, for a command in the background. Where the
/// system does not tell, only SIGHUP stays as it was.
fn handled() -> impl Iterator<Item = i32> {
    let mask = |status: String| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?.trim().to_owned();
        u64::from_str_radix(&mask, 16).ok()
    };
    let told = std::fs::read_to_string("/proc/self/status").ok().and_then(mask);
    let ignored = told.unwrap_or(1 << (SIGHUP - 1));
    [SIGINT, SIGTERM, SIGHUP].into_iter().filter(move |signal| ignored & (1 << (signal - 1)) == 0)
}

/// Makes an abort an ordinary failure. An allocation that fails where no code expects it writes its size to stderr and
/// aborts, and so would the program be ended as if by a bug, with a core dump.
fn exit_on_abort() -> io::Result<()> {
    flag::register_conditional_shutdown(SIGABRT, exit::FAILED.into(), Arc::new(AtomicBool::new(true)))?;
    Ok(())
}

/// Whether a pipe is open at its other end, after at most half a second. What comes from it is dropped.
fn is_open(mut pipe: impl Read + AsFd) -> bool {
    let mut wait = [PollFd::new(&pipe, PollFlags::IN)];
    match poll(&mut wait, Some(&HALF_A_SECOND)) {
        Ok(0) | Err(Errno::INTR) => return true,
        Ok(_) => {}
        Err(_) => return false,
    }
    match pipe.read(&mut [0; 4096]) {
        Ok(read) => read > 0,
        Err(error) => matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock),
    }
}

struct InterruptibleWriter<'a> {
    signals: &'a Signals,
    out: &'a mut dyn Write,
}

impl Write for InterruptibleWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.signals.caught().is_some() {
            return Err(io::Error::other("interrupted"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
