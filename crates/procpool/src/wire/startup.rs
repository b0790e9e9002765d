//! Start of a worker: its command line and its first frame.

use serde::{Deserialize, Serialize};

use crate::chaos::Chaos;

/// First argument of a process that is to become a worker. The parent's process id and the worker's name
/// follow it, for readers of the process list.
pub(crate) const WORKER_MARKER: &str = "--procpool-worker";

/// Settings of a worker; the payload of the first frame that it receives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub slot: u64,
    pub incarnation: u64,
    /// Limit of the address space in bytes.
    pub memory: Option<u64>,
    pub chaos: Chaos,
    pub retries: u32,
    /// The encoded value that the pool shares with all workers.
    pub shared: Option<serde_bytes::ByteBuf>,
}

/// Whether this process was started as a worker.
pub(crate) fn is_worker() -> bool {
    std::env::args_os().nth(1).is_some_and(|arg| arg == WORKER_MARKER)
}
