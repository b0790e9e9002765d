//! Record of the tasks that `main` gave to `serve_if_worker` in this process.
//!
//! The parent reads it before it starts workers: they run the same `main` and know the same tasks.

use std::sync::OnceLock;

use crate::task::Entry;

static REGISTERED: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Records a call of `serve_if_worker`. Only the first call counts: a worker never returns from it.
pub(super) fn register(tasks: &[Entry]) {
    REGISTERED.get_or_init(|| tasks.iter().map(|task| task.name).collect());
}

/// The names of the tasks that workers of this program know; `None` if `serve_if_worker` was not called.
pub(crate) fn registered_tasks() -> Option<&'static [&'static str]> {
    REGISTERED.get().map(Vec::as_slice)
}
