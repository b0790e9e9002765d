//! The verbs: the same face for processes and for threads.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::backend::{Answer, Backend, Salvage, Ticket, Work};
use super::failure::Failure;
use super::handle::{self, Handle};
use super::processes::Processes;
use super::stats::Stats;
use super::task::Task;
use super::threads::Threads;

/// A pool of supervised worker processes.
pub type Pool = PoolOf<Processes>;
/// A pool of threads with the very same face.
pub type ThreadPool = PoolOf<Threads>;

/// A pool over processes or threads; see [`Pool`] and [`ThreadPool`].
///
/// Cheap to clone: clones are the same pool. It ends when the last one is dropped: then every worker
/// process is killed and reaped, and tasks that had not ended end with [`Failure::Stopped`].
pub struct PoolOf<B: Backend> {
    backend: Arc<B>,
    in_flight: InFlight,
    chunk: usize,
}

/// Bounds for what the lazy verbs keep submitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct InFlight {
    pub tasks: usize,
    pub bytes: usize,
}

impl<B: Backend> Clone for PoolOf<B> {
    fn clone(&self) -> Self {
        PoolOf { backend: self.backend.clone(), ..*self }
    }
}

impl<B: Backend> PoolOf<B> {
    pub(super) fn new(backend: B, in_flight: InFlight) -> Self {
        PoolOf { backend: Arc::new(backend), in_flight, chunk: 1 }
    }

    /// The same pool, sending `size` inputs in one message: cheaper for many small tasks. The inputs
    /// of a message share an attempt, but each has its own result; one that kills its worker is found
    /// by halving the message.
    ///
    /// ```
    /// # use ngramcount::pool::{self, Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # pool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let squares = pool.chunked(100).map::<Square>(0..1000)?;
    /// assert_eq!(squares[999], 998_001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn chunked(&self, size: usize) -> Self {
        PoolOf { chunk: size.max(1), ..self.clone() }
    }

    /// Runs a task on every input; the outputs come all at once, in the order of the inputs.
    ///
    /// # Errors
    /// The first failure in that order; what has not been run by then is not run.
    ///
    /// ```
    /// # use ngramcount::pool::{self, Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # pool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// assert_eq!(pool.map::<Square>([3, 1, 2])?, [9, 1, 4]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> Result<Vec<T::Output>, Failure> {
        self.imap::<T>(inputs).collect()
    }

    /// [`map`](Self::map) for a task of several arguments, given as tuples.
    ///
    /// # Errors
    /// As for [`map`](Self::map).
    ///
    /// ```
    /// # use ngramcount::pool::{self, Pool, Task, TaskError};
    /// struct Power;
    /// impl Task for Power {
    ///     const NAME: &'static str = "power";
    ///     type Input = (u64, u32);
    ///     type Output = u64;
    ///     fn run((base, exponent): (u64, u32)) -> Result<u64, TaskError> {
    ///         base.checked_pow(exponent).ok_or_else(|| TaskError::new("too large"))
    ///     }
    /// }
    /// # pool::serve_if_worker(&[Power::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// assert_eq!(pool.starmap::<Power>([(2, 10), (10, 3)])?, [1024, 1000]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn starmap<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> Result<Vec<T::Output>, Failure>
    where
        T::Input: Arguments,
    {
        self.map::<T>(inputs)
    }

    /// Runs a task on every input; the results come one by one, in the order of the inputs. Lazy: an
    /// input is taken when there is room for it, and no more than the pool's bound is in flight or
    /// waits for its turn.
    ///
    /// ```
    /// # use ngramcount::pool::{self, Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # pool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let first_large = pool.imap::<Square>(0..).find(|square| square.as_ref().is_ok_and(|&n| n > 50));
    /// assert_eq!(first_large.unwrap()?, 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn imap<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> impl Iterator<Item = Result<T::Output, Failure>> {
        let mut feed = Feed::<T, B, _>::new(self, inputs.into_iter(), self.chunk > 1);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        let mut results = VecDeque::new();
        std::iter::from_fn(move || {
            loop {
                if let Some(result) = results.pop_front() {
                    return Some(result);
                }
                if let Some(answer) = waiting.remove(&turn) {
                    turn += 1;
                    feed.release();
                    results.extend(Answer::<T>::into_results(answer));
                    continue;
                }
                match feed.next(None) {
                    Next::Answer(index, answer) => drop(waiting.insert(index, answer)),
                    Next::Refused(index, inputs, why) => {
                        waiting.insert(index, Answer::refused(inputs, &why));
                    }
                    Next::End | Next::Waiting => return None,
                }
            }
        })
    }

    /// As [`imap`](Self::imap), but the results come as they finish.
    ///
    /// ```
    /// # use ngramcount::pool::{self, Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # pool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let sum: u64 = pool.imap_unordered::<Square>(1..=10).sum::<Result<u64, _>>()?;
    /// assert_eq!(sum, 385);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn imap_unordered<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> impl Iterator<Item = Result<T::Output, Failure>> {
        let mut feed = Feed::<T, B, _>::new(self, inputs.into_iter(), self.chunk > 1);
        let mut results = VecDeque::new();
        std::iter::from_fn(move || {
            loop {
                if let Some(result) = results.pop_front() {
                    return Some(result);
                }
                match feed.next(None) {
                    Next::Answer(_, answer) => {
                        feed.release();
                        results.extend(answer.into_results());
                    }
                    Next::Refused(_, inputs, why) => {
                        feed.release();
                        results.extend(Answer::<T>::refused(inputs, &why).into_results());
                    }
                    Next::End | Next::Waiting => return None,
                }
            }
        })
    }

    /// As [`imap_unordered`](Self::imap_unordered), but a task of which one part kills its workers
    /// still gives the output of the others (see [`OnPoison`](super::OnPoison)), and the wait for the
    /// next result can be limited. Inputs travel one by one.
    pub fn salvage_unordered<T: Task, I: Iterator<Item = T::Input>>(&self, inputs: I) -> Salvaging<T, B, I> {
        Salvaging(Feed::new(self, inputs, false))
    }

    /// Runs one task and waits for its output.
    ///
    /// # Errors
    /// Its failure.
    pub fn apply<T: Task>(&self, input: T::Input) -> Result<T::Output, Failure> {
        self.submit::<T>(input).wait()
    }

    /// Hands a task over and returns at once with a handle to wait for, poll, await or cancel. Blocks
    /// only while tens of thousands of tasks, or 256 MiB of inputs, wait already.
    ///
    /// ```
    /// # use ngramcount::pool::{self, Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # pool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let handle = pool.submit::<Square>(7);
    /// assert_eq!(handle.wait()?, 49);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit<T: Task>(&self, input: T::Input) -> Handle<T> {
        let (handle, promise) = handle::pair();
        let backend = self.backend.clone();
        match self.backend.start::<T>(Work::One(input), Box::new(move |answer| promise.keep(answer))) {
            Ok(Ticket { task, .. }) => {
                let backend = Arc::downgrade(&backend);
                handle.cancels_with(move || {
                    if let Some(backend) = backend.upgrade() {
                        backend.cancel(task);
                    }
                })
            }
            Err(why) => handle.failed(why),
        }
    }

    /// What the pool has done so far.
    pub fn stats(&self) -> Stats {
        self.backend.stats()
    }
}

/// Several arguments: a tuple.
pub trait Arguments {}
macro_rules! tuples {
    ($($name:ident)*) => {};
    ($first:ident, $($name:ident),+) => {
        impl<$first, $($name),+> Arguments for ($first, $($name),+) {}
        tuples!($($name),+);
    };
}
tuples!(A, B, C, D, E, F, G, H);

/// Feeds inputs to a pool as far as its bounds allow, and gathers the answers.
struct Feed<T: Task, B: Backend, I> {
    pool: PoolOf<B>,
    inputs: Option<I>,
    batches: bool,
    submitted: usize,
    /// Submitted and not released by the consumer.
    open: usize,
    /// Bytes submitted and not answered.
    bytes: usize,
    unanswered: BTreeMap<usize, Ticket>,
    sender: Sender<(usize, Answer<T>)>,
    answers: Receiver<(usize, Answer<T>)>,
}

/// What [`Feed::next`] has.
enum Next<T: Task> {
    /// The answer to the work of this number.
    Answer(usize, Answer<T>),
    /// Work that the pool did not take: its number, that of its inputs, and why.
    Refused(usize, usize, Failure),
    /// Nothing within the time allowed.
    Waiting,
    /// Everything has been answered.
    End,
}

impl<T: Task, B: Backend, I: Iterator<Item = T::Input>> Feed<T, B, I> {
    fn new(pool: &PoolOf<B>, inputs: I, batches: bool) -> Self {
        let (sender, answers) = unbounded();
        Feed {
            pool: pool.clone(),
            inputs: Some(inputs),
            batches,
            submitted: 0,
            open: 0,
            bytes: 0,
            unanswered: BTreeMap::new(),
            sender,
            answers,
        }
    }

    /// The consumer has done with one piece of work: there is room for another.
    fn release(&mut self) {
        self.open -= 1;
    }

    /// The next answer. Takes inputs first, as many as there is room for, but not while an answer is
    /// ready.
    fn next(&mut self, within: Option<Duration>) -> Next<T> {
        loop {
            if let Ok((index, answer)) = self.answers.try_recv() {
                return self.received(index, answer);
            }
            let InFlight { tasks, bytes } = self.pool.in_flight;
            let room = self.open < tasks && (self.open == 0 || self.bytes < bytes);
            let Some(work) = room.then(|| self.take_work()).flatten() else { break };
            let inputs = if let Work::Many(inputs) = &work { inputs.len() } else { 1 };
            let index = self.submitted;
            self.submitted += 1;
            self.open += 1;
            let sender = self.sender.clone();
            let done = Box::new(move |answer| drop(sender.send((index, answer))));
            match self.pool.backend.start::<T>(work, done) {
                Ok(ticket) => {
                    self.bytes += ticket.bytes;
                    self.unanswered.insert(index, ticket);
                }
                Err(why) => return Next::Refused(index, inputs, why),
            }
        }
        if self.unanswered.is_empty() {
            return Next::End;
        }
        let received = match within {
            None => self.answers.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(limit) => self.answers.recv_timeout(limit),
        };
        match received {
            Ok((index, answer)) => self.received(index, answer),
            Err(RecvTimeoutError::Timeout) => Next::Waiting,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }

    fn received(&mut self, index: usize, answer: Answer<T>) -> Next<T> {
        if let Some(ticket) = self.unanswered.remove(&index) {
            self.bytes -= ticket.bytes;
        }
        Next::Answer(index, answer)
    }

    fn take_work(&mut self) -> Option<Work<T>> {
        let inputs = self.inputs.as_mut()?;
        let work = if self.batches {
            let batch: Vec<T::Input> = inputs.take(self.pool.chunk).collect();
            NonZeroUsize::new(batch.len()).map(|_| Work::Many(batch))
        } else {
            inputs.next().map(Work::One)
        };
        if work.is_none() {
            self.inputs = None;
        }
        work
    }
}

impl<T: Task, B: Backend, I> Drop for Feed<T, B, I> {
    /// Whoever drops a lazy iterator does not want the rest.
    fn drop(&mut self) {
        for ticket in self.unanswered.values() {
            self.pool.backend.cancel(ticket.task);
        }
    }
}

/// The answers of [`PoolOf::salvage_unordered`].
pub struct Salvaging<T: Task, B: Backend, I: Iterator<Item = T::Input>>(Feed<T, B, I>);

impl<T: Task, B: Backend, I: Iterator<Item = T::Input>> Salvaging<T, B, I> {
    /// The next answer; `Ok(None)` when all have come.
    ///
    /// # Errors
    /// [`Waiting`] when none came within `limit`. (Taking inputs may take longer than that.)
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<Salvage<T>>, Waiting> {
        match self.0.next(Some(limit)) {
            Next::Answer(_, answer) => {
                self.0.release();
                Ok(Some(answer.salvage()))
            }
            Next::Refused(_, _, why) => {
                self.0.release();
                Ok(Some(Salvage { output: None, lost: vec![(None, why)] }))
            }
            Next::Waiting => Err(Waiting),
            Next::End => Ok(None),
        }
    }
}

/// Nothing came within the time allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing came within the time allowed")]
pub struct Waiting;
