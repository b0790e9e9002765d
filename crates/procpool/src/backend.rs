//! Backend: the interface between the API of a pool and the threads or processes behind it.

use crate::failure::Failure;
use crate::parent::PartOutcome;
use crate::scheduler::TaskId;
use crate::stats::PoolStats;
use crate::task::{Task, TaskError, Wire};
use crate::wire::{self, FrameError};

/// Workers behind a pool: processes or threads. The trait is sealed; [`ProcessBackend`](crate::ProcessBackend)
/// and [`ThreadBackend`](crate::ThreadBackend) implement it.
///
/// ```
/// use procpool::{Backend, Failure, PoolOf, Task, TaskError, ThreadPool};
/// # struct Square;
/// # impl Task for Square {
/// #     const NAME: &'static str = "square";
/// #     type Input = u64;
/// #     type Output = u64;
/// #     fn run(n: u64) -> Result<u64, TaskError> { Ok(n * n) }
/// # }
/// /// Runs on threads and on processes.
/// fn squares<B: Backend>(pool: &PoolOf<B>) -> Result<Vec<u64>, Failure> {
///     pool.map::<Square>(0..4)
/// }
/// let pool = ThreadPool::builder().workers(2).build()?;
/// assert_eq!(squares(&pool)?, [0, 1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Backend: BackendMethods {}

/// Methods of a [`Backend`], which only this crate can call.
pub trait BackendMethods: Send + Sync + 'static {
    /// Accepts work. `done` is called once, on any thread, when the work has ended.
    fn start<T: Task>(&self, work: Work<T>, done: OnAnswer<T>) -> Result<AcceptedWork, Failure>;
    fn cancel(&self, task: TaskId);
    fn stats(&self) -> PoolStats;
}

/// Receiver of the answer to a piece of work.
pub type OnAnswer<T> = Box<dyn FnOnce(Answer<T>) + Send>;

/// One input, or several in one message.
pub enum Work<T: Task> {
    One(T::Input),
    Many(Vec<T::Input>),
}

/// Work that was accepted.
#[derive(Debug, Clone, Copy)]
pub struct AcceptedWork {
    pub task: TaskId,
    /// Size on the wire.
    pub bytes: usize,
}

/// Answer to a piece of work. The thread that uses it decodes it, not the thread that received it.
pub enum Answer<T: Task> {
    /// From a process: the parts in order, and whether each is a batch.
    Parts(Vec<PartOutcome>, bool),
    /// From a thread.
    Values(Vec<Result<T::Output, Failure>>),
}

/// Output of a task as far as it exists, and the parts of the input that have none.
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
/// let mut results = pool.imap_partial_unordered::<Square>([7]);
/// let result = results.next().unwrap();
/// assert_eq!((result.index, result.output, result.lost.len()), (0, Some(49), 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct PartialResult<T: Task> {
    /// The position of the input in the order of submission, from 0.
    pub index: usize,
    /// The joined output of all parts that have one; `None` if no part has one.
    pub output: Option<T::Output>,
    /// Each part that failed, with its input if that is known, and the reason.
    pub lost: Vec<(Option<T::Input>, Failure)>,
}

impl<T: Task> Answer<T> {
    /// The same failure for each of several inputs.
    pub fn refused(inputs: usize, why: &Failure) -> Self {
        Answer::Values((0..inputs).map(|_| Err(why.clone())).collect())
    }

    /// One result for each input.
    pub fn into_results(self) -> Vec<Result<T::Output, Failure>> {
        match self {
            Answer::Values(values) => values,
            Answer::Parts(parts, true) => parts.into_iter().flat_map(batch_results::<T>).collect(),
            answer @ Answer::Parts(_, false) => {
                let PartialResult { output, mut lost, .. } = answer.into_partial_result(0);
                // The part that kills its workers is the cause; the others were cancelled because of it.
                let cause = lost.iter().position(|(_, why)| !matches!(why, Failure::Cancelled)).unwrap_or(0);
                vec![match output {
                    _ if !lost.is_empty() => Err(lost.swap_remove(cause).1),
                    Some(output) => Ok(output),
                    None => Err(Failure::Stopped),
                }]
            }
        }
    }

    /// The output of the parts that have one, and the other parts.
    pub fn into_partial_result(self, index: usize) -> PartialResult<T> {
        let mut result = PartialResult { index, output: None, lost: Vec::new() };
        match self {
            Answer::Values(values) => values.into_iter().for_each(|value| result.add(None, value)),
            Answer::Parts(parts, _) => {
                for PartOutcome { input, outcome } in parts {
                    let input = input.and_then(|input| T::Input::from_wire(input.to_vec()).ok());
                    result.add(input, outcome.and_then(|bytes| Ok(T::Output::from_wire(bytes)?)));
                }
            }
        }
        result
    }
}

impl<T: Task> PartialResult<T> {
    fn add(&mut self, input: Option<T::Input>, result: Result<T::Output, Failure>) {
        match result {
            Err(why) => self.lost.push((input, why)),
            Ok(right) => {
                self.output = Some(match (self.output.take(), T::BISECT) {
                    (Some(left), Some(bisect)) => (bisect.join)(left, right),
                    _ => right,
                });
            }
        }
    }
}

/// The results of one part of a batch.
fn batch_results<T: Task>(part: PartOutcome) -> Vec<Result<T::Output, Failure>> {
    let answers = |bytes: Vec<u8>| {
        let items = wire::decode_batch(&bytes)?;
        Ok(items.into_iter().map(item_result::<T>).collect())
    };
    match part.outcome.and_then(answers) {
        Ok(results) => results,
        Err(why) => {
            let items = part.input.map_or(1, |input| wire::batch_len(&input.to_vec()));
            (0..items).map(|_| Err(why.clone())).collect()
        }
    }
}

fn item_result<T: Task>(item: &[u8]) -> Result<T::Output, Failure> {
    let item: Result<serde_bytes::ByteBuf, TaskError> = wire::decode(item)?;
    let output: Result<T::Output, FrameError> = T::Output::from_wire(item?.into_vec());
    Ok(output?)
}
