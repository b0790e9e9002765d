//! The verbs: the same face for processes and for threads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};

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
        let mut feed = Feed::<T, B, _>::new(self, inputs, self.chunk);
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
                    feed.window.release();
                    results.extend(Answer::<T>::into_results(answer));
                } else {
                    let (index, answer) = feed.next()?;
                    waiting.insert(index, answer);
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
        let mut feed = Feed::<T, B, _>::new(self, inputs, self.chunk);
        let mut results = VecDeque::new();
        std::iter::from_fn(move || {
            loop {
                if let Some(result) = results.pop_front() {
                    return Some(result);
                }
                let (_, answer) = feed.next()?;
                feed.window.release();
                results.extend(answer.into_results());
            }
        })
    }

    /// As [`imap_unordered`](Self::imap_unordered), but a task of which one part kills its workers
    /// still gives the output of the others (see [`OnPoison`](super::OnPoison)), and names the part.
    /// Inputs travel one by one.
    pub fn salvage_unordered<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> impl Iterator<Item = Salvage<T>> {
        let mut feed = Feed::<T, B, _>::new(self, inputs, 1);
        std::iter::from_fn(move || {
            let (_, answer) = feed.next()?;
            feed.window.release();
            Some(answer.salvage())
        })
    }

    /// What the lazy verbs stand on: hands over inputs as they come, within the pool's bounds.
    pub fn window<T: Task>(&self) -> Window<T, B> {
        Window::new(self)
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

/// What is in flight on behalf of one caller, and the room that is left.
///
/// The push side of the lazy verbs, for a caller that has to wait for its inputs and for answers at
/// the same time: [`push`](Self::push) while there [`is_room`](Self::is_room), and select over
/// [`arrivals`](Self::arrivals) and whatever brings the inputs. What is still in flight when it is
/// dropped is cancelled.
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
/// let mut window = pool.window::<Square>();
/// let (mut next, mut sum) = (0, 0);
/// while next < 10 || !window.is_empty() {
///     while next < 10 && window.is_room() {
///         window.push(next);
///         next += 1;
///     }
///     let answer = window.arrivals().recv()?;
///     sum += window.open(answer).output.unwrap_or(0);
/// }
/// assert_eq!(sum, 285);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Window<T: Task, B: Backend> {
    pool: PoolOf<B>,
    submitted: usize,
    /// Submitted and not yet done with by the caller.
    held: usize,
    /// Bytes submitted and not answered.
    bytes: usize,
    unanswered: BTreeMap<usize, Ticket>,
    sender: Sender<Arrival<T>>,
    arrivals: Receiver<Arrival<T>>,
}

/// An answer that has come, still packed; see [`Window::open`].
pub struct Arrival<T: Task> {
    index: usize,
    answer: Answer<T>,
}

impl<T: Task, B: Backend> Window<T, B> {
    fn new(pool: &PoolOf<B>) -> Self {
        let (sender, arrivals) = unbounded();
        let pool = pool.clone();
        Window { pool, submitted: 0, held: 0, bytes: 0, unanswered: BTreeMap::new(), sender, arrivals }
    }

    /// Whether the pool's bounds leave room for another input.
    pub fn is_room(&self) -> bool {
        let InFlight { tasks, bytes } = self.pool.in_flight;
        self.held < tasks && (self.held == 0 || self.bytes < bytes)
    }

    /// Whether nothing is in flight.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Hands an input to the pool.
    pub fn push(&mut self, input: T::Input) {
        self.start(Work::One(input));
    }

    /// Where answers arrive, in the order in which tasks end.
    pub fn arrivals(&self) -> &Receiver<Arrival<T>> {
        &self.arrivals
    }

    /// What has come of an input. A task of which one part kills its workers still gives the output
    /// of the others (see [`OnPoison`](super::OnPoison)).
    pub fn open(&mut self, arrival: Arrival<T>) -> Salvage<T> {
        let (_, answer) = self.received(arrival);
        self.release();
        answer.salvage()
    }

    fn start(&mut self, work: Work<T>) {
        let inputs = if let Work::Many(inputs) = &work { inputs.len() } else { 1 };
        let index = self.submitted;
        self.submitted += 1;
        self.held += 1;
        let sender = self.sender.clone();
        let done = move |answer| {
            // Nobody waits for what a dropped window had in flight.
            let _ = sender.send(Arrival { index, answer });
        };
        match self.pool.backend.start::<T>(work, Box::new(done)) {
            Ok(ticket) => {
                self.bytes += ticket.bytes;
                self.unanswered.insert(index, ticket);
            }
            // An input that the pool does not take is answered like any other.
            Err(why) => {
                let _ = self.sender.send(Arrival { index, answer: Answer::refused(inputs, &why) });
            }
        }
    }

    fn received(&mut self, Arrival { index, answer }: Arrival<T>) -> (usize, Answer<T>) {
        if let Some(ticket) = self.unanswered.remove(&index) {
            self.bytes -= ticket.bytes;
        }
        (index, answer)
    }

    /// The caller has done with one answer: there is room for another input.
    fn release(&mut self) {
        self.held -= 1;
    }
}

impl<T: Task, B: Backend> Drop for Window<T, B> {
    fn drop(&mut self) {
        for ticket in self.unanswered.values() {
            self.pool.backend.cancel(ticket.task);
        }
    }
}

/// A window that is fed from an iterator.
struct Feed<T: Task, B: Backend, I> {
    window: Window<T, B>,
    inputs: Option<I>,
    /// Inputs in a message; 1: no batches.
    batch: usize,
}

impl<T: Task, B: Backend, I: Iterator<Item = T::Input>> Feed<T, B, I> {
    fn new(pool: &PoolOf<B>, inputs: impl IntoIterator<IntoIter = I>, batch: usize) -> Self {
        Feed { window: Window::new(pool), inputs: Some(inputs.into_iter()), batch }
    }

    /// The next answer with its number; `None` when all have come. Takes inputs first, as many as
    /// there is room for, but not while an answer is ready.
    fn next(&mut self) -> Option<(usize, Answer<T>)> {
        loop {
            if let Ok(arrival) = self.window.arrivals.try_recv() {
                return Some(self.window.received(arrival));
            }
            let room = self.window.is_room();
            let Some(work) = room.then(|| self.take_work()).flatten() else { break };
            self.window.start(work);
        }
        if self.window.unanswered.is_empty() && self.window.arrivals.is_empty() {
            return None;
        }
        let arrival = self.window.arrivals.recv().ok()?;
        Some(self.window.received(arrival))
    }

    fn take_work(&mut self) -> Option<Work<T>> {
        let inputs = self.inputs.as_mut()?;
        let work = match self.batch {
            1 => inputs.next().map(Work::One),
            size => {
                Some(inputs.take(size).collect::<Vec<_>>()).filter(|batch| !batch.is_empty()).map(Work::Many)
            }
        };
        if work.is_none() {
            self.inputs = None;
        }
        work
    }
}
