//! What the verbs of a pool stand on: something that takes work and answers later.

use super::failure::Failure;
use super::frame::{self, FrameError};
use super::remote::Part;
use super::stats::Stats;
use super::task::{Task, TaskError, Wire, batch};
use super::terms::TaskId;

/// Something that runs tasks. Sealed: the two there are, processes and threads, are enough.
pub trait Backend: Send + Sync + 'static {
    /// Takes work in; `done` is called once, on any thread, when it has ended. Returns its name and
    /// its size in bytes on the wire.
    fn start<T: Task>(&self, work: Work<T>, done: Done<T>) -> Result<Ticket, Failure>;
    /// Gives up on work.
    fn cancel(&self, task: TaskId);
    /// What has been done so far.
    fn stats(&self) -> Stats;
    /// How many tasks can run at the same time.
    fn workers(&self) -> usize;
}

/// How the backend tells that work has ended.
pub type Done<T> = Box<dyn FnOnce(Answer<T>) + Send>;

/// One input, or several that travel together.
pub enum Work<T: Task> {
    One(T::Input),
    Many(Vec<T::Input>),
}

/// Work that was taken in.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    pub task: TaskId,
    pub bytes: usize,
}

/// What came of a piece of work. Decoded by whoever wants it, not by the thread that received it.
pub enum Answer<T: Task> {
    /// From a process: the parts in order, and whether each is a batch.
    Parts(Vec<Part>, bool),
    /// From a thread.
    Values(Vec<Result<T::Output, Failure>>),
}

/// The output of a task as far as there is one, and the parts of the input that have none.
#[derive(Debug)]
pub struct Salvage<T: Task> {
    /// The output of all parts that have one, joined; `None` if there is none at all.
    pub output: Option<T::Output>,
    /// Each part that was given up, and why.
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
                let Salvage { output, mut lost } = answer.salvage();
                // The part that kills its workers says more than those that were then called off.
                let cause = lost.iter().position(|(_, why)| !matches!(why, Failure::Cancelled)).unwrap_or(0);
                vec![match output {
                    _ if !lost.is_empty() => Err(lost.swap_remove(cause).1),
                    Some(output) => Ok(output),
                    None => Err(Failure::Stopped),
                }]
            }
        }
    }

    /// The output of what could be done, and what could not.
    pub fn salvage(self) -> Salvage<T> {
        let mut salvage = Salvage { output: None, lost: Vec::new() };
        match self {
            Answer::Values(values) => values.into_iter().for_each(|result| salvage.add(None, result)),
            Answer::Parts(parts, _) => {
                for Part { input, outcome } in parts {
                    let input = input.and_then(|input| T::Input::from_wire(input.to_vec()).ok());
                    salvage.add(input, outcome.and_then(|bytes| Ok(T::Output::from_wire(bytes)?)));
                }
            }
        }
        salvage
    }
}

impl<T: Task> Salvage<T> {
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
fn batch_results<T: Task>(part: Part) -> Vec<Result<T::Output, Failure>> {
    let count = |bytes: &[u8]| frame::decode_prefix::<u64>(bytes).map_or(1, |(count, _)| count);
    let answers = |bytes: Vec<u8>| {
        let items = batch::unpack(&bytes)?;
        Ok(items.into_iter().map(item_result::<T>).collect())
    };
    match part.outcome.and_then(answers) {
        Ok(results) => results,
        Err(why) => {
            let items = part.input.map_or(1, |input| count(&input.to_vec()));
            (0..items).map(|_| Err(why.clone())).collect()
        }
    }
}

fn item_result<T: Task>(item: &[u8]) -> Result<T::Output, Failure> {
    let item: Result<serde_bytes::ByteBuf, TaskError> = frame::decode(item)?;
    let output: Result<T::Output, FrameError> = T::Output::from_wire(item?.into_vec());
    Ok(output?)
}
