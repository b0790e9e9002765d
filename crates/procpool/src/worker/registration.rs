//! Record of the tasks that `main` gave to `serve_if_worker` in this process.
//!
//! The parent reads it before it starts workers: they run the same `main` and know the same tasks.

use std::sync::OnceLock;

use crate::task::Entry;

static REGISTERED: OnceLock<Registration> = OnceLock::new();

/// A call of `serve_if_worker` in a process that is no worker.
#[derive(Debug)]
pub(crate) struct Registration {
    /// The names of the tasks that workers of this program know.
    pub tasks: Vec<&'static str>,
    /// The name of the thread that made the call, if it was not that of `main`.
    pub other_thread: Option<String>,
}

/// Records a call of `serve_if_worker`. Only the first call counts: a worker never returns from it.
pub(super) fn register(tasks: &[Entry]) {
    REGISTERED.get_or_init(|| {
        let thread = std::thread::current();
        // The standard library gives this name to the first thread. A thread of another language has none.
        let other_thread = thread.name().filter(|name| *name != "main").map(str::to_owned);
        Registration { tasks: tasks.iter().map(|task| task.name).collect(), other_thread }
    });
}

/// The recorded call; `None` if `serve_if_worker` was not called.
pub(crate) fn registration() -> Option<&'static Registration> {
    REGISTERED.get()
}
