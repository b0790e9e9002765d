//! File snapshot: tells whether a file is still the one that was opened first.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use serde::{Deserialize, Serialize};

use crate::input::FileChange;

/// Bytes at each end of a file that are compared.
const EDGE_BYTES: usize = 4096;

/// Identity and state of a regular file when it was opened first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct FileSnapshot {
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// Size in bytes; `None` if the system does not know it.
    pub(in crate::input) size: Option<u64>,
    /// Checksum of its first and last bytes, if they can be read.
    edges: Option<u32>,
}

impl FileSnapshot {
    pub(super) fn new(file: &File, metadata: &Metadata) -> Self {
        let (ends, edges) = match small(file, metadata.len()) {
            Some(bytes) => (true, Some(crc32fast::hash(&[&bytes[..], &bytes].concat()))),
            None => (ends_at(file, metadata.len()), edges(file, metadata.len()).ok()),
        };
        FileSnapshot {
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            size: ends.then_some(metadata.len()),
            edges,
        }
    }

    /// What happened to the file since, which has this metadata now. `file` opens it.
    pub(super) fn change(&self, now: &Metadata, file: impl FnOnce() -> Option<File>) -> Option<FileChange> {
        if (now.dev(), now.ino()) != (self.device, self.inode) {
            return Some(FileChange::Replaced);
        }
        let (from, to) = (self.size?, now.len());
        if to > from {
            // A file that was written anew may have become longer too.
            let same = file().is_some_and(|file| edges(&file, from).ok() == self.edges);
            Some(if same { FileChange::Grown { from } } else { FileChange::Altered })
        } else if to < from {
            Some(FileChange::Cut { from, to })
        } else {
            ((now.mtime(), now.mtime_nsec()) != self.modified).then_some(FileChange::Altered)
        }
    }
}

/// All bytes of a file that is smaller than its edges, by one read in place of three; `None` if it is larger or does not end where
/// its size says.
fn small(file: &File, size: u64) -> Option<Vec<u8>> {
    let length = usize::try_from(size).ok().filter(|&length| length < EDGE_BYTES)?;
    let mut bytes = vec![0; length + 1];
    let read = file.read_at(&mut bytes, 0).ok()?;
    bytes.truncate(length);
    (read == length).then_some(bytes)
}

/// Checksum of the first and the last of `size` bytes.
fn edges(file: &File, size: u64) -> io::Result<u32> {
    let length = usize::try_from(size).unwrap_or(usize::MAX).min(EDGE_BYTES);
    let mut bytes = vec![0; 2 * length];
    file.read_exact_at(&mut bytes[..length], 0)?;
    file.read_exact_at(&mut bytes[length..], size - length as u64)?;
    Ok(crc32fast::hash(&bytes))
}

/// Whether a file ends where its size says. Files that the system makes up while they are read do not: in `/proc` they
/// have the size 0, in `/sys` that of a page.
fn ends_at(file: &File, size: u64) -> bool {
    let last = size.saturating_sub(1);
    let there = file.read_at(&mut [0; 2], last);
    let grew = || file.metadata().is_ok_and(|now| now.len() > size);
    there.is_ok_and(|count| count as u64 == size - last || grew())
}
