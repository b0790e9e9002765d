//! Mailbox of the supervisor: commands from any thread, and the way to wake a supervisor that sleeps in
//! `poll`.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::failure::Failure;
use crate::scheduler::TaskId;
use crate::stats::PoolStats;
use crate::task::Entry;
use crate::wire::Payload;

/// One part of a task after its end. A task that was not bisected has one part.
pub struct PartOutcome {
    /// The input, if the part has no output.
    pub input: Option<Payload>,
    pub outcome: Result<Vec<u8>, Failure>,
}

/// A task on its way to the supervisor.
pub(crate) struct Submission {
    pub task: TaskId,
    pub entry: Entry,
    /// The payload is a batch of inputs.
    pub batch: bool,
    pub payload: Payload,
    /// Number of items in the payload, for the record of attempts.
    pub items: u64,
    pub responder: Responder,
}

impl Submission {
    /// Ends the task before it has begun.
    pub fn refuse(self, why: Failure) {
        self.responder.respond(vec![PartOutcome { input: Some(self.payload), outcome: Err(why) }]);
    }
}

/// Receiver of the parts of a task, in order, when the task has ended.
///
/// It is called once, on the supervisor's thread. A responder that is dropped before reports that the pool
/// was stopped, so that no caller waits without end.
pub(crate) struct Responder(Option<Box<dyn FnOnce(Vec<PartOutcome>) + Send>>);

impl Responder {
    pub fn new(respond: impl FnOnce(Vec<PartOutcome>) + Send + 'static) -> Self {
        Responder(Some(Box::new(respond)))
    }

    pub fn respond(mut self, parts: Vec<PartOutcome>) {
        if let Some(respond) = self.0.take() {
            respond(parts);
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(respond) = self.0.take() {
            respond(vec![PartOutcome { input: None, outcome: Err(Failure::Stopped) }]);
        }
    }
}

/// Command to a supervisor.
pub(super) enum Command {
    Submit(Submission),
    Cancel(TaskId),
    Stop,
}

/// Sender of commands to a supervisor, for any thread.
#[derive(Clone)]
pub(crate) struct CommandSender {
    commands: Sender<Command>,
    wakeup: Arc<Wakeup>,
    pub next_task: Arc<AtomicU64>,
    pub stats: Arc<Mutex<PoolStats>>,
}

/// Wakes a supervisor that sleeps in `poll`. Costs a system call only if it sleeps.
struct Wakeup {
    awake: AtomicBool,
    writer: PipeWriter,
}

impl CommandSender {
    pub fn next_task(&self) -> TaskId {
        self.next_task.fetch_add(1, Ordering::Relaxed)
    }

    pub fn submit(&self, submission: Submission) {
        if let Err(refused) = self.commands.send(Command::Submit(submission))
            && let Command::Submit(submission) = refused.into_inner()
        {
            submission.refuse(Failure::Stopped);
        }
        self.wake();
    }

    pub fn cancel(&self, task: TaskId) {
        let _ = self.commands.send(Command::Cancel(task));
        self.wake();
    }

    pub fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        self.wake();
    }

    /// Wakes the supervisor if it sleeps or is about to sleep.
    ///
    /// This side writes the command and then reads `awake`. The other side writes `awake` and then looks for
    /// commands ([`Mailbox::prepare_to_sleep`]). Only a sequentially consistent fence between the two steps,
    /// on both sides, guarantees that at least one side sees the write of the other.
    fn wake(&self) {
        fence(Ordering::SeqCst);
        if !self.wakeup.awake.swap(true, Ordering::SeqCst) {
            let _ = (&self.wakeup.writer).write(&[1]);
        }
    }
}

/// The supervisor's end of the queue of commands.
pub(super) struct Mailbox {
    commands: Receiver<Command>,
    wakeup: Arc<Wakeup>,
    /// Readable after a wake-up.
    reader: PipeReader,
}

/// Both ends, for a pool with this number of workers.
pub(super) fn mailbox(workers: usize) -> io::Result<(CommandSender, Mailbox)> {
    let (sender, commands) = unbounded();
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    let wakeup = Arc::new(Wakeup { awake: AtomicBool::new(true), writer });
    let stats = Arc::new(Mutex::new(PoolStats { workers, ..PoolStats::default() }));
    let sender = CommandSender { commands: sender, wakeup: wakeup.clone(), next_task: Arc::default(), stats };
    Ok((sender, Mailbox { commands, wakeup, reader }))
}

impl Mailbox {
    pub fn next(&self) -> Option<Command> {
        self.commands.try_recv().ok()
    }

    /// Announces that the supervisor is about to sleep. False if a command is waiting: then it must not.
    pub fn prepare_to_sleep(&self) -> bool {
        self.wakeup.awake.store(false, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.commands.is_empty()
    }

    /// Announces that the supervisor is awake, and clears the wake-up if there was one.
    pub fn woke_up(&self, was_woken: bool) {
        self.wakeup.awake.store(true, Ordering::SeqCst);
        if was_woken {
            let _ = (&self.reader).read(&mut [0; 64]);
        }
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
