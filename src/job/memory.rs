//! The peak memory of this process.

/// Peak resident memory of this process in bytes, where the system tells.
///
/// From `/proc` and not from `getrusage`: Linux lets the latter start at the peak of whatever
/// program called `exec`.
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?;
    kib.parse::<u64>().ok().map(|kib| kib * 1024)
}
