//! Signals that end the program: SIGINT, SIGTERM and SIGHUP. The job is stopped cleanly, or by force after a grace time.
//!
//! SIGPIPE stays ignored, as Rust's start-up code leaves it: a closed pipe is an ordinary write error.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::report::exit;
use crate::input::CancelToken;
use crate::output;

/// The time that a stopped job has to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// The signal that ended the program, if there was one.
#[derive(Clone)]
pub(super) struct Signals {
    caught: Arc<AtomicU8>,
}

impl Signals {
    /// Starts a thread that cancels the job on a signal. It ends the program if the job takes longer than the
    /// grace time to stop, or at once on a second signal.
    pub(super) fn listen(cancel: CancelToken) -> io::Result<Self> {
        let signals = Self { caught: Arc::new(AtomicU8::new(0)) };
        let in_thread = signals.clone();
        let mut incoming = signal_hook::iterator::Signals::new(handled())?;
        exit_on_abort()?;
        let listen = move || {
            for signal in incoming.forever() {
                let signal = u8::try_from(signal).unwrap_or(u8::MAX);
                let code = i32::from(exit::for_signal(signal));
                if in_thread.caught.swap(signal, Ordering::Relaxed) != 0 {
                    end_by_force(code);
                }
                cancel.cancel();
                let end = move || {
                    thread::sleep(GRACE);
                    end_by_force(code);
                };
                // Without a thread to wait in, there is no grace time.
                if thread::Builder::new().spawn(end).is_err() {
                    end_by_force(code);
                }
            }
        };
        thread::Builder::new().name("signals".into()).spawn(listen)?;
        Ok(signals)
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
