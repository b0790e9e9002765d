//! Task: a named function from a value to a value, which a pool runs in another process or thread.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::wire::{self, FrameError, Payload, PayloadHalves};

/// A named function from a value to a value, run in another process or thread.
///
/// A task is a type and not a closure. A worker is another process of the same program, and the name tells
/// both processes which code to run.
///
/// ```
/// use procpool::{Task, TaskError};
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
/// assert_eq!(Square::run(7), Ok(49));
/// ```
pub trait Task: Sized + 'static {
    /// Name of the task, unique in the program.
    const NAME: &'static str;
    /// Type of the input: any type that serde can serialize and deserialize.
    type Input: Wire;
    /// Type of the output.
    type Output: Wire;

    /// Runs the task.
    ///
    /// # Errors
    /// The task decides. The caller receives the error, and the task is not retried. A task that panics or
    /// kills its worker is retried.
    fn run(input: Self::Input) -> Result<Self::Output, TaskError>;

    /// Number of items in an input, for the record of attempts.
    fn items(_input: &Self::Input) -> u64 {
        1
    }

    /// How to halve an input that kills its workers, if it can be halved.
    const BISECT: Option<Bisect<Self>> = None;

    /// The task for the list of [`serve_if_worker`](crate::serve_if_worker).
    const ENTRY: Entry = Entry::of::<Self>();
}

/// Both halves of a task's input, in order.
pub type Halves<T> = (<T as Task>::Input, <T as Task>::Input);

/// Functions to halve an input and to join the outputs of both halves.
///
/// The pool uses them to find the smallest part of an input that kills its workers. Each half should have fewer
/// items ([`Task::items`]) or fewer bytes than its whole: otherwise the whole counts as the smallest part. Only
/// inputs of one item, such as ranges, may keep their number of bytes through 64 halvings.
///
/// ```
/// use procpool::{Bisect, Task, TaskError};
///
/// struct Sum;
/// impl Task for Sum {
///     const NAME: &'static str = "sum";
///     type Input = Vec<u64>;
///     type Output = u64;
///     fn run(numbers: Vec<u64>) -> Result<u64, TaskError> {
///         Ok(numbers.iter().sum())
///     }
///     const BISECT: Option<Bisect<Self>> = Some(Bisect {
///         split: |mut numbers| {
///             let right = numbers.split_off(numbers.len() / 2);
///             (!numbers.is_empty()).then_some((numbers, right))
///         },
///         join: |left, right| left + right,
///     });
/// }
/// let (left, right) = (Sum::BISECT.unwrap().split)(vec![1, 2, 3]).unwrap();
/// assert_eq!((left, right), (vec![1], vec![2, 3]));
/// ```
pub struct Bisect<T: Task> {
    /// Both halves, in order; `None` for an input that cannot be halved.
    pub split: fn(T::Input) -> Option<Halves<T>>,
    /// The output for both halves together, from the left and the right output.
    pub join: fn(T::Output, T::Output) -> T::Output,
}

impl<T: Task> Clone for Bisect<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Task> Copy for Bisect<T> {}

/// Error of a task: a message for the caller.
///
/// `?` makes one of any error. For that it is no [`std::error::Error`] itself; a [`Failure`](crate::Failure) is.
///
/// ```
/// # use procpool::TaskError;
/// fn half(text: &str) -> Result<u64, TaskError> {
///     Ok(text.parse::<u64>()? / 2)
/// }
/// assert_eq!(half("8"), Ok(4));
/// assert_eq!(half("x").unwrap_err().to_string(), "invalid digit found in string");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    message: String,
}

impl TaskError {
    /// An error with this message.
    ///
    /// ```
    /// # use procpool::TaskError;
    /// let root = 9_u64.checked_sub(10).ok_or_else(|| TaskError::new("below zero"));
    /// assert_eq!(root.unwrap_err().to_string(), "below zero");
    /// ```
    pub fn new(message: impl fmt::Display) -> Self {
        TaskError { message: message.to_string() }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Error> From<E> for TaskError {
    /// The message of the error and of its causes, which cannot travel to the caller as values.
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Many an error has its cause in its own message.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            next = cause.source();
        }
        TaskError { message }
    }
}

impl From<TaskError> for Box<dyn Error + Send + Sync> {
    fn from(error: TaskError) -> Self {
        error.message.into()
    }
}

impl From<TaskError> for Box<dyn Error> {
    fn from(error: TaskError) -> Self {
        error.message.into()
    }
}

/// Value that can be sent between processes.
///
/// Every type that serde can serialize and deserialize is one. A type with a large buffer can implement the
/// trait itself and avoid copies of the buffer.
///
/// ```
/// use procpool::{FrameError, Payload, Wire, decode_with_bulk};
///
/// struct Page {
///     number: u32,
///     /// The text is `buffer[start..]`.
///     buffer: Vec<u8>,
///     start: usize,
/// }
/// impl Wire for Page {
///     fn to_wire(self) -> Result<Payload, FrameError> {
///         Payload::with_bulk(&self.number, self.buffer)
///     }
///     fn from_wire(buffer: Vec<u8>) -> Result<Self, FrameError> {
///         let (number, start) = decode_with_bulk(&buffer)?;
///         Ok(Page { number, buffer, start })
///     }
/// }
/// let sent = Page { number: 7, buffer: b"a text".to_vec(), start: 0 };
/// let received = Page::from_wire(sent.to_wire()?.to_vec())?;
/// assert_eq!((received.number, &received.buffer[received.start..]), (7, &b"a text"[..]));
/// # Ok::<(), FrameError>(())
/// ```
pub trait Wire: Send + Sized + 'static {
    /// Encodes the value.
    ///
    /// # Errors
    /// serde or bincode cannot express the value.
    fn to_wire(self) -> Result<Payload, FrameError>;

    /// Decodes a value. The buffer belongs to it and may be kept.
    ///
    /// # Errors
    /// The bytes are no such value.
    fn from_wire(bytes: Vec<u8>) -> Result<Self, FrameError>;
}

impl<T: Serialize + DeserializeOwned + Send + 'static> Wire for T {
    fn to_wire(self) -> Result<Payload, FrameError> {
        Payload::of(&self)
    }

    fn from_wire(bytes: Vec<u8>) -> Result<Self, FrameError> {
        wire::decode(&bytes)
    }
}

/// Outcome of one input in a worker that survived it.
#[derive(Debug)]
pub(crate) enum TaskOutcome {
    Done(Payload),
    Failed(TaskError),
}

/// A [`Task`] without its types, for the list of [`serve_if_worker`](crate::serve_if_worker).
///
/// ```
/// use procpool::{Entry, Task, TaskError};
///
/// struct Square;
/// impl Task for Square {
///     const NAME: &'static str = "square";
///     type Input = u64;
///     type Output = u64;
///     fn run(n: u64) -> Result<u64, TaskError> {
///         Ok(n * n)
///     }
/// }
/// /// A library exports its tasks; the program adds them to its own.
/// pub const WORKER_TASKS: &[Entry] = &[Square::ENTRY];
/// assert_eq!(WORKER_TASKS[0].name(), "square");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Vec<u8>) -> TaskOutcome,
    pub(crate) split: fn(&Payload) -> Option<PayloadHalves>,
}

impl Entry {
    const fn of<T: Task>() -> Self {
        Entry { name: T::NAME, run: run::<T>, split: split::<T> }
    }

    /// The name of the task.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

fn run<T: Task>(bytes: Vec<u8>) -> TaskOutcome {
    let failed = |what: &str, why: FrameError| TaskOutcome::Failed(TaskError::new(format!("{what}: {why}")));
    match T::Input::from_wire(bytes).map(T::run) {
        Ok(Ok(output)) => {
            output.to_wire().map_or_else(|why| failed("its output cannot be encoded", why), TaskOutcome::Done)
        }
        Ok(Err(error)) => TaskOutcome::Failed(error),
        Err(why) => failed("its input cannot be decoded", why),
    }
}

/// Halves an input in the parent. If the task's own code panics here, the input counts as indivisible.
fn split<T: Task>(payload: &Payload) -> Option<PayloadHalves> {
    let halve = || {
        let input = T::Input::from_wire(payload.to_vec()).ok()?;
        let (left, right) = (T::BISECT?.split)(input)?;
        let items = [T::items(&left), T::items(&right)];
        Some([(left.to_wire().ok()?, items[0]), (right.to_wire().ok()?, items[1])])
    };
    catch_unwind(AssertUnwindSafe(halve)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the page")]
    struct PageError(#[source] io::Error);

    #[test]
    fn a_question_mark_makes_a_task_error_of_any_error_with_its_causes_once() {
        fn fails(error: impl Error) -> Result<(), TaskError> {
            Err(error)?
        }
        let full = || io::Error::other("the disk is full");
        for (made, expected) in [
            (fails("x".parse::<u64>().unwrap_err()), "invalid digit found in string"),
            (fails(full()), "the disk is full"),
            (fails(PageError(full())), "cannot read the page: the disk is full"),
            (fails(PageError(io::Error::other(PageError(full())))), "cannot read the page: the disk is full"),
        ] {
            assert_eq!(made, Err(TaskError::new(expected)));
        }
        fn passes_on() -> Result<(), Box<dyn Error>> {
            Ok(fails(io::Error::other("odd"))?)
        }
        assert_eq!(passes_on().unwrap_err().to_string(), "odd");
    }
}
