//! Stderr forwarder: a thread that writes the workers' stderr lines to ours, behind a bounded queue.
//!
//! The reader of our stderr may stop reading. This may cost lines, which are counted; it must not block the
//! supervisor, because the deadlines of all workers depend on it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread::Builder;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

/// Most bytes that wait to be written. A line that would exceed it is dropped.
const MAX_QUEUED_BYTES: usize = 1 << 20;
/// Time that the end of a pool waits for the rest of the queue.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Sender of lines to the forwarder's thread.
#[derive(Debug, Clone)]
pub(super) struct LineSender {
    queue: Sender<Vec<u8>>,
    queued_bytes: Arc<AtomicUsize>,
    dropped_lines: Arc<AtomicU64>,
}

/// Owner of the forwarder's thread.
#[derive(Debug)]
pub(super) struct StderrForwarder {
    lines: LineSender,
    ended: Receiver<()>,
}

/// Starts the thread that writes to `out`. Writing may block it.
///
/// # Errors
/// The system cannot start another thread.
pub(super) fn start(mut out: impl Write + Send + 'static) -> io::Result<StderrForwarder> {
    let (sender, queue) = unbounded::<Vec<u8>>();
    let (queued_bytes, dropped_lines) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let (end, ended) = bounded(0);
    let lines = LineSender {
        queue: sender,
        queued_bytes: Arc::clone(&queued_bytes),
        dropped_lines: Arc::clone(&dropped_lines),
    };
    let write = move || {
        let _end: Sender<()> = end;
        let report_dropped = |out: &mut dyn Write| match dropped_lines.swap(0, Relaxed) {
            0 => {}
            lines => {
                drop(writeln!(out, "[pool] {lines} lines of workers were left out: nobody read them in time"))
            }
        };
        for line in queue {
            // One write for each line, so that no other output comes in between. An error here cannot be
            // reported anywhere.
            let _ = out.write_all(&line);
            queued_bytes.fetch_sub(line.len(), Relaxed);
            report_dropped(&mut out);
        }
        report_dropped(&mut out);
    };
    Builder::new().name("pool-stderr".into()).spawn(write)?;
    Ok(StderrForwarder { lines, ended })
}

impl LineSender {
    /// Queues a line, with its line end, or drops it if the queue is full.
    pub fn forward(&self, line: Vec<u8>) {
        // Only the supervisor's thread adds bytes, so the sum cannot have grown since it was read.
        if self.queued_bytes.load(Relaxed) + line.len() > MAX_QUEUED_BYTES {
            self.dropped_lines.fetch_add(1, Relaxed);
            return;
        }
        self.queued_bytes.fetch_add(line.len(), Relaxed);
        let _ = self.queue.send(line);
    }
}

impl StderrForwarder {
    /// A sender of lines.
    pub fn lines(&self) -> LineSender {
        self.lines.clone()
    }

    /// Waits for the rest of the queue, for a limited time. Every other [`LineSender`] has to be dropped
    /// before.
    pub fn end(self) {
        let Self { lines, ended } = self;
        drop(lines);
        let _ = ended.recv_timeout(END_TIMEOUT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use super::*;

    /// Writer that blocks until the test lets it go on.
    struct BlockedWriter(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for BlockedWriter {
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
    fn a_reader_that_stops_costs_lines_but_no_time_and_the_lines_are_counted() {
        let (go, released) = bounded::<()>(0);
        let written = Arc::new(Mutex::new(Vec::new()));
        let forwarder = start(BlockedWriter(released, Arc::clone(&written))).unwrap();
        let lines = forwarder.lines();
        let started = Instant::now();
        let line = vec![b'x'; 1 << 10];
        for _ in 0..1030 {
            lines.forward(line.clone());
        }
        assert!(started.elapsed() < END_TIMEOUT);
        drop((go, lines));
        forwarder.end();
        let missing = "[pool] 6 lines of workers were left out: nobody read them in time\n";
        let written = written.lock().unwrap();
        assert_eq!(written.len(), (1024 << 10) + missing.len());
        assert!(String::from_utf8_lossy(&written).contains(missing));
    }

    #[test]
    fn the_end_waits_only_for_a_limited_time() {
        let (_go, released) = bounded::<()>(0);
        let forwarder = start(BlockedWriter(released, Arc::default())).unwrap();
        forwarder.lines().forward(b"unread\n".to_vec());
        let started = Instant::now();
        forwarder.end();
        assert!(started.elapsed() < 5 * END_TIMEOUT);
    }
}
