//! Chunks mapped by threads of this process.
//!
//! One thread reads and unpacks ahead, `workers` threads map, and the calling thread merges what
//! they send. The mapping threads take chunks straight from the reader, one after another under a
//! lock, so chunks leave in input order and nobody has to hand them out.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder};

use crossbeam_channel::{Sender, bounded};

use super::{EarliestFailure, ExecError, ExecStats, Executor, Mapped};
use crate::count::{Mapper, Plan};
use crate::input::{CancelToken, Chunks, ReadAhead, read_ahead};

/// The executor whose workers are threads.
#[derive(Debug)]
pub struct Threads {
    workers: NonZeroUsize,
}

impl Threads {
    /// An executor with that many mapping threads, beside one that reads.
    pub fn new(workers: NonZeroUsize) -> Self {
        Self { workers }
    }
}

impl Executor for Threads {
    fn run(
        &mut self,
        chunks: Chunks,
        plan: &Plan,
        cancel: &CancelToken,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> Result<ExecStats, ExecError> {
        let workers = self.workers.get();
        let mapper = Mapper::new(plan);
        let closed = AtomicBool::new(false);
        let mut effort =
            ExecStats { workers: u32::try_from(workers).unwrap_or(u32::MAX), ..ExecStats::default() };
        let mut failures = EarliestFailure::default();
        let mut ended = false;

        thread::scope(|scope| {
            // One chunk waits for each one that is being mapped: two a worker in flight.
            let ahead = Arc::new(Mutex::new(read_ahead(scope, chunks, workers)));
            let (results, arrived) = bounded(workers);
            for _ in 0..workers {
                let worker = Worker {
                    mapper: &mapper,
                    plan,
                    cancel,
                    closed: &closed,
                    ahead: Arc::clone(&ahead),
                    results: results.clone(),
                };
                if let Err(error) = Builder::new().spawn_scoped(scope, move || worker.work()) {
                    failures.record(None, ExecError::NoThread(error));
                    closed.store(true, Ordering::Relaxed);
                    break;
                }
            }
            // Only the threads hold these ends now: the reader ends with the last of them that
            // takes chunks, the loop below with the last that sends results.
            drop((ahead, results));

            for result in arrived {
                effort.attempts += 1;
                match result {
                    Ok(mapped) => ended |= reduce(mapped).is_break(),
                    Err(error) => failures.record(error.chunk(), error),
                }
                if ended || !failures.is_none() {
                    closed.store(true, Ordering::Relaxed);
                    // Wakes a reader that waits on a silent pipe; the job is over.
                    cancel.cancel();
                }
            }
        });
        match failures.into_inner() {
            Some(error) => Err(error),
            None if cancel.is_cancelled() && !ended => Err(ExecError::Stopped),
            None => Ok(effort),
        }
    }
}

/// What one mapping thread works with.
struct Worker<'a> {
    mapper: &'a Mapper,
    plan: &'a Plan,
    cancel: &'a CancelToken,
    closed: &'a AtomicBool,
    ahead: Arc<Mutex<ReadAhead>>,
    results: Sender<Result<Mapped, ExecError>>,
}

impl Worker<'_> {
    fn work(self) {
        // Asked only before a chunk is taken: one that was taken is mapped, come what may, since
        // it may hold an earlier failure than the one that closed the feeding.
        while !self.closed.load(Ordering::Relaxed) && !self.cancel.is_cancelled() {
            let next = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).next();
            let result = match next {
                None => break,
                Some(Err(error)) => Err(error.into()),
                Some(Ok(chunk)) => catching(chunk.id, || Mapped::map(&chunk, self.mapper, self.plan)),
            };
            if result.is_err() {
                self.closed.store(true, Ordering::Relaxed);
            }
            if self.results.send(result).is_err() {
                break;
            }
        }
    }
}

/// A panic while mapping is an error of this chunk, not the end of the program.
fn catching(chunk: u64, map: impl FnOnce() -> Result<Mapped, ExecError>) -> Result<Mapped, ExecError> {
    // The closure only reads what it shares, so nothing is left half-changed.
    catch_unwind(AssertUnwindSafe(map)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message")
            .to_owned();
        Err(ExecError::Panicked { chunk, message })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_chunk_and_says_what_the_panic_said() {
        for panic in [|| panic!("a {}", "mess"), || panic!("a mess")] as [fn() -> _; 2] {
            let error = catching(7, panic).unwrap_err();
            assert_eq!(error.to_string(), "chunk 7: a worker thread panicked: a mess");
        }
    }
}
