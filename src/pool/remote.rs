//! The way to the supervisor from any thread: what it can be told, and how it is woken.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::failure::Failure;
use super::frame::Payload;
use super::stats::Stats;
use super::task::Entry;
use super::terms::TaskId;

/// One part of a task, as it ended. A task that was not divided has one part.
pub struct Part {
    /// The input, for a part that has no output.
    pub input: Option<Payload>,
    pub outcome: Result<Vec<u8>, Failure>,
}

/// A task on its way to the supervisor.
pub(super) struct Job {
    pub task: TaskId,
    pub entry: Entry,
    /// The payload is a batch of inputs.
    pub batch: bool,
    pub payload: Payload,
    /// How many items the payload stands for, for the record.
    pub items: u64,
    pub done: Done,
}

impl Job {
    /// Ends it before it has begun.
    pub fn refuse(self, why: Failure) {
        self.done.tell(vec![Part { input: Some(self.payload), outcome: Err(why) }]);
    }
}

/// Whom to tell the parts of a task, in order, when it has ended. Called once, on the supervisor's
/// thread. If it is dropped before, it says that the pool has stopped: nobody waits for ever.
pub(super) struct Done(Option<Box<dyn FnOnce(Vec<Part>) + Send>>);

impl Done {
    pub fn new(done: impl FnOnce(Vec<Part>) + Send + 'static) -> Self {
        Done(Some(Box::new(done)))
    }

    pub fn tell(mut self, parts: Vec<Part>) {
        if let Some(done) = self.0.take() {
            done(parts);
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(vec![Part { input: None, outcome: Err(Failure::Stopped) }]);
        }
    }
}

pub(super) enum Command {
    Submit(Job),
    Cancel(TaskId),
    Stop,
}

/// The way to a supervisor from any thread.
#[derive(Clone)]
pub(super) struct Remote {
    commands: Sender<Command>,
    bell: Arc<Bell>,
    pub next_task: Arc<AtomicU64>,
    pub stats: Arc<Mutex<Stats>>,
}

/// Wakes a supervisor that sleeps in `poll`; costs a system call only when it does.
struct Bell {
    awake: AtomicBool,
    writer: PipeWriter,
}

impl Remote {
    pub fn next_task(&self) -> TaskId {
        self.next_task.fetch_add(1, Ordering::Relaxed)
    }

    pub fn submit(&self, job: Job) {
        if let Err(refused) = self.commands.send(Command::Submit(job))
            && let Command::Submit(job) = refused.into_inner()
        {
            job.refuse(Failure::Stopped);
        }
        self.ring();
    }

    pub fn cancel(&self, task: TaskId) {
        let _ = self.commands.send(Command::Cancel(task));
        self.ring();
    }

    pub fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        self.ring();
    }

    /// Wakes the supervisor if it sleeps, or is about to.
    ///
    /// This side writes the command and then reads `awake`, the other side writes `awake` and then
    /// looks for commands ([`Ear::doze`]). Only a sequentially consistent fence between the two steps,
    /// on both sides, rules out that each misses what the other one wrote.
    fn ring(&self) {
        fence(Ordering::SeqCst);
        if !self.bell.awake.swap(true, Ordering::SeqCst) {
            let _ = (&self.bell.writer).write(&[1]);
        }
    }
}

/// The supervisor's end of its [`Remote`]s.
pub(super) struct Ear {
    inbox: Receiver<Command>,
    bell: Arc<Bell>,
    /// Readable when the bell has rung.
    reader: PipeReader,
}

/// Both ends, for a pool of so many workers.
pub(super) fn pair(workers: usize) -> io::Result<(Remote, Ear)> {
    let (commands, inbox) = unbounded();
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    let bell = Arc::new(Bell { awake: AtomicBool::new(true), writer });
    let stats = Arc::new(Mutex::new(Stats { workers, ..Stats::default() }));
    let remote = Remote { commands, bell: bell.clone(), next_task: Arc::default(), stats };
    Ok((remote, Ear { inbox, bell, reader }))
}

impl Ear {
    pub fn next(&self) -> Option<Command> {
        self.inbox.try_recv().ok()
    }

    /// Says that the supervisor is about to sleep until the bell rings. False if there is something to
    /// do: then it may not.
    pub fn doze(&self) -> bool {
        self.bell.awake.store(false, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.inbox.is_empty()
    }

    /// Says that it is awake again, and silences the bell if that has rung.
    pub fn wake(&self, rung: bool) {
        self.bell.awake.store(true, Ordering::SeqCst);
        if rung {
            let _ = (&self.reader).read(&mut [0; 64]);
        }
    }
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
