//! Memory budget of a count: what was asked for, or what the machine has.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::limits::SpillLimits;
use super::store::SpillStore;
use crate::count::Combiner;

/// Rules for memory, and for the files that hold what goes beyond it.
///
/// ```
/// use ngramcount::spill::{MemoryLimit, MemoryRules};
///
/// let mut rules = MemoryRules::default();
/// rules.limit = "2GiB".parse()?;
/// assert_eq!(rules.limit, MemoryLimit::Bytes(2 << 30));
/// assert_eq!("50%".parse::<MemoryLimit>()?.bytes(), MemoryLimit::Percent(50).bytes());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryRules {
    /// The memory of all processes together.
    pub limit: MemoryLimit,
    /// Where partial counts go that are too large for it; `None`: the folder of the system for temporary files.
    pub folder: Option<PathBuf>,
    /// Most bytes that they may take there.
    pub max_disk: Option<u64>,
    /// Writes partial counts beyond this number of bytes to files whatever memory there is: for tests.
    pub spill_bytes: Option<usize>,
}

/// An amount of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryLimit {
    /// Bytes.
    Bytes(u64),
    /// A share of the memory that is available, in hundredths.
    Percent(u8),
}

impl Default for MemoryLimit {
    fn default() -> Self {
        Self::Percent(60)
    }
}

impl MemoryLimit {
    /// The number of bytes. A share is one of what is available now: the memory of the machine, the limits of the control groups of
    /// this process and that of its address space.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Percent(share) => available_memory() / 100 * u64::from(share),
        }
    }
}

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(share) = text.strip_suffix('%') else {
            let size: Result<bytesize::ByteSize, _> = text.parse();
            return size
                .map(|size| Self::Bytes(size.as_u64()))
                .map_err(|_| format!("`{text}` is not a size such as 2GB or a share such as 50%"));
        };
        match share.parse() {
            Ok(share @ 1..=100) => Ok(Self::Percent(share)),
            _ => Err(format!("`{text}` is not a share from 1% to 100%")),
        }
    }
}

impl MemoryRules {
    /// The limits for a count with that many workers.
    pub fn limits(&self, workers: usize) -> SpillLimits {
        let limits = SpillLimits::new(self.limit.bytes(), workers);
        self.spill_bytes.map_or(limits.clone(), |bytes| limits.spilling_beyond(bytes))
    }

    /// The bytes of sums in a map or combine step, which has other partial counts in memory beside them.
    pub fn combiner_bytes(&self) -> usize {
        let share = usize::try_from(self.limit.bytes() / 4).unwrap_or(usize::MAX);
        Combiner::DEFAULT_BYTES.min(share)
    }

    /// A store for files within these limits.
    pub(super) fn store(&self, limits: &SpillLimits, workers: usize) -> SpillStore {
        let folder = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        SpillStore::new(folder, self.max_disk, limits.runs_in_memory, workers)
    }
}

/// Used if the system does not tell what is available.
const UNKNOWN: u64 = 2 << 30;

fn available_memory() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.and_then(|text| kib(&text, "MemAvailable:")).unwrap_or(UNKNOWN);
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let in_groups = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, group) = (fields.next()?, fields.next()?, fields.next()?.strip_prefix('/')?);
        let version = GROUP_VERSIONS.iter().find(|version| version.controllers == controllers)?;
        version.left(Path::new(version.root), group)
    });
    let group = in_groups.min();
    let addresses = rustix::process::getrlimit(rustix::process::Resource::As).current;
    let addresses = addresses.map(|limit| limit.saturating_sub(mapped_bytes()));
    [group, addresses].into_iter().flatten().fold(machine, u64::min)
}

/// Address space that this process has already.
fn mapped_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").ok();
    status.and_then(|text| kib(&text, "VmSize:")).unwrap_or(0)
}

/// The number behind a name in a table of the system, in bytes.
fn kib(table: &str, name: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

/// Where a version of control groups tells what a group may take and what it has taken.
struct GroupVersion {
    /// Its name in `/proc/self/cgroup`.
    controllers: &'static str,
    root: &'static str,
    limit: &'static str,
    /// The line of `memory.stat` with the memory that is no cache of files.
    used: &'static str,
}

const GROUP_VERSIONS: [GroupVersion; 2] = [
    GroupVersion { controllers: "", root: "/sys/fs/cgroup", limit: "memory.max", used: "anon " },
    GroupVersion {
        controllers: "memory",
        root: "/sys/fs/cgroup/memory",
        limit: "memory.limit_in_bytes",
        used: "total_rss ",
    },
];

impl GroupVersion {
    /// What a control group and those above it leave, that is the least of all; `None` without a limit.
    fn left(&self, root: &Path, group: &str) -> Option<u64> {
        let folder = root.join(group);
        let levels = folder.ancestors().take_while(|level| level.starts_with(root));
        let left = |level: &Path| {
            let limit: u64 = fs::read_to_string(level.join(self.limit)).ok()?.trim().parse().ok()?;
            let stat = fs::read_to_string(level.join("memory.stat")).ok()?;
            let used = stat.lines().find_map(|line| line.strip_prefix(self.used))?.parse().ok()?;
            Some(limit.saturating_sub(used))
        };
        levels.filter_map(left).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_group_counts_without_the_cache_of_files() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("user/job");
        fs::create_dir_all(&group).unwrap();
        assert_eq!(GROUP_VERSIONS[0].left(root.path(), "user/job"), None);
        fs::write(group.join("memory.max"), "max\n").unwrap();
        fs::write(group.join("memory.stat"), "anon 1\nfile 7\n").unwrap();
        assert_eq!(GROUP_VERSIONS[0].left(root.path(), "user/job"), None);
        let outer = root.path().join("user");
        fs::write(outer.join("memory.max"), "1000\n").unwrap();
        fs::write(outer.join("memory.stat"), "anon 300\nfile 600\n").unwrap();
        assert_eq!(GROUP_VERSIONS[0].left(root.path(), "user/job"), Some(700));
        fs::write(group.join("memory.max"), "500\n").unwrap();
        assert_eq!(GROUP_VERSIONS[0].left(root.path(), "user/job"), Some(499));
    }

    #[test]
    fn sizes_and_shares_are_told_apart() {
        assert_eq!("1GB".parse(), Ok(MemoryLimit::Bytes(1_000_000_000)));
        assert_eq!("100%".parse(), Ok(MemoryLimit::Percent(100)));
        for wrong in ["0%", "101%", "x%", "-1", "much"] {
            let message = wrong.parse::<MemoryLimit>().unwrap_err();
            assert!(message.starts_with(&format!("`{wrong}` is not a ")), "{message}");
        }
        assert_eq!(kib("MemTotal: 1 kB\nMemAvailable:   24 kB\n", "MemAvailable:"), Some(24 << 10));
    }
}
