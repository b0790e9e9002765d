//! The way of workers' words to our stderr: a thread that writes them, behind a queue that is full some day.
//!
//! Whoever reads our stderr may stop reading. That may cost lines, which are then counted; it must not cost the
//! supervisor its time, and with it the deadlines of all workers.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread::Builder;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

/// Bytes that wait to be written; a line that would pass them is left out.
const WAITING_BYTES: usize = 1 << 20;
/// How long the end of a pool waits for what has not been written yet.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Where lines are left to be written.
#[derive(Debug, Clone)]
pub struct Echo {
    lines: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    left_out: Arc<AtomicU64>,
}

/// The other end, for who started the thread.
#[derive(Debug)]
pub struct Echoing {
    echo: Echo,
    ended: Receiver<()>,
}

/// Starts the thread that writes to `out`, which may block it.
///
/// # Errors
/// There is no thread left.
pub fn start(mut out: impl Write + Send + 'static) -> io::Result<Echoing> {
    let (lines, queue) = unbounded::<Vec<u8>>();
    let (waiting, left_out) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let (end, ended) = bounded(0);
    let echo = Echo { lines, waiting: Arc::clone(&waiting), left_out: Arc::clone(&left_out) };
    let write = move || {
        let _end: Sender<()> = end;
        let say_what_is_missing = |out: &mut dyn Write| match left_out.swap(0, Relaxed) {
            0 => {}
            lines => {
                drop(writeln!(out, "[pool] {lines} lines of workers were left out: nobody read them in time"))
            }
        };
        for line in queue {
            // A line is written at once, so that nobody else's comes between. If that fails there is nobody to tell.
            let _ = out.write_all(&line);
            waiting.fetch_sub(line.len(), Relaxed);
            say_what_is_missing(&mut out);
        }
        say_what_is_missing(&mut out);
    };
    Builder::new().name("pool-echo".into()).spawn(write)?;
    Ok(Echoing { echo, ended })
}

impl Echo {
    /// Leaves a line, with its end, to be written; or leaves it out if too much waits already.
    pub fn say(&self, line: Vec<u8>) {
        // One thread at a time adds, so what was seen here cannot have grown.
        if self.waiting.load(Relaxed) + line.len() > WAITING_BYTES {
            self.left_out.fetch_add(1, Relaxed);
            return;
        }
        self.waiting.fetch_add(line.len(), Relaxed);
        let _ = self.lines.send(line);
    }
}

impl Echoing {
    /// For who has lines.
    pub fn echo(&self) -> Echo {
        self.echo.clone()
    }

    /// Waits a moment for what is left to be written. Every other [`Echo`] is gone by now.
    pub fn end(self) {
        let Self { echo, ended } = self;
        drop(echo);
        let _ = ended.recv_timeout(LAST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use super::*;

    /// Takes nothing before it is told to.
    struct Stuck(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stops_costs_lines_and_no_time_and_is_told_how_many() {
        let (go, told) = bounded::<()>(0);
        let written = Arc::new(Mutex::new(Vec::new()));
        let echoing = start(Stuck(told, Arc::clone(&written))).unwrap();
        let echo = echoing.echo();
        let started = Instant::now();
        let line = vec![b'x'; 1 << 10];
        for _ in 0..1030 {
            echo.say(line.clone());
        }
        assert!(started.elapsed() < LAST_WAIT);
        drop((go, echo));
        echoing.end();
        let missing = "[pool] 6 lines of workers were left out: nobody read them in time\n";
        let written = written.lock().unwrap();
        assert_eq!(written.len(), (1024 << 10) + missing.len());
        assert!(String::from_utf8_lossy(&written).contains(missing));
    }

    #[test]
    fn the_end_does_not_wait_for_ever() {
        let (_go, told) = bounded::<()>(0);
        let echoing = start(Stuck(told, Arc::default())).unwrap();
        echoing.echo().say(b"unheard\n".to_vec());
        let started = Instant::now();
        echoing.end();
        assert!(started.elapsed() < 5 * LAST_WAIT);
    }
}
