//! Frame header: layout, kinds of frames, and the checks of a header that was received.

use super::FrameError;
use super::constants::{HEADER_LEN, MAGIC, MAX_PAYLOAD, VERSION};

/// Kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FrameKind {
    /// Parent to worker, once: the worker's settings.
    Setup = 1,
    /// Worker to parent, once: the worker is ready; the payload lists the tasks that it knows.
    Hello = 2,
    /// Worker to parent, instead of a hello: the reason why the worker cannot start.
    Refused = 3,
    /// Parent to worker: one input.
    Task = 4,
    /// Parent to worker: several inputs in one message.
    Batch = 5,
    /// Worker to parent: the task has begun.
    Begin = 6,
    /// Worker to parent: the output of the task.
    Done = 7,
    /// Worker to parent: the task returned an error.
    Failed = 8,
    /// Worker to parent: the task panicked; the worker survived.
    Panicked = 9,
    /// Worker to parent: a progress report of the running task.
    Progress = 10,
    /// Worker to parent: a piece of a large payload. All pieces in order, then the payload of the `Done`, `Failed` or
    /// `Panicked` behind them, are the whole one.
    Piece = 11,
}

impl FrameKind {
    /// Whether workers send this kind. The payload of such a frame has a checksum.
    pub fn is_from_worker(self) -> bool {
        !matches!(self, FrameKind::Setup | FrameKind::Task | FrameKind::Batch)
    }

    fn from_byte(byte: u8) -> Option<Self> {
        use FrameKind::*;
        [Setup, Hello, Refused, Task, Batch, Begin, Done, Failed, Panicked, Progress, Piece]
            .into_iter()
            .find(|&kind| kind as u8 == byte)
    }
}

/// Fixed part of a frame.
///
/// Layout, little endian: magic 4, version 1, kind 1, entry 2, task 8, attempt 4, payload length 4,
/// CRC-32 of the payload 4. Only frames from a worker have a checksum: a misbehaving worker may write
/// into the middle of its own result, and such a result must not count. Frames to a worker carry 0
/// instead. The parent has only one writer, and most of the bytes go that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub kind: FrameKind,
    /// Index of the task in the list of the worker's hello; 0 in frames without a task.
    pub entry: u16,
    /// Task id, one half of the lease.
    pub task: u64,
    /// Attempt number from 1, the other half of the lease. The pipe identifies the worker.
    pub attempt: u32,
    /// Bytes of the payload that follows.
    pub length: u32,
    /// CRC-32 of the payload in frames from a worker, 0 in frames to a worker.
    pub checksum: u32,
}

impl Header {
    /// A header for a frame without a task.
    pub fn without_task(kind: FrameKind) -> Self {
        Header { kind, entry: 0, task: 0, attempt: 0, length: 0, checksum: 0 }
    }

    /// A header for another frame about the same attempt.
    pub fn reply(self, kind: FrameKind) -> Self {
        Header { kind, length: 0, checksum: 0, ..self }
    }

    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = VERSION;
        bytes[5] = self.kind as u8;
        bytes[6..8].copy_from_slice(&self.entry.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.task.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.attempt.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.length.to_le_bytes());
        bytes[24..].copy_from_slice(&self.checksum.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8; HEADER_LEN]) -> Result<Self, FrameError> {
        let [m0, m1, m2, m3, version, kind, e0, e1, rest @ ..] = *bytes;
        let [t0, t1, t2, t3, t4, t5, t6, t7, a0, a1, a2, a3, l0, l1, l2, l3, checksum @ ..] = rest;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(FrameError::Magic { found: [m0, m1, m2, m3] });
        }
        if version != VERSION {
            return Err(FrameError::Version { found: version });
        }
        let kind = FrameKind::from_byte(kind).ok_or(FrameError::Kind { found: kind })?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length > MAX_PAYLOAD {
            return Err(FrameError::Length { found: length });
        }
        Ok(Header {
            kind,
            entry: u16::from_le_bytes([e0, e1]),
            task: u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            attempt: u32::from_le_bytes([a0, a1, a2, a3]),
            length,
            checksum: u32::from_le_bytes(checksum),
        })
    }
}
