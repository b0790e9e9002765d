//! Sums that are too many for one thread: each of several has the n-grams of some hashes, and merges these alone.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use foldhash::fast::RandomState;

use super::error::CountError;
use super::partial::Partial;
use super::plan::Plan;
use super::reduce::Unmerged;
use super::sums::Sums;
use super::table::hash_of;

/// Partial counts that wait for a thread. More of them would only take memory: the threads are equally busy.
const WAITING: usize = 2;

/// The merging threads.
pub(super) struct Shares {
    threads: Vec<Share>,
    hasher: RandomState,
    /// A thread could not merge something.
    failed: Arc<AtomicBool>,
}

struct Share {
    queue: Sender<Arc<Batch>>,
    thread: JoinHandle<Result<Sums, Failure>>,
}

/// A partial count on its way to all threads. Each walks over the whole of it and takes what is its own. That takes 2 ns
/// an n-gram, where sorting them into one message a thread would copy each of them.
struct Batch {
    chunk: u64,
    partial: Partial,
    /// Of each n-gram, for all threads.
    hashes: Vec<u64>,
}

/// The first n-gram of a share that could not be merged.
struct Failure {
    /// The number of its batch, then its position there.
    place: (usize, usize),
    unmerged: Unmerged,
}

impl Shares {
    /// Starts `threads` threads that take the hashes of `hasher`.
    ///
    /// # Errors
    /// If the system has no such threads.
    pub(super) fn start(threads: usize, hasher: &RandomState, plan: &Arc<Plan>) -> io::Result<Self> {
        let failed = Arc::default();
        let mut shares = Self { threads: Vec::new(), hasher: hasher.clone(), failed };
        for number in 0..threads {
            let (queue, batches) = bounded(WAITING);
            let worker = Worker {
                batches,
                mine: Mine { number: number as u64, of: threads as u64 },
                sums: Sums::new(plan, hasher.clone()),
                plan: Arc::clone(plan),
                failed: Arc::clone(&shares.failed),
            };
            let thread = Builder::new().name(format!("merge {number}")).spawn(move || worker.work())?;
            shares.threads.push(Share { queue, thread });
        }
        Ok(shares)
    }

    /// Hands on the n-grams of a partial count. Waits while the threads are busy.
    ///
    /// # Errors
    /// [`CountError::Damaged`] if its arrays do not fit together. What else there may be comes to light later.
    pub(super) fn merge(&self, chunk: u64, partial: Partial) -> Result<(), CountError> {
        let hashes = partial.ngrams()?.map(|ngram| hash_of(&self.hasher, ngram)).collect();
        let batch = Arc::new(Batch { chunk, partial, hashes });
        for share in &self.threads {
            // It takes batches to the end. If it panicked, `finish` goes on with that.
            let _ = share.queue.send(Arc::clone(&batch));
        }
        Ok(())
    }

    /// Whether something could not be merged, so far as is known. [`finish`](Self::finish) says what.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Waits for the threads, and gives their sums.
    ///
    /// # Errors
    /// What could not be merged: the first of it in the order of merging, so the same that a single thread would have
    /// met. For each thread takes the batches in that order and ends at its own first failure, and all that were handed
    /// on by the time that one of them failed have been seen by all.
    pub(super) fn finish(mut self) -> Result<Vec<Sums>, Unmerged> {
        let mut sums = Vec::with_capacity(self.threads.len());
        let mut first: Option<Failure> = None;
        for thread in self.close() {
            match thread.join().unwrap_or_else(|panic| resume_unwind(panic)) {
                Ok(share) => sums.push(share),
                Err(failure) if first.as_ref().is_none_or(|first| failure.place < first.place) => {
                    first = Some(failure);
                }
                Err(_) => {}
            }
        }
        match first {
            Some(failure) => Err(failure.unmerged),
            None => Ok(sums),
        }
    }

    /// Nothing more will come, so the threads come to an end.
    fn close(&mut self) -> Vec<JoinHandle<Result<Sums, Failure>>> {
        self.threads.drain(..).map(|Share { queue: _, thread }| thread).collect()
    }
}

impl Drop for Shares {
    /// No thread outlives its reducer.
    fn drop(&mut self) {
        for thread in self.close() {
            let _ = thread.join();
        }
    }
}

/// Which hashes are a thread's.
#[derive(Clone, Copy)]
struct Mine {
    number: u64,
    of: u64,
}

impl Mine {
    /// Decided by bits from the middle: a table places an n-gram by the low bits of its hash and knows it by the seven
    /// high ones, and both should still differ among the n-grams of one thread.
    fn has(self, hash: u64) -> bool {
        ((hash >> 32 & 0xff_ffff) * self.of) >> 24 == self.number
    }
}

/// What a merging thread works with.
struct Worker {
    batches: Receiver<Arc<Batch>>,
    mine: Mine,
    sums: Sums,
    plan: Arc<Plan>,
    failed: Arc<AtomicBool>,
}

impl Worker {
    fn work(mut self) -> Result<Sums, Failure> {
        let mut failure = None;
        for (number, batch) in self.batches.iter().enumerate() {
            // After a failure batches are still taken, so that nobody waits to hand one on.
            if failure.is_some() {
                continue;
            }
            let mine = |at: usize, _: &[u8]| {
                let hash = batch.hashes[at];
                self.mine.has(hash).then_some(hash)
            };
            if let Err((at, error)) = self.sums.merge_some(&batch.partial, &self.plan, mine) {
                self.failed.store(true, Ordering::Relaxed);
                let unmerged = Unmerged { chunk: batch.chunk, error };
                failure = Some(Failure { place: (number, at), unmerged });
            }
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(self.sums),
        }
    }
}
