//! SIGCHLD: a process that ignores it does not learn how its children ended.

use std::io;
use std::sync::Arc;

use signal_hook::consts::SIGCHLD;

/// Stops ignoring SIGCHLD, if this process was started so. While it is ignored, the kernel reaps children itself
/// and their exit status is lost.
pub(super) fn stop_ignoring() -> io::Result<()> {
    if is_ignored() {
        // A handler that sets a flag which nobody reads, because signals cannot be handled safely without one.
        signal_hook::flag::register(SIGCHLD, Arc::default())?;
    }
    Ok(())
}

/// Whether this process ignores SIGCHLD; false where the system does not tell.
fn is_ignored() -> bool {
    let ignored = |status: String| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask & (1 << (SIGCHLD - 1)) != 0)
    };
    std::fs::read_to_string("/proc/self/status").ok().and_then(ignored).unwrap_or(false)
}
