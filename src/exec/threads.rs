//! Executor whose workers are threads of this process.
//!
//! It feeds a [`ThreadPool`] as the process executor feeds its pool: one thread reads and unpacks ahead, the
//! pool's threads map, and the calling thread hands out chunks and reduces the results.

use std::num::NonZeroUsize;
use std::thread;

use super::processes::pipe::{self, OutstandingChunks};
use super::processes::reduce_range;
use super::{EarliestFailure, ExecError, ExecFailure, ExecStats, Executor, MissingWorkers, Reduction};
use crate::count::Plan;
use crate::input::{CancelToken, Chunks, read_ahead};
use crate::pool::{PoolError, ThreadPool};

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
        reduction: &mut dyn Reduction,
    ) -> Result<ExecStats, ExecFailure> {
        let workers = self.workers.get();
        // Two chunks for each worker: one is mapped while the next one waits in the queue.
        let builder =
            ThreadPool::builder().workers(workers).in_flight(2 * workers, reduction.in_flight_bytes());
        let builder = builder.share(plan)?;
        let mut failures = EarliestFailure::default();
        let stats = thread::scope(|scope| {
            // Before the pool: of few threads that the system allows, the reader is the one that cannot be spared.
            let ahead = read_ahead(scope, chunks, workers).map_err(ExecError::NoThread)?;
            let pool = builder.build().map_err(|error| match error {
                PoolError::Io(error) => ExecError::NoThread(error),
                error => ExecError::Pool(error),
            })?;
            let mut outstanding = OutstandingChunks::new(plan, false);
            let flow = pipe::run(&pool, ahead, &mut outstanding, cancel, &mut failures, reduction);
            if flow.is_continue() && !failures.has_failed() {
                reduce_range::run(&pool, cancel, &mut failures, reduction);
            }
            Ok::<_, ExecError>(pool.stats())
        })?;
        match failures.into_inner() {
            Some((place, error)) => Err(ExecFailure { place, error }),
            None => Ok(ExecStats {
                workers: u32::try_from(workers).unwrap_or(u32::MAX),
                missing_workers: MissingWorkers::of(&stats),
                attempts: stats.attempts,
                ..ExecStats::default()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Task, TaskError};

    struct Panics;

    impl Task for Panics {
        const NAME: &'static str = "panics";
        type Input = String;
        type Output = ();

        fn run(text: String) -> Result<(), TaskError> {
            if text.is_empty() {
                panic!("a mess");
            }
            panic!("a {text}")
        }
    }

    #[test]
    fn a_panic_is_an_error_that_names_the_chunk_and_has_the_message_of_the_panic() {
        let pool = ThreadPool::builder().workers(1).build().unwrap();
        for text in ["", "mess"] {
            let failure = pool.apply::<Panics>(text.into()).unwrap_err();
            let error = pipe::to_exec_error(7, None, failure);
            assert_eq!(error.to_string(), "chunk 7: a worker thread panicked: a mess");
        }
    }
}
