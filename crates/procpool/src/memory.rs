//! Memory of a process, as the kernel reports it.

/// Peak resident memory in bytes of a process, or of this one if `pid` is `None`. Linux only: `None` on other
/// systems and for a process that is gone.
///
/// ```
/// if let Some(bytes) = procpool::peak_memory(None) {
///     assert!(bytes > 100_000);
/// }
/// ```
pub fn peak_memory(pid: Option<u32>) -> Option<u64> {
    let status = read_proc(pid, "status")?;
    kib_field(&status, "VmHWM:")
}

/// Bytes of a process's resident memory that count for other processes, or of this one if `pid` is `None`.
///
/// A page that several processes share is divided among them (the proportional set size of the kernel). Linux
/// only, as [`peak_memory`].
pub fn shared_memory(pid: Option<u32>) -> Option<u64> {
    let sums = read_proc(pid, "smaps_rollup")?;
    Some(kib_field(&sums, "Rss:")?.saturating_sub(kib_field(&sums, "Pss:")?))
}

fn read_proc(pid: Option<u32>, file: &str) -> Option<String> {
    let pid = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()
}

/// A field in KiB, as bytes.
fn kib_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}
