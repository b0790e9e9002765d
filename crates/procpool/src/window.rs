//! Window: a bounded number of tasks in flight on behalf of one caller.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::backend::{AcceptedWork, Answer, Backend, PartialResult, Work};
use crate::task::Task;

/// Bounds of a window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InFlight {
    pub tasks: usize,
    pub bytes: usize,
}

/// Called after each answer has arrived.
pub(crate) type Notify = Arc<dyn Fn() + Send + Sync>;

/// Tasks in flight on behalf of one caller, within the bounds of the pool.
///
/// The lazy methods of a pool use it. A caller uses it directly if it has to wait for inputs and for answers
/// at the same time: see [`PoolOf::window_with`](crate::PoolOf::window_with). Tasks that are in flight when the
/// window is dropped are cancelled.
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
/// let mut window = pool.window::<Square>();
/// let (mut next, mut sum) = (0, 0);
/// while next < 10 || !window.is_empty() {
///     while next < 10 && window.has_room() {
///         window.push(next);
///         next += 1;
///     }
///     if let Some(result) = window.recv() {
///         sum += result.output.unwrap_or(0);
///     }
/// }
/// assert_eq!(sum, 285);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Window<T: Task, B: Backend> {
    backend: Arc<B>,
    limits: InFlight,
    submitted: usize,
    /// Submitted, and the answer is not yet handed to the caller.
    held: usize,
    /// Bytes submitted and not answered.
    bytes: usize,
    unanswered: BTreeMap<usize, AcceptedWork>,
    sender: Sender<(usize, Answer<T>)>,
    answers: Receiver<(usize, Answer<T>)>,
    notify: Option<Notify>,
}

impl<T: Task, B: Backend> Window<T, B> {
    pub(crate) fn new(backend: Arc<B>, limits: InFlight, notify: Option<Notify>) -> Self {
        let (sender, answers) = unbounded();
        let unanswered = BTreeMap::new();
        Window { backend, limits, submitted: 0, held: 0, bytes: 0, unanswered, sender, answers, notify }
    }

    /// Whether the bounds of the pool allow another input.
    pub fn has_room(&self) -> bool {
        let InFlight { tasks, bytes } = self.limits;
        self.held < tasks && (self.held == 0 || self.bytes < bytes)
    }

    /// Whether nothing is in flight.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Submits an input.
    pub fn push(&mut self, input: T::Input) {
        self.start(Work::One(input));
    }

    /// Waits for the next result, in the order in which tasks end; `None` if nothing is in flight.
    ///
    /// If a part of a task kills its workers, the result has the output of the other parts (see
    /// [`OnPoison`](crate::OnPoison)).
    pub fn recv(&mut self) -> Option<PartialResult<T>> {
        let (index, answer) = self.next_answer()?;
        Some(self.hand_over(index, answer))
    }

    /// Waits as [`recv`](Self::recv), but no longer than `limit`.
    pub fn recv_timeout(&mut self, limit: Duration) -> Option<PartialResult<T>> {
        if self.is_empty() {
            return None;
        }
        let (index, answer) = self.answers.recv_timeout(limit).ok()?;
        self.note_answer(index);
        Some(self.hand_over(index, answer))
    }

    /// A result that has arrived already; `None` if there is none.
    pub fn try_recv(&mut self) -> Option<PartialResult<T>> {
        let (index, answer) = self.try_next_answer()?;
        Some(self.hand_over(index, answer))
    }

    fn hand_over(&mut self, index: usize, answer: Answer<T>) -> PartialResult<T> {
        self.release();
        answer.into_partial_result(index)
    }

    fn start(&mut self, work: Work<T>) {
        let inputs = if let Work::Many(inputs) = &work { inputs.len() } else { 1 };
        let index = self.submitted;
        self.submitted += 1;
        self.held += 1;
        let (sender, notify) = (self.sender.clone(), self.notify.clone());
        let done = move |answer| {
            // The receiver is gone if the window was dropped.
            let _ = sender.send((index, answer));
            if let Some(notify) = notify {
                notify();
            }
        };
        match self.backend.start::<T>(work, Box::new(done)) {
            Ok(ticket) => {
                self.bytes += ticket.bytes;
                self.unanswered.insert(index, ticket);
            }
            // An input that the pool refuses is answered like any other.
            Err(why) => {
                let _ = self.sender.send((index, Answer::refused(inputs, &why)));
                if let Some(notify) = &self.notify {
                    notify();
                }
            }
        }
    }

    fn next_answer(&mut self) -> Option<(usize, Answer<T>)> {
        if self.unanswered.is_empty() && self.answers.is_empty() {
            return None;
        }
        let (index, answer) = self.answers.recv().ok()?;
        self.note_answer(index);
        Some((index, answer))
    }

    fn try_next_answer(&mut self) -> Option<(usize, Answer<T>)> {
        let (index, answer) = self.answers.try_recv().ok()?;
        self.note_answer(index);
        Some((index, answer))
    }

    fn note_answer(&mut self, index: usize) {
        if let Some(ticket) = self.unanswered.remove(&index) {
            self.bytes -= ticket.bytes;
        }
    }

    /// The caller has one answer less to wait for: there is room for another input.
    fn release(&mut self) {
        self.held -= 1;
    }
}

impl<T: Task, B: Backend> Drop for Window<T, B> {
    fn drop(&mut self) {
        for ticket in self.unanswered.values() {
            self.backend.cancel(ticket.task);
        }
    }
}

/// A window that takes its inputs from an iterator.
pub(crate) struct InputWindow<T: Task, B: Backend, I> {
    window: Window<T, B>,
    inputs: Option<I>,
    /// Inputs in one message; 1: no batches.
    batch: usize,
}

impl<T: Task, B: Backend, I: Iterator<Item = T::Input>> InputWindow<T, B, I> {
    pub fn new(window: Window<T, B>, inputs: I, batch: usize) -> Self {
        InputWindow { window, inputs: Some(inputs), batch }
    }

    /// The next answer with its index; `None` after the last one. Submits as many inputs as there is room
    /// for, but none while an answer is ready.
    pub fn next(&mut self) -> Option<(usize, Answer<T>)> {
        loop {
            if let Some(answer) = self.window.try_next_answer() {
                return Some(answer);
            }
            let room = self.window.has_room();
            let Some(work) = room.then(|| self.take_work()).flatten() else { break };
            self.window.start(work);
        }
        self.window.next_answer()
    }

    /// The caller has used an answer of [`next`](Self::next).
    pub fn release(&mut self) {
        self.window.release();
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
