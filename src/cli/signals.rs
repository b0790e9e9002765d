//! Ctrl-C, `kill` and a terminal that is closed: a clean end if there is time for one, an end in any case.
//!
//! SIGPIPE stays ignored, as Rust's start-up code has it, so that a reader who has gone is an
//! ordinary write error.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::exit;
use crate::input::CancelToken;

/// Time that the job has to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// Which signal asked the program to end, if one did.
#[derive(Clone)]
pub(super) struct Signals {
    caught: Arc<AtomicU8>,
}

impl Signals {
    /// From now on SIGINT, SIGTERM and SIGHUP cancel the run. The program exits by itself if
    /// that takes longer than the grace time, or at once on a second signal.
    pub(super) fn listen(cancel: CancelToken) -> io::Result<Self> {
        let ours = Self { caught: Arc::new(AtomicU8::new(0)) };
        let theirs = ours.clone();
        let signals = [SIGINT, SIGTERM].into_iter().chain((!outlives_terminal()).then_some(SIGHUP));
        let mut signals = signal_hook::iterator::Signals::new(signals)?;
        let listen = move || {
            for signal in signals.forever() {
                let signal = u8::try_from(signal).unwrap_or(u8::MAX);
                let code = i32::from(exit::of_signal(signal));
                if theirs.caught.swap(signal, Ordering::Relaxed) != 0 {
                    process::exit(code);
                }
                cancel.cancel();
                let end = move || {
                    thread::sleep(GRACE);
                    process::exit(code);
                };
                // Without a thread to wait in, the job has no time for an end of its own.
                if thread::Builder::new().spawn(end).is_err() {
                    process::exit(code);
                }
            }
        };
        thread::Builder::new().name("signals".into()).spawn(listen)?;
        Ok(ours)
    }

    /// The signal's number.
    pub(super) fn caught(&self) -> Option<u8> {
        match self.caught.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// A writer that fails once a signal has come, so that a half-written file is removed and not
    /// left to a forced exit.
    pub(super) fn guard<'a>(&'a self, out: &'a mut dyn Write) -> impl Write + 'a {
        Guarded { signals: self, out }
    }
}

/// Whether the program was started to go on without its terminal, as by `nohup`: with SIGHUP ignored. Where the system
/// does not tell, SIGHUP stays as it was found.
fn outlives_terminal() -> bool {
    let ignored = |status: String| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?.trim().to_owned();
        let mask = u64::from_str_radix(&mask, 16).ok()?;
        Some(mask & (1 << (SIGHUP - 1)) != 0)
    };
    std::fs::read_to_string("/proc/self/status").ok().and_then(ignored).unwrap_or(true)
}

struct Guarded<'a> {
    signals: &'a Signals,
    out: &'a mut dyn Write,
}

impl Write for Guarded<'_> {
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
