//! Main loop of a worker: setup, hello, then one task after another.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::connection::{Connection, WorkerError};
use super::fault_injector::{FaultInjector, inject};
use super::memory_limit::limit_memory;
use super::parent_watch::{kill_when_parent_hangs_up, request_death_signal};
use super::registration::register;
use super::shared_value::set_process_value;
use super::stdio::redirect_stdio;
use super::task_context::TaskContext;
use crate::chaos::Point;
use crate::task::{Entry, TaskError, TaskOutcome};
use crate::wire::{self, Frame, FrameError, FrameKind, Header, Payload, Setup};

/// Turns this process into a worker if the pool started it as one.
///
/// A worker never returns from this call; any other process returns at once. The call has to be the first
/// in `main`, before the program prints or reads anything. `tasks` lists every task that a pool of this
/// program runs, those of libraries included: only the first call counts. A `#[test]` has no `main` of its own; see
/// [`PoolBuilder::program`](crate::PoolBuilder::program).
///
/// ```
/// use procpool::{Pool, Task, TaskError};
///
/// struct Shout;
/// impl Task for Shout {
///     const NAME: &'static str = "shout";
///     type Input = String;
///     type Output = String;
///     fn run(word: String) -> Result<String, TaskError> {
///         Ok(word.to_uppercase())
///     }
/// }
///
/// procpool::serve_if_worker(&[Shout::ENTRY]);
/// let pool = Pool::builder().workers(1).build()?;
/// assert_eq!(pool.apply::<Shout>("hear".into())?, "HEAR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn serve_if_worker(tasks: &[Entry]) {
    register(tasks);
    if wire::is_worker() {
        std::process::exit(match serve(tasks) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("worker: {error}");
                1
            }
        });
    }
}

fn serve(tasks: &[Entry]) -> Result<(), WorkerError> {
    request_death_signal()?;
    let (input, output) = redirect_stdio()?;
    let watch = kill_when_parent_hangs_up(input.try_clone()?);
    let mut connection = Connection::new(input, output);
    if let Err(error) = watch {
        return connection.refuse(&format!("cannot start a thread: {error}"));
    }
    let Some(frame) = connection.receive(|_, _| Ok(()))? else { return Ok(()) };
    let setup: Setup = wire::decode(&frame.payload)?;
    if let Err(error) = limit_memory(setup.memory) {
        let limit = setup.memory.unwrap_or(0);
        return connection.refuse(&format!("cannot limit its memory to {limit} bytes: {error}"));
    }
    set_process_value(setup.shared.map(|bytes| bytes.into_vec()));
    let injector = FaultInjector::new(setup.chaos, setup.retries);
    // At the start there is no task: the incarnation stands in for the attempt.
    let incarnation = u32::try_from(setup.incarnation).unwrap_or(u32::MAX);
    if let Some(fault) = injector.due(Point::Hello, setup.slot, incarnation) {
        inject(fault, &mut |bytes| connection.write_raw(bytes));
    }
    let names: Vec<&str> = tasks.iter().map(|task| task.name).collect();
    if let Some(twice) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
        let name = names[twice];
        return connection.refuse(&format!("main gives two tasks of the name `{name}` to serve_if_worker"));
    }
    connection.send(Header::without_task(FrameKind::Hello), Payload::of(&names)?)?;

    while let Some(frame) = connection.receive(|connection, header| connection.begin(header, &injector))? {
        run_task(&mut connection, tasks, frame, &injector)?;
    }
    Ok(())
}

fn run_task(
    connection: &mut Connection,
    tasks: &[Entry],
    frame: Frame,
    injector: &FaultInjector,
) -> Result<(), WorkerError> {
    let Frame { header, payload } = frame;
    let due = |point| injector.due(point, header.task, header.attempt);
    let Some(entry) = tasks.get(usize::from(header.entry)) else {
        return Err(FrameError::unexpected(header.kind).into());
    };
    // A task that panics may leave its own data half changed, but it shares no data with the next task.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        if let Some(fault) = due(Point::Running) {
            inject(fault, &mut |bytes| connection.write_raw(bytes));
        }
        let _context = TaskContext::enter(header, connection.output());
        if header.kind == FrameKind::Batch { run_batch(entry, &payload) } else { run_one(entry, payload) }
    }));
    let (kind, payload) = match outcome {
        Ok(answer) => answer?,
        Err(panic) => (FrameKind::Panicked, Payload::of(&panic_message(&*panic))?),
    };
    connection.answer(header.reply(kind), payload, due(Point::MidResult))?;
    if let Some(fault) = due(Point::AfterResult) {
        inject(fault, &mut |bytes| connection.write_raw(bytes));
    }
    Ok(())
}

fn run_one(entry: &Entry, input: Vec<u8>) -> Result<(FrameKind, Payload), FrameError> {
    Ok(match (entry.run)(input) {
        TaskOutcome::Done(output) => (FrameKind::Done, output),
        TaskOutcome::Failed(error) => (FrameKind::Failed, Payload::of(&error)?),
    })
}

/// Runs a batch. The answer is a batch too: the output or the error of each item.
fn run_batch(entry: &Entry, input: &[u8]) -> Result<(FrameKind, Payload), FrameError> {
    let mut answers = Vec::new();
    for item in wire::decode_batch(input)? {
        answers.push(match (entry.run)(item.to_vec()) {
            TaskOutcome::Done(output) => {
                Payload::of(&Ok::<_, TaskError>(serde_bytes::ByteBuf::from(output.into_vec())))?
            }
            TaskOutcome::Failed(error) => Payload::of(&Err::<serde_bytes::ByteBuf, _>(error))?,
        });
    }
    Ok((FrameKind::Done, wire::encode_batch(&answers)?))
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
