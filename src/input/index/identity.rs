//! Identity of an indexed file: what shows that an index was made of the file as it is now.

use std::os::unix::fs::{FileExt, MetadataExt};

use serde::Serialize;

use super::error::IndexError;
use crate::input::source::CheckedSource;
use crate::input::{Control, InputError};

/// Bytes at each end of a file whose checksum is part of its identity.
const EDGE_BYTES: u64 = 16 << 10;

/// Size, time of the last change, and checksums of both ends of a file.
///
/// Not the inode, because an index stays good when both files are copied or moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Identity {
    pub size: u64,
    /// Seconds and nanoseconds; zeros for a remote file.
    pub modified: (i64, u32),
    /// CRC-32 of the first and of the last 16 KiB, or of all if there are fewer.
    pub edges: (u32, u32),
}

/// What shows, later or in another process, that a file is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputIdentity {
    #[serde(flatten)]
    identity: Identity,
    /// What the server of a remote file says of its state.
    etag: Option<String>,
}

impl InputIdentity {
    /// The identity of a source that was checked.
    ///
    /// # Errors
    /// It cannot be read a second time, or cannot be read at all.
    pub(in crate::input) fn of(source: &CheckedSource, control: &Control) -> Result<Self, InputError> {
        let file = || source.source.clone();
        if source.size().is_none() {
            let cause = std::io::Error::other("its size is not known, so it cannot be read again");
            return Err(InputError::Open { file: file(), cause });
        }
        let etag = source.remote().and_then(|file| file.etag().map(str::to_owned));
        let identity = Identity::of(source, control).map(|identity| Self { identity, etag });
        identity.map_err(|error| InputError::Open {
            file: file(),
            cause: std::io::Error::other(error.to_string()),
        })
    }
}

impl Identity {
    pub fn of(source: &CheckedSource, control: &Control) -> Result<Self, IndexError> {
        let changed =
            |error: crate::input::InputError| IndexError::Io(std::io::Error::other(error.to_string()));
        if let Some(file) = source.remote() {
            let size = file.size.unwrap_or(0);
            let edge = |start| -> Result<u32, IndexError> {
                let bytes = file.fetch(start..size.min(start + EDGE_BYTES), control);
                Ok(crc32fast::hash(&bytes?))
            };
            let edges = (edge(0)?, edge(size.saturating_sub(EDGE_BYTES))?);
            return Ok(Identity { size, modified: (0, 0), edges });
        }
        let (file, metadata) = source.open_local().map_err(changed)?;
        let size = metadata.len();
        let mut bytes = vec![0; size.min(EDGE_BYTES) as usize];
        let mut edge = |start| -> Result<u32, IndexError> {
            file.read_exact_at(&mut bytes, start)?;
            Ok(crc32fast::hash(&bytes))
        };
        let edges = (edge(0)?, edge(size - size.min(EDGE_BYTES))?);
        let nanoseconds = u32::try_from(metadata.mtime_nsec()).unwrap_or(0);
        Ok(Identity { size, modified: (metadata.mtime(), nanoseconds), edges })
    }

    /// Whether both are of one file in one state. A server seldom tells the time of the last change as the file system did
    /// where the file was indexed, so that of a remote file is not compared.
    pub fn fits(&self, other: &Identity) -> bool {
        let remote = self.modified == (0, 0) || other.modified == (0, 0);
        (self.size, self.edges) == (other.size, other.edges) && (remote || self.modified == other.modified)
    }
}
