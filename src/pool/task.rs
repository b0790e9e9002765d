//! What a pool runs: a named function from a value to a value.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::frame::{self, FrameError, Payload};

/// A named function from a value to a value, run in another process (or thread).
///
/// A task is a type, not a closure: the worker is another process that started from the same
/// program, and the name is how both mean the same code.
///
/// ```
/// use ngramcount::pool::{Task, TaskError};
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
    /// The name by which the parent calls it; unique among the tasks of a program.
    const NAME: &'static str;
    /// What it is given: any type that serde can take apart and put together.
    type Input: Wire;
    /// What it gives back.
    type Output: Wire;

    /// Does the work.
    ///
    /// # Errors
    /// Whatever the task cannot do. An error is an answer: it is handed to the caller and not tried
    /// again. A panic or the death of the worker is tried again.
    fn run(input: Self::Input) -> Result<Self::Output, TaskError>;

    /// How many items an input stands for, in the record of attempts.
    fn items(_input: &Self::Input) -> u64 {
        1
    }

    /// How to halve an input that keeps killing workers, if it can be halved.
    const BISECT: Option<Bisect<Self>> = None;

    /// The task as [`serve_if_worker`](super::serve_if_worker) wants it.
    const ENTRY: Entry = Entry::of::<Self>();
}

/// Both halves of a task's input, in order.
pub type Halves<T> = (<T as Task>::Input, <T as Task>::Input);

/// How a task's input is halved, to find the smallest part that kills its worker, and how the
/// outputs of the halves become one.
pub struct Bisect<T: Task> {
    /// Two halves, in order; `None` for an input that cannot be divided.
    pub split: fn(T::Input) -> Option<Halves<T>>,
    /// The output for both halves together; the left one first.
    pub join: fn(T::Output, T::Output) -> T::Output,
}

impl<T: Task> Clone for Bisect<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Task> Copy for Bisect<T> {}

/// Why a task could not do its work, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct TaskError {
    message: String,
}

impl TaskError {
    /// An error that reads as `message` does.
    ///
    /// ```
    /// # use ngramcount::pool::TaskError;
    /// let parsed: Result<u64, TaskError> = "x".parse::<u64>().map_err(TaskError::new);
    /// assert_eq!(parsed.unwrap_err().to_string(), "invalid digit found in string");
    /// ```
    pub fn new(message: impl fmt::Display) -> Self {
        TaskError { message: message.to_string() }
    }
}

/// What can cross the pipe. Every type that serde can take apart and put together does; a type with
/// megabytes inside can do it by hand and save the copies (see [`Payload::with_bulk`]).
pub trait Wire: Send + Sized + 'static {
    /// The value as it travels.
    ///
    /// # Errors
    /// What serde or bincode cannot express.
    fn to_wire(self) -> Result<Payload, FrameError>;

    /// The value from the buffer in which it came.
    ///
    /// # Errors
    /// Bytes that are no such value.
    fn from_wire(bytes: Vec<u8>) -> Result<Self, FrameError>;
}

impl<T: Serialize + DeserializeOwned + Send + 'static> Wire for T {
    fn to_wire(self) -> Result<Payload, FrameError> {
        Payload::of(&self)
    }

    fn from_wire(bytes: Vec<u8>) -> Result<Self, FrameError> {
        frame::decode(&bytes)
    }
}

/// What one input came to inside a worker, short of killing it.
#[derive(Debug)]
pub(super) enum Verdict {
    Done(Payload),
    Failed(TaskError),
}

/// Two halves of an input, in order, each with the number of its items.
pub(super) type PayloadHalves = [(Payload, u64); 2];

/// A [`Task`] with its types erased: what the process pool moves around is bytes.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub(super) name: &'static str,
    pub(super) run: fn(Vec<u8>) -> Verdict,
    pub(super) split: fn(&Payload) -> Option<PayloadHalves>,
}

impl Entry {
    const fn of<T: Task>() -> Self {
        Entry { name: T::NAME, run: run::<T>, split: split::<T> }
    }
}

fn run<T: Task>(bytes: Vec<u8>) -> Verdict {
    let failed = |what: &str, why: FrameError| Verdict::Failed(TaskError::new(format!("{what}: {why}")));
    match T::Input::from_wire(bytes).map(T::run) {
        Ok(Ok(output)) => {
            output.to_wire().map_or_else(|why| failed("its output cannot be encoded", why), Verdict::Done)
        }
        Ok(Err(error)) => Verdict::Failed(error),
        Err(why) => failed("its input cannot be decoded", why),
    }
}

/// Runs in the parent, on code of the task's own: an input on which that panics cannot be divided.
fn split<T: Task>(payload: &Payload) -> Option<PayloadHalves> {
    let halve = || {
        let input = T::Input::from_wire(payload.to_vec()).ok()?;
        let (left, right) = (T::BISECT?.split)(input)?;
        let items = [T::items(&left), T::items(&right)];
        Some([(left.to_wire().ok()?, items[0]), (right.to_wire().ok()?, items[1])])
    };
    catch_unwind(AssertUnwindSafe(halve)).ok().flatten()
}

/// Several inputs of one task in one message, as `map` sends them when it is given a chunk size.
///
/// The wire form is the count, then each input as a byte string, so that a batch can be halved
/// without knowing its type.
pub(super) mod batch {
    use super::*;

    /// Several payloads as one.
    pub fn pack(payloads: &[Payload]) -> Result<Payload, FrameError> {
        let mut head = frame::encode(&(payloads.len() as u64))?;
        for payload in payloads {
            frame::encode_behind(&mut head, &(payload.len() as u64))?;
            payload.append_to(&mut head);
        }
        Ok(Payload { head, bulk: None })
    }

    /// The byte strings of a packed message.
    pub fn unpack(bytes: &[u8]) -> Result<Vec<&[u8]>, FrameError> {
        let (count, mut rest): (u64, &[u8]) = frame::decode_prefix(bytes)?;
        let mut items = Vec::with_capacity((count as usize).min(bytes.len()));
        for _ in 0..count {
            let (length, behind): (u64, &[u8]) = frame::decode_prefix(rest)?;
            let Some((item, behind)) = usize::try_from(length).ok().and_then(|n| behind.split_at_checked(n))
            else {
                return Err(FrameError::Truncated);
            };
            items.push(item);
            rest = behind;
        }
        if rest.is_empty() { Ok(items) } else { Err(FrameError::Payload("a batch has a tail".into())) }
    }

    /// Both halves of a batch of more than one.
    pub fn split(payload: &Payload) -> Option<PayloadHalves> {
        let bytes = payload.to_vec();
        let part = |item: &[u8]| Payload { head: item.to_vec(), bulk: None };
        let items: Vec<Payload> = unpack(&bytes).ok()?.into_iter().map(part).collect();
        let (left, right) = items.split_at_checked(items.len() / 2)?;
        if left.is_empty() {
            return None;
        }
        Some([(pack(left).ok()?, left.len() as u64), (pack(right).ok()?, right.len() as u64)])
    }
}
