//! Signals that end the program: SIGINT, SIGTERM and SIGHUP. The job is stopped cleanly, or by force after a grace time.
//!
//! SIGPIPE stays ignored, as Rust's start-up code leaves it: a closed pipe is an ordinary write error.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::report::exit;
use crate::input::CancelToken;

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
        let handled = [SIGINT, SIGTERM].into_iter().chain((!ignores_hangup()).then_some(SIGHUP));
        let mut incoming = signal_hook::iterator::Signals::new(handled)?;
        let listen = move || {
            for signal in incoming.forever() {
                let signal = u8::try_from(signal).unwrap_or(u8::MAX);
                let code = i32::from(exit::for_signal(signal));
                if in_thread.caught.swap(signal, Ordering::Relaxed) != 0 {
                    process::exit(code);
                }
                cancel.cancel();
                let end = move || {
                    thread::sleep(GRACE);
                    process::exit(code);
                };
                // Without a thread to wait in, there is no grace time.
                if thread::Builder::new().spawn(end).is_err() {
                    process::exit(code);
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

/// Whether the program was started with SIGHUP ignored, as by `nohup`, and so must outlive its terminal. True where the
/// system does not tell, so that SIGHUP stays as it was.
fn ignores_hangup() -> bool {
    let ignored = |status: String| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?.trim().to_owned();
        let mask = u64::from_str_radix(&mask, 16).ok()?;
        Some(mask & (1 << (SIGHUP - 1)) != 0)
    };
    std::fs::read_to_string("/proc/self/status").ok().and_then(ignored).unwrap_or(true)
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
