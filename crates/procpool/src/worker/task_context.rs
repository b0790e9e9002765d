//! Context of the running task: the attempt that a thread runs, and the way to report from inside it.

use std::cell::Cell;
use std::os::fd::OwnedFd;

use serde::Serialize;

use crate::wire::{FrameKind, Header, OutgoingFrame, Payload};

thread_local! {
    /// In a worker process, the attempt that this thread runs and the descriptor for reports.
    static CURRENT: Cell<Option<(Header, &'static OwnedFd)>> = const { Cell::new(None) };
}

/// Guard of a running task. The context ends when it is dropped, also by a panic.
pub(super) struct TaskContext;

impl TaskContext {
    pub fn enter(header: Header, output: &'static OwnedFd) -> Self {
        CURRENT.set(Some((header, output)));
        TaskContext
    }
}

impl Drop for TaskContext {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// Writes raw bytes to the parent from inside a task, for injected faults.
pub(super) fn write_raw(bytes: &[u8]) {
    if let Some((_, output)) = CURRENT.get() {
        let _ = rustix::io::write(output, bytes);
    }
}

/// Reports progress from inside a task, on the thread that runs it.
///
/// The task timeout starts again, and the parent receives `report` (see `Pool::builder().on_progress(…)`).
/// Does nothing in a thread pool.
///
/// ```
/// use std::sync::mpsc;
/// use procpool::{Pool, Task, TaskError};
///
/// struct Slow;
/// impl Task for Slow {
///     const NAME: &'static str = "slow";
///     type Input = u32;
///     type Output = ();
///     fn run(steps: u32) -> Result<(), TaskError> {
///         (0..steps).for_each(|step| procpool::progress(&step));
///         Ok(())
///     }
/// }
///
/// procpool::serve_if_worker(&[Slow::ENTRY]);
/// let (sender, steps) = mpsc::channel();
/// let pool = Pool::builder().workers(1).on_progress(move |step: u32| sender.send(step).unwrap()).build()?;
/// pool.apply::<Slow>(3)?;
/// drop(pool);
/// assert_eq!(steps.iter().collect::<Vec<_>>(), [0, 1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn progress(report: &impl Serialize) {
    if let Some((header, output)) = CURRENT.get() {
        // A report that cannot be sent does not fail the task. If the parent is gone, this process ends soon.
        let frame = Payload::of(report)
            .and_then(|report| OutgoingFrame::new(header.reply(FrameKind::Progress), report));
        if let Ok(frame) = frame {
            let _ = frame.write_all(output);
        }
    }
}
