//! Identity of an indexed file: what shows that an index was made of the file as it is now.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use serde::Serialize;

use crate::input::{InputError, Source};

/// Bytes at each end of a file whose checksum is part of its identity.
const EDGE_BYTES: u64 = 64 << 10;

/// Size, time of the last change, and checksums of both ends of a file.
///
/// Not the inode, because an index stays good when both files are copied or moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Identity {
    pub size: u64,
    /// Seconds and nanoseconds.
    pub modified: (i64, u32),
    /// CRC-32 of the first and of the last 64 KiB, or of all if there are fewer.
    pub edges: (u32, u32),
}

/// What shows, later or in another process, that a file is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct InputIdentity(Identity);

impl InputIdentity {
    /// The identity of a source.
    ///
    /// # Errors
    /// It cannot be opened, or is not a regular file.
    pub fn of(source: &Source) -> Result<Self, InputError> {
        let open = |cause| InputError::Open { file: source.clone(), cause };
        let Source::Path(path) = source else { return Err(open(io::ErrorKind::NotSeekable.into())) };
        let metadata = std::fs::metadata(path).map_err(open)?;
        if !metadata.is_file() {
            return Err(open(io::Error::other("not a regular file, so it cannot be read again")));
        }
        let file = File::open(path).map_err(open)?;
        Identity::of(&file, &metadata).map(Self).map_err(open)
    }
}

impl Identity {
    pub fn of(file: &File, metadata: &Metadata) -> io::Result<Self> {
        let size = metadata.len();
        let mut bytes = vec![0; size.min(EDGE_BYTES) as usize];
        file.read_exact_at(&mut bytes, 0)?;
        let first = crc32fast::hash(&bytes);
        file.read_exact_at(&mut bytes, size - size.min(EDGE_BYTES))?;
        let last = crc32fast::hash(&bytes);
        let nanoseconds = u32::try_from(metadata.mtime_nsec()).unwrap_or(0);
        Ok(Identity { size, modified: (metadata.mtime(), nanoseconds), edges: (first, last) })
    }
}
