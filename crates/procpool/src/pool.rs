//! Pool: the methods that callers use, the same for processes and for threads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::backend::{AcceptedWork, Answer, Backend, PartialResult, Work};
use crate::failure::Failure;
use crate::handle::{self, Handle};
use crate::stats::PoolStats;
use crate::task::Task;
use crate::window::{InFlight, InputWindow, Window};

/// Pool of processes or threads: see [`Pool`](crate::Pool) and [`ThreadPool`](crate::ThreadPool).
///
/// A clone is the same pool, and cheap. The pool ends when the last clone is dropped: then every worker
/// process is killed and reaped, and tasks that have not ended fail with [`Failure::Stopped`].
///
/// ```
/// use procpool::{Pool, Task, TaskError};
///
/// struct Square;
/// impl Task for Square {
///     const NAME: &'static str = "square";
///     type Input = u64;
///     type Output = u64;
///     fn run(n: u64) -> Result<u64, TaskError> {
///         n.checked_mul(n).ok_or_else(|| TaskError::new("the square does not fit"))
///     }
/// }
///
/// procpool::serve_if_worker(&[Square::ENTRY]);
/// let pool = Pool::builder().workers(2).build()?;
/// let same_pool = pool.clone();
/// assert_eq!(pool.apply::<Square>(6)?, 36);
/// assert!(same_pool.apply::<Square>(u64::MAX).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PoolOf<B: Backend> {
    backend: Arc<B>,
    in_flight: InFlight,
    chunk: usize,
}

impl<B: Backend> Clone for PoolOf<B> {
    fn clone(&self) -> Self {
        PoolOf { backend: self.backend.clone(), ..*self }
    }
}

impl<B: Backend> PoolOf<B> {
    pub(crate) fn new(backend: B, in_flight: InFlight) -> Self {
        PoolOf { backend: Arc::new(backend), in_flight, chunk: 1 }
    }

    /// The same pool, which sends `size` inputs in one message. This is cheaper for many small tasks.
    ///
    /// The inputs of a message share an attempt, but each has its own result. An input that kills its worker is
    /// found by bisection of the message.
    ///
    /// ```
    /// # use procpool::{Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # procpool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let squares = pool.chunked(100).map::<Square>(0..1000)?;
    /// assert_eq!(squares[999], 998_001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn chunked(&self, size: usize) -> Self {
        PoolOf { chunk: size.max(1), ..self.clone() }
    }

    /// Runs a task on every input and returns all outputs in the order of the inputs.
    ///
    /// # Errors
    /// The first failure in that order. Tasks that have not started by then are cancelled.
    ///
    /// ```
    /// # use procpool::{Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # procpool::serve_if_worker(&[Square::ENTRY]);
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
    /// # use procpool::{Pool, Task, TaskError};
    /// struct Power;
    /// impl Task for Power {
    ///     const NAME: &'static str = "power";
    ///     type Input = (u64, u32);
    ///     type Output = u64;
    ///     fn run((base, exponent): (u64, u32)) -> Result<u64, TaskError> {
    ///         base.checked_pow(exponent).ok_or_else(|| TaskError::new("too large"))
    ///     }
    /// }
    /// # procpool::serve_if_worker(&[Power::ENTRY]);
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

    /// Runs a task on every input and yields the results one by one, in the order of the inputs.
    ///
    /// The iterator is lazy: it takes an input when there is room for it, and holds no more inputs and results
    /// than the bound of the pool (see [`PoolBuilder::in_flight`](crate::PoolBuilder::in_flight)).
    ///
    /// ```
    /// # use procpool::{Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # procpool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let first_large = pool.imap::<Square>(0..).find(|square| square.as_ref().is_ok_and(|&n| n > 50));
    /// assert_eq!(first_large.unwrap()?, 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn imap<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> impl Iterator<Item = Result<T::Output, Failure>> {
        let mut feed = self.feed::<T, _>(inputs, self.chunk);
        // Answers that have overtaken the one whose turn it is.
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
                    let answer: Answer<T> = answer;
                    results.extend(answer.into_results());
                } else {
                    let (index, answer) = feed.next()?;
                    waiting.insert(index, answer);
                }
            }
        })
    }

    /// As [`imap`](Self::imap), but yields the results in the order in which tasks end.
    ///
    /// ```
    /// # use procpool::{Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # procpool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let sum: u64 = pool.imap_unordered::<Square>(1..=10).sum::<Result<u64, _>>()?;
    /// assert_eq!(sum, 385);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn imap_unordered<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> impl Iterator<Item = Result<T::Output, Failure>> {
        let mut feed = self.feed::<T, _>(inputs, self.chunk);
        let mut results = VecDeque::new();
        std::iter::from_fn(move || {
            loop {
                if let Some(result) = results.pop_front() {
                    return Some(result);
                }
                let (_, answer) = feed.next()?;
                feed.release();
                results.extend(answer.into_results());
            }
        })
    }

    /// As [`imap_unordered`](Self::imap_unordered), but keeps the output of a task of which only a part kills
    /// its workers, and names that part (see [`OnPoison`](crate::OnPoison)). Each message has one input.
    pub fn imap_partial_unordered<T: Task>(
        &self,
        inputs: impl IntoIterator<Item = T::Input>,
    ) -> impl Iterator<Item = PartialResult<T>> {
        let mut feed = self.feed::<T, _>(inputs, 1);
        std::iter::from_fn(move || {
            let (index, answer) = feed.next()?;
            feed.release();
            Some(answer.into_partial_result(index))
        })
    }

    /// A window: the caller submits inputs as it gets them, within the bounds of the pool.
    pub fn window<T: Task>(&self) -> Window<T, B> {
        Window::new(self.backend.clone(), self.in_flight, None)
    }

    /// A window that calls `notify` after each answer has arrived, on any thread.
    ///
    /// It is for a caller that waits for answers and for something else at the same time: `notify` sends a
    /// message to its channel, and [`Window::try_recv`] then has the result.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use procpool::{Task, TaskError, ThreadPool};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// enum Event {
    ///     Answer,
    /// }
    /// let (sender, events) = mpsc::channel();
    /// let pool = ThreadPool::builder().workers(2).build()?;
    /// let mut window = pool.window_with::<Square>(move || sender.send(Event::Answer).unwrap());
    /// window.push(7);
    /// match events.recv()? {
    ///     Event::Answer => assert_eq!(window.try_recv().unwrap().output, Some(49)),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn window_with<T: Task>(&self, notify: impl Fn() + Send + Sync + 'static) -> Window<T, B> {
        Window::new(self.backend.clone(), self.in_flight, Some(Arc::new(notify)))
    }

    fn feed<T: Task, I: IntoIterator<Item = T::Input>>(
        &self,
        inputs: I,
        batch: usize,
    ) -> InputWindow<T, B, I::IntoIter> {
        InputWindow::new(self.window(), inputs.into_iter(), batch)
    }

    /// Runs one task and waits for its output.
    ///
    /// # Errors
    /// The failure of the task.
    pub fn apply<T: Task>(&self, input: T::Input) -> Result<T::Output, Failure> {
        self.submit::<T>(input).wait()
    }

    /// Submits a task and returns at once with a handle, to wait for, poll, await or cancel the task.
    ///
    /// It blocks only while tens of thousands of tasks, or 256 MiB of inputs, are waiting.
    ///
    /// ```
    /// # use procpool::{Pool, Task, TaskError};
    /// # struct Square;
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Input = u64;
    /// #     type Output = u64;
    /// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
    /// # }
    /// # procpool::serve_if_worker(&[Square::ENTRY]);
    /// let pool = Pool::builder().workers(2).build()?;
    /// let handle = pool.submit::<Square>(7);
    /// assert_eq!(handle.wait()?, 49);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit<T: Task>(&self, input: T::Input) -> Handle<T> {
        let (handle, promise) = handle::pair();
        let backend = self.backend.clone();
        match self.backend.start::<T>(Work::One(input), Box::new(move |answer| promise.fulfil(answer))) {
            Ok(AcceptedWork { task, .. }) => {
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

    /// Statistics since the pool was built.
    pub fn stats(&self) -> PoolStats {
        self.backend.stats()
    }
}

/// Tuple of several arguments, for [`PoolOf::starmap`].
///
/// ```
/// fn takes_arguments(_: impl procpool::Arguments) {}
/// takes_arguments((2_u64, "three"));
/// ```
pub trait Arguments {}
macro_rules! tuples {
    ($($name:ident)*) => {};
    ($first:ident, $($name:ident),+) => {
        impl<$first, $($name),+> Arguments for ($first, $($name),+) {}
        tuples!($($name),+);
    };
}
tuples!(A, B, C, D, E, F, G, H);
