//! A task that was submitted: to wait for, poll, await or cancel.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;

use super::backend::Answer;
use super::failure::Failure;
use super::task::Task;

/// A task that was submitted. Dropping the handle lets the task run on.
///
/// A handle is also a [`Future`], for any async runtime.
#[must_use = "a handle that is dropped loses the task's result"]
pub struct Handle<T: Task> {
    state: Arc<State<T>>,
    cancel: Option<Box<dyn Fn() + Send + Sync>>,
}

struct State<T: Task> {
    slot: Mutex<Slot<T>>,
    kept: Condvar,
}

struct Slot<T: Task> {
    answer: Option<Answer<T>>,
    /// Kept, whether or not the answer has been taken.
    done: bool,
    waker: Option<Waker>,
    watcher: Option<Box<dyn FnOnce() + Send>>,
}

/// The other end of a handle.
pub(super) struct Promise<T: Task>(Arc<State<T>>);

pub(super) fn pair<T: Task>() -> (Handle<T>, Promise<T>) {
    let slot = Slot { answer: None, done: false, waker: None, watcher: None };
    let state = Arc::new(State { slot: Mutex::new(slot), kept: Condvar::new() });
    (Handle { state: state.clone(), cancel: None }, Promise(state))
}

impl<T: Task> State<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Task> Promise<T> {
    pub fn keep(self, answer: Answer<T>) {
        let mut slot = self.0.lock();
        slot.answer = Some(answer);
        slot.done = true;
        let (waker, watcher) = (slot.waker.take(), slot.watcher.take());
        drop(slot);
        self.0.kept.notify_all();
        if let Some(waker) = waker {
            // A caller's code, on the supervisor's thread: its panic is not to end the pool.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
        if let Some(watcher) = watcher {
            watcher();
        }
    }
}

impl<T: Task> Slot<T> {
    fn take(&mut self) -> Option<Result<T::Output, Failure>> {
        if !self.done {
            return None;
        }
        let result = self.answer.take().and_then(|answer| answer.into_results().pop());
        // Taken before: there is one result, and it has been given away.
        Some(result.unwrap_or(Err(Failure::Taken)))
    }
}

impl<T: Task> Handle<T> {
    pub(super) fn cancels_with(mut self, cancel: impl Fn() + Send + Sync + 'static) -> Self {
        self.cancel = Some(Box::new(cancel));
        self
    }

    pub(super) fn failed(self, why: Failure) -> Self {
        Promise(self.state.clone()).keep(Answer::Values(vec![Err(why)]));
        self
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// Why there is no output.
    pub fn wait(self) -> Result<T::Output, Failure> {
        let mut slot = self.state.lock();
        loop {
            if let Some(result) = slot.take() {
                return result;
            }
            slot = self.state.kept.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the result, but no longer than `limit`; `None` if it has not come by then.
    pub fn wait_timeout(&mut self, limit: Duration) -> Option<Result<T::Output, Failure>> {
        let started = Instant::now();
        let mut slot = self.state.lock();
        loop {
            let left = limit.saturating_sub(started.elapsed());
            if slot.done || left.is_zero() {
                return slot.take();
            }
            slot = self.state.kept.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The result if it is there.
    pub fn poll(&mut self) -> Option<Result<T::Output, Failure>> {
        self.state.lock().take()
    }

    /// Whether the task has ended.
    pub fn is_done(&self) -> bool {
        self.state.lock().done
    }

    /// Gives the task up. One that waits is not run; in a pool of processes, one that runs has its
    /// worker killed and replaced. It ends with [`Failure::Cancelled`], or with its result if that
    /// was quicker.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use ngramcount::pool::{self, Failure, Pool, Task, TaskError};
    /// struct Sleep;
    /// impl Task for Sleep {
    ///     const NAME: &'static str = "sleep";
    ///     type Input = Duration;
    ///     type Output = ();
    ///     fn run(time: Duration) -> Result<(), TaskError> {
    ///         Ok(std::thread::sleep(time))
    ///     }
    /// }
    /// pool::serve_if_worker(&[Sleep::ENTRY]);
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

    fn when_done(&self, watcher: impl FnOnce() + Send + 'static) {
        let mut slot = self.state.lock();
        if slot.done {
            drop(slot);
            watcher();
        } else {
            slot.watcher = Some(Box::new(watcher));
        }
    }
}

impl<T: Task> Future for Handle<T> {
    type Output = Result<T::Output, Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.state.lock();
        match slot.take() {
            Some(result) => Poll::Ready(result),
            None => {
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The results of submitted tasks as they finish, each with the place of its handle.
///
/// ```
/// # use ngramcount::pool::{self, Pool, Task, TaskError, as_completed};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// # pool::serve_if_worker(&[Square::ENTRY]);
/// let pool = Pool::builder().workers(2).build()?;
/// let handles = (0..5).map(|n| pool.submit::<Square>(n)).collect::<Vec<_>>();
/// for (place, square) in as_completed(handles) {
///     assert_eq!(square?, (place * place) as u64);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_completed<T: Task>(
    handles: impl IntoIterator<Item = Handle<T>>,
) -> impl Iterator<Item = (usize, Result<T::Output, Failure>)> {
    let (sender, ready) = unbounded();
    let mut handles: Vec<Option<Handle<T>>> = handles.into_iter().map(Some).collect();
    for (place, handle) in handles.iter().flatten().enumerate() {
        let sender = sender.clone();
        handle.when_done(move || {
            let _ = sender.send(place);
        });
    }
    drop(sender);
    ready.into_iter().filter_map(move |place| Some((place, handles[place].take()?.wait())))
}

/// All results of submitted tasks, in the order of their handles.
///
/// # Errors
/// The first failure in that order.
///
/// ```
/// # use ngramcount::pool::{self, ThreadPool, Task, TaskError, gather};
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
