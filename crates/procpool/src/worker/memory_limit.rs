//! Memory limit of a worker: `RLIMIT_AS`, set by the worker itself.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Limits the address space of this process.
pub(super) fn limit_memory(bytes: Option<u64>) -> io::Result<()> {
    if let Some(bytes) = bytes {
        setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    }
    Ok(())
}

/// Limits the address space to the present size and `bytes` more, for an injected fault.
pub(super) fn limit_memory_growth(bytes: u64) {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split(' ').next()?.parse::<u64>().ok()).unwrap_or(1 << 14);
    let limit = pages * rustix::param::page_size() as u64 + bytes;
    // If this fails, a lower limit is in force, which has the same effect.
    let _ = limit_memory(Some(limit));
}
