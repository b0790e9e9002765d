//! The other side of the pipe: a copy of the program that runs tasks until its input ends.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::OnceLock;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Resource, Rlimit, Signal, getpid, getppid, kill_process, setrlimit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::chaos::{self, Chaos, Imp, Point};
use super::frame::{self, Frame, FrameDecoder, FrameError, Header, Kind, Outgoing, Payload};
use super::task::{Entry, TaskError, Verdict, batch};

/// The first argument of a program that is to be a worker. Behind it come the parent's process id
/// and the worker's number, for people who look at the process list.
pub(super) const MARKER: &str = "--ngramcount-pool-worker";

/// How a worker is to live; the first frame it gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setup {
    pub slot: u64,
    pub incarnation: u64,
    /// Most bytes of address space.
    pub memory: Option<u64>,
    pub chaos: Chaos,
    pub retries: u32,
    /// What [`worker_state`] is built from.
    pub shared: Option<serde_bytes::ByteBuf>,
}

/// Whether this process was started as a worker.
pub(super) fn is_worker() -> bool {
    std::env::args_os().nth(1).is_some_and(|arg| arg == MARKER)
}

/// Becomes a worker if this process was started as one, and then never returns; returns at once in
/// any other process. Has to be the first thing in `main`, before anything is printed or read.
///
/// ```
/// use ngramcount::pool::{self, Pool, Task, TaskError};
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
/// pool::serve_if_worker(&[Shout::ENTRY]);
/// let pool = Pool::builder().workers(1).build()?;
/// assert_eq!(pool.apply::<Shout>("hear".into())?, "HEAR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn serve_if_worker(tasks: &[Entry]) {
    if is_worker() {
        std::process::exit(match serve(tasks) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("worker: {error}");
                1
            }
        });
    }
}

/// What can go wrong in a worker's own affairs; it ends the worker, and the parent reads it on the
/// worker's stderr.
#[derive(Debug, thiserror::Error)]
enum WorkerError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl From<rustix::io::Errno> for WorkerError {
    fn from(errno: rustix::io::Errno) -> Self {
        WorkerError::Io(errno.into())
    }
}

fn serve(tasks: &[Entry]) -> Result<(), WorkerError> {
    die_with_parent()?;
    let (input, output) = fence()?;
    watch(input.try_clone()?)?;
    let output = Box::leak(Box::new(output));
    let mut desk = Desk { decoder: FrameDecoder::default(), input, output };
    let Some(frame) = desk.receive(|_, _| Ok(()))? else { return Ok(()) };
    let setup: Setup = frame::decode(&frame.payload)?;
    if let Err(error) = limit_memory(setup.memory) {
        let limit = setup.memory.unwrap_or(0);
        let reason = format!("cannot limit its memory to {limit} bytes: {error}");
        return desk.send(Header::plain(Kind::Refused), Payload::of(&reason)?);
    }
    SHARED.get_or_init(|| setup.shared.map(|bytes| bytes.into_vec()));
    let imp = Imp::new(setup.chaos, setup.retries);
    // A life of the slot stands in for the attempt: at the start there is no task.
    let life = u32::try_from(setup.incarnation).unwrap_or(u32::MAX);
    if let Some(fault) = imp.due(Point::Hello, setup.slot, life) {
        chaos::commit(fault, &mut |bytes| desk.scribble(bytes));
    }
    let names: Vec<&str> = tasks.iter().map(|task| task.name).collect();
    if let Some(twice) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
        let reason = format!("main gives two tasks of the name `{}` to serve_if_worker", names[twice]);
        return desk.send(Header::plain(Kind::Refused), Payload::of(&reason)?);
    }
    desk.send(Header::plain(Kind::Hello), Payload::of(&names)?)?;

    while let Some(Frame { header, payload }) = desk.receive(|desk, header| desk.begin(header, &imp))? {
        let due = |point| imp.due(point, header.task, header.attempt);
        let Some(entry) = tasks.get(usize::from(header.entry)) else {
            return Err(FrameError::Unexpected(header.kind).into());
        };
        // A task that panics may leave its own data half changed, but it shares none with the next.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if let Some(fault) = due(Point::Running) {
                chaos::commit(fault, &mut |bytes| desk.scribble(bytes));
            }
            ERRAND.set(Some((header, desk.output)));
            if header.kind == Kind::Batch { run_batch(entry, &payload) } else { run_one(entry, payload) }
        }));
        ERRAND.set(None);
        let (kind, payload) = match outcome {
            Ok(answer) => answer?,
            Err(panic) => (Kind::Panicked, Payload::of(&panic_message(&*panic))?),
        };
        desk.answer(Header { kind, length: 0, sum: 0, ..header }, payload, due(Point::MidResult))?;
        if let Some(fault) = due(Point::AfterResult) {
            chaos::commit(fault, &mut |bytes| desk.scribble(bytes));
        }
    }
    Ok(())
}

fn run_one(entry: &Entry, input: Vec<u8>) -> Result<(Kind, Payload), FrameError> {
    Ok(match (entry.run)(input) {
        Verdict::Done(output) => (Kind::Done, output),
        Verdict::Failed(error) => (Kind::Failed, Payload::of(&error)?),
    })
}

/// Runs a batch; each item's output or error is an item of the answer.
fn run_batch(entry: &Entry, input: &[u8]) -> Result<(Kind, Payload), FrameError> {
    let mut answers = Vec::new();
    for item in batch::unpack(input)? {
        answers.push(match (entry.run)(item.to_vec()) {
            Verdict::Done(output) => {
                Payload::of(&Ok::<_, TaskError>(serde_bytes::ByteBuf::from(output.into_vec())))?
            }
            Verdict::Failed(error) => Payload::of(&Err::<serde_bytes::ByteBuf, _>(error))?,
        });
    }
    Ok((Kind::Done, batch::pack(&answers)?))
}

thread_local! {
    /// In a worker, what this thread is running and where it reports.
    static ERRAND: Cell<Option<(Header, &'static OwnedFd)>> = const { Cell::new(None) };
}

/// Writes raw bytes to the parent from inside a task, for faults made on purpose.
pub(super) fn scribble_from_task(bytes: &[u8]) {
    if let Some((_, output)) = ERRAND.get() {
        let _ = rustix::io::write(output, bytes);
    }
}

/// Reports from inside a task that it is under way, on the thread that runs it. The task timeout
/// begins anew, and the parent is given `report` (see `Pool::builder().on_progress(…)`). Does
/// nothing in a thread pool.
///
/// ```
/// use std::sync::mpsc;
/// use ngramcount::pool::{self, Pool, Task, TaskError};
///
/// struct Slow;
/// impl Task for Slow {
///     const NAME: &'static str = "slow";
///     type Input = u32;
///     type Output = ();
///     fn run(steps: u32) -> Result<(), TaskError> {
///         (0..steps).for_each(|step| pool::progress(&step));
///         Ok(())
///     }
/// }
///
/// pool::serve_if_worker(&[Slow::ENTRY]);
/// let (sender, steps) = mpsc::channel();
/// let pool = Pool::builder().workers(1).on_progress(move |step: u32| sender.send(step).unwrap()).build()?;
/// pool.apply::<Slow>(3)?;
/// drop(pool);
/// assert_eq!(steps.iter().collect::<Vec<_>>(), [0, 1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn progress(report: &impl Serialize) {
    if let Some((header, output)) = ERRAND.get() {
        let header = Header { kind: Kind::Progress, length: 0, sum: 0, ..header };
        // A report that cannot be sent is not worth failing for; a parent that is gone ends us soon.
        if let Ok(frame) = Payload::of(report).and_then(|report| Outgoing::new(header, report)) {
            let _ = frame.write_all(output);
        }
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

/// The worker's two private descriptors, and what is half read.
struct Desk {
    decoder: FrameDecoder,
    input: OwnedFd,
    /// Never closed but by the end of the process, so that its end means the worker's end: a panic
    /// that unwinds through here must not look like a worker that hung up and lives on.
    output: &'static OwnedFd,
}

impl Desk {
    /// The next frame; `None` when the parent has closed the pipe. `announced` is called as soon as
    /// the header is here.
    fn receive(
        &mut self,
        mut announced: impl FnMut(&mut Self, Header) -> Result<(), WorkerError>,
    ) -> Result<Option<Frame>, WorkerError> {
        let mut unannounced = true;
        loop {
            let frame = self.decoder.next_frame()?;
            let header = frame.as_ref().map(|frame| &frame.header).or(self.decoder.arriving()).copied();
            if let Some(header) = header.filter(|_| unannounced) {
                unannounced = false;
                announced(self, header)?;
            }
            if frame.is_some() {
                return Ok(frame);
            }
            match self.decoder.read_from(&self.input) {
                Ok(0) => return Ok(self.decoder.end().map(|()| None)?),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Says that a task has begun, before its input is read: a worker that dies of reading it is to
    /// be blamed on it.
    fn begin(&mut self, header: Header, imp: &Imp) -> Result<(), WorkerError> {
        if !matches!(header.kind, Kind::Task | Kind::Batch) {
            return Err(FrameError::Unexpected(header.kind).into());
        }
        self.send(Header { kind: Kind::Begin, length: 0, sum: 0, ..header }, Payload::default())?;
        if let Some(fault) = imp.due(Point::Reading, header.task, header.attempt) {
            chaos::commit(fault, &mut |bytes| self.scribble(bytes));
        }
        Ok(())
    }

    fn send(&mut self, header: Header, payload: Payload) -> Result<(), WorkerError> {
        Ok(Outgoing::new(header, payload)?.write_all(self.output)?)
    }

    /// Sends a result, with a fault in the middle of it if one is due.
    fn answer(
        &mut self,
        header: Header,
        payload: Payload,
        fault: Option<chaos::Fault>,
    ) -> Result<(), WorkerError> {
        let Some(fault) = fault else {
            // A result that is too large to send is the task's failure, not the worker's.
            return match Outgoing::new(header, payload) {
                Ok(frame) => Ok(frame.write_all(self.output)?),
                Err(error) => {
                    let error = TaskError::new(format!("its result cannot be sent: {error}"));
                    self.send(Header { kind: Kind::Failed, ..header }, Payload::of(&error)?)
                }
            };
        };
        let bytes = Outgoing::new(header, payload)?.to_vec();
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.scribble(first);
        chaos::commit(fault, &mut |bytes| self.scribble(bytes));
        self.scribble(second);
        Ok(())
    }

    /// Writes raw bytes onto the wire, for faults made on purpose.
    fn scribble(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match rustix::io::write(self.output, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

/// Moves the wire away from descriptors 0 and 1, so that a stray print cannot touch it: what a task
/// reads from stdin is empty, what it prints goes to stderr.
fn fence() -> io::Result<(OwnedFd, OwnedFd)> {
    let private = |fd: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(fd, 3);
    let input = private(io::stdin().as_fd())?;
    let output = private(io::stdout().as_fd())?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((input, output))
}

/// Asks the kernel for SIGKILL when the thread that started us ends, and leaves at once if it has.
fn die_with_parent() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the request; then somebody else is our parent by now.
    let parent = std::env::args().nth(2).and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
    if parent.is_some() && getppid() != parent {
        std::process::exit(0);
    }
    Ok(())
}

/// Kills this process when the parent's end of the input pipe is gone, even while a task spins. The
/// only protection where there is no parent-death signal, and the second one where there is.
fn watch(input: OwnedFd) -> io::Result<()> {
    let hang_up = move || loop {
        // Without requested events, poll reports nothing but the hang-up.
        let mut fds = [PollFd::new(&input, PollFlags::empty())];
        // A descriptor that is none any more was closed by a task, and there is no wire without it.
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if poll(&mut fds, None).is_ok() && fds[0].revents().intersects(gone) {
            // An idle worker that is let go sees the end of its input at the same time: give it a
            // moment to leave with code 0.
            std::thread::sleep(std::time::Duration::from_millis(200));
            let _ = kill_process(getpid(), Signal::KILL);
        }
    };
    std::thread::Builder::new().name("hang-up".into()).stack_size(64 << 10).spawn(hang_up)?;
    Ok(())
}

fn limit_memory(bytes: Option<u64>) -> io::Result<()> {
    if let Some(bytes) = bytes {
        setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    }
    Ok(())
}

/// For a fault made on purpose: lets this process have only `bytes` more.
pub(super) fn limit_memory_to_what_it_has_plus(bytes: u64) {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split(' ').next()?.parse::<u64>().ok()).unwrap_or(1 << 14);
    let limit = pages * rustix::param::page_size() as u64 + bytes;
    // A hard limit that is lower already does the job.
    let _ = setrlimit(Resource::As, Rlimit { current: Some(limit), maximum: Some(limit) });
}

/// What the parent shares with all its workers, as it travels. Empty in any other process.
static SHARED: OnceLock<Option<Vec<u8>>> = OnceLock::new();

thread_local! {
    static STATES: RefCell<BTreeMap<std::any::TypeId, Rc<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
    /// In a thread of a `ThreadPool`, what that pool shares.
    static SHARED_HERE: RefCell<Option<std::sync::Arc<Vec<u8>>>> = const { RefCell::new(None) };
}

/// Gives this thread its own shared value, as a thread pool does.
pub(super) fn share_with_this_thread(bytes: Option<std::sync::Arc<Vec<u8>>>) {
    SHARED_HERE.set(bytes);
}

/// A worker's own state, built once a worker from the value that the pool shares with all of them
/// (`Pool::builder().share(…)`), at the first call and kept for the tasks that follow.
///
/// # Errors
/// The pool shares nothing, or a value of another type.
///
/// ```
/// use ngramcount::pool::{self, Pool, Task, TaskError};
///
/// struct Lookup;
/// impl Task for Lookup {
///     const NAME: &'static str = "lookup";
///     type Input = usize;
///     type Output = String;
///     fn run(at: usize) -> Result<String, TaskError> {
///         let words = pool::worker_state(|text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>())?;
///         words.get(at).cloned().ok_or_else(|| TaskError::new("no such word"))
///     }
/// }
///
/// pool::serve_if_worker(&[Lookup::ENTRY]);
/// let pool = Pool::builder().workers(1).share(&"zero one two".to_owned())?.build()?;
/// assert_eq!(pool.apply::<Lookup>(2)?, "two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn worker_state<S: DeserializeOwned, T: 'static>(build: impl FnOnce(S) -> T) -> Result<Rc<T>, TaskError> {
    let key = std::any::TypeId::of::<T>();
    let known = STATES.with_borrow(|states| states.get(&key).cloned());
    if let Some(state) = known.and_then(|state| state.downcast().ok()) {
        return Ok(state);
    }
    let shared = |bytes: Option<&[u8]>| -> Result<S, TaskError> {
        let bytes = bytes.ok_or_else(|| TaskError::new("the pool shares no value with its workers"))?;
        frame::decode(bytes)
            .map_err(|error| TaskError::new(format!("the value that the pool shares: {error}")))
    };
    let value = match SHARED.get() {
        Some(bytes) => shared(bytes.as_deref()),
        None => SHARED_HERE.with_borrow(|bytes| shared(bytes.as_ref().map(|bytes| bytes.as_slice()))),
    }?;
    let state = Rc::new(build(value));
    STATES.with_borrow_mut(|states| states.insert(key, state.clone()));
    Ok(state)
}
