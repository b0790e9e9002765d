//! Handle of a submitted task: wait, poll, await, cancel.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::backend::Answer;
use crate::failure::Failure;
use crate::task::Task;

/// Handle of a submitted task. If it is dropped, the task runs on.
///
/// A handle is also a [`Future`], for any async runtime.
///
/// ```
/// use procpool::{Task, TaskError, ThreadPool};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// let pool = ThreadPool::builder().workers(1).build()?;
/// let handle = pool.submit::<Square>(7);
/// assert_eq!(handle.wait()?, 49);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a handle that is dropped loses the task's result"]
pub struct Handle<T: Task> {
    shared: Arc<Shared<T>>,
    cancel: Option<Box<dyn Fn() + Send + Sync>>,
}

struct Shared<T: Task> {
    state: Mutex<HandleState<T>>,
    done: Condvar,
}

struct HandleState<T: Task> {
    answer: Option<Answer<T>>,
    /// The task has ended; the answer may have been taken since.
    done: bool,
    waker: Option<Waker>,
    on_done: Option<Box<dyn FnOnce() + Send>>,
}

/// Producer side of a handle.
pub(crate) struct Promise<T: Task>(Arc<Shared<T>>);

/// A handle and its producer side.
pub(crate) fn pair<T: Task>() -> (Handle<T>, Promise<T>) {
    let state = HandleState { answer: None, done: false, waker: None, on_done: None };
    let shared = Arc::new(Shared { state: Mutex::new(state), done: Condvar::new() });
    (Handle { shared: shared.clone(), cancel: None }, Promise(shared))
}

impl<T: Task> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, HandleState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Task> Promise<T> {
    pub fn fulfil(self, answer: Answer<T>) {
        let mut state = self.0.lock();
        state.answer = Some(answer);
        state.done = true;
        let (waker, on_done) = (state.waker.take(), state.on_done.take());
        drop(state);
        self.0.done.notify_all();
        if let Some(waker) = waker {
            // Code of the caller on the supervisor's thread: a panic in it must not end the pool.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
        if let Some(on_done) = on_done {
            on_done();
        }
    }
}

impl<T: Task> HandleState<T> {
    fn take(&mut self) -> Option<Result<T::Output, Failure>> {
        if !self.done {
            return None;
        }
        let result = self.answer.take().and_then(|answer| answer.into_results().pop());
        // There is one result, and it was taken before.
        Some(result.unwrap_or(Err(Failure::Taken)))
    }
}

impl<T: Task> Handle<T> {
    pub(crate) fn cancels_with(mut self, cancel: impl Fn() + Send + Sync + 'static) -> Self {
        self.cancel = Some(Box::new(cancel));
        self
    }

    pub(crate) fn failed(self, why: Failure) -> Self {
        Promise(self.shared.clone()).fulfil(Answer::Values(vec![Err(why)]));
        self
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// The failure of the task.
    pub fn wait(self) -> Result<T::Output, Failure> {
        let mut state = self.shared.lock();
        loop {
            if let Some(result) = state.take() {
                return result;
            }
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the result, but no longer than `limit`; `None` if it has not arrived by then.
    pub fn wait_timeout(&mut self, limit: Duration) -> Option<Result<T::Output, Failure>> {
        let started = Instant::now();
        let mut state = self.shared.lock();
        loop {
            let left = limit.saturating_sub(started.elapsed());
            if state.done || left.is_zero() {
                return state.take();
            }
            state = self.shared.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The result if it has arrived.
    pub fn poll(&mut self) -> Option<Result<T::Output, Failure>> {
        self.shared.lock().take()
    }

    /// Whether the task has ended.
    pub fn is_done(&self) -> bool {
        self.shared.lock().done
    }

    /// Cancels the task.
    ///
    /// A task that waits does not run. In a pool of processes, the worker of a running task is killed and
    /// replaced. The task ends with [`Failure::Cancelled`], or with its result if that was faster.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use procpool::{Failure, Pool, Task, TaskError};
    /// struct Sleep;
    /// impl Task for Sleep {
    ///     const NAME: &'static str = "sleep";
    ///     type Input = Duration;
    ///     type Output = ();
    ///     fn run(time: Duration) -> Result<(), TaskError> {
    ///         Ok(std::thread::sleep(time))
    ///     }
    /// }
    /// procpool::serve_if_worker(&[Sleep::ENTRY]);
    /// let pool = Pool::builder().workers(1).build()?;
    /// let mut long = pool.submit::<Sleep>(Duration::from_secs(3600));
    /// assert!(long.wait_timeout(Duration::from_millis(50)).is_none());
    /// long.cancel();
    /// assert!(matches!(long.wait(), Err(Failure::Cancelled)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self) {
        if let Some(cancel) = &self.cancel {
            cancel();
        }
    }

    fn when_done(&self, on_done: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.lock();
        if state.done {
            drop(state);
            on_done();
        } else {
            state.on_done = Some(Box::new(on_done));
        }
    }
}

impl<T: Task> Future for Handle<T> {
    type Output = Result<T::Output, Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.lock();
        match state.take() {
            Some(result) => Poll::Ready(result),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The results of submitted tasks in the order in which they end, each with the index of its handle.
///
/// ```
/// # use procpool::{Pool, Task, TaskError, as_completed};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// # procpool::serve_if_worker(&[Square::ENTRY]);
/// let pool = Pool::builder().workers(2).build()?;
/// let handles = (0..5).map(|n| pool.submit::<Square>(n)).collect::<Vec<_>>();
/// for (index, square) in as_completed(handles) {
///     assert_eq!(square?, (index * index) as u64);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_completed<T: Task>(
    handles: impl IntoIterator<Item = Handle<T>>,
) -> impl Iterator<Item = (usize, Result<T::Output, Failure>)> {
    let (sender, ready) = mpsc::channel();
    let mut handles: Vec<Option<Handle<T>>> = handles.into_iter().map(Some).collect();
    for (index, handle) in handles.iter().flatten().enumerate() {
        let sender = sender.clone();
        handle.when_done(move || {
            let _ = sender.send(index);
        });
    }
    drop(sender);
    ready.into_iter().filter_map(move |index| Some((index, handles[index].take()?.wait())))
}

/// All results of submitted tasks, in the order of their handles.
///
/// # Errors
/// The first failure in that order.
///
/// ```
/// # use procpool::{ThreadPool, Task, TaskError, gather};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// let pool = ThreadPool::builder().workers(2).build()?;
/// let handles = [2, 3, 4].map(|n| pool.submit::<Square>(n));
/// assert_eq!(gather(handles)?, [4, 9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gather<T: Task>(handles: impl IntoIterator<Item = Handle<T>>) -> Result<Vec<T::Output>, Failure> {
    handles.into_iter().map(Handle::wait).collect()
}
