//! Index of a file: found, checked against the file, and read as far as it is needed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use serde::{Deserialize, Serialize};

use super::fault::IndexFault;
use super::identity::Identity;
use super::layout::{self, DecodedHead, HEAD_BYTES};
use super::tables::{Head, LONGEST_KEY, PointEntry, Tables};
use crate::input::codec::SeekPoint;
use crate::input::source::CheckedSource;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::input) enum IndexError {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Fault(#[from] IndexFault),
}

/// An index whose head fits its file.
#[derive(Debug)]
pub(in crate::input) struct FileIndex {
    path: PathBuf,
    /// Open only until the tables were read: there may be more indexes than a process may have files open.
    index: Option<File>,
    decoded: DecodedHead,
}

impl FileIndex {
    /// Opens the index of a regular file; `None` if there is none.
    pub(super) fn open(path: &Path, source: &CheckedSource) -> Result<Option<Self>, IndexError> {
        use io::ErrorKind::{InvalidFilename, NotFound};
        // Looked at before it is opened: to open a FIFO waits for its writer.
        let metadata = match fs::metadata(path) {
            Err(error) if matches!(error.kind(), NotFound | InvalidFilename) => return Ok(None),
            found => found?,
        };
        if !metadata.is_file() {
            return Err(IndexFault::NotAnIndex.into());
        }
        let index = File::open(path)?;
        let size = index.metadata()?.len();
        let mut start = vec![0; size.min((HEAD_BYTES + 2 * LONGEST_KEY) as u64) as usize];
        index.read_exact_at(&mut start, 0)?;
        let decoded = layout::decode_head(&start, size)?;
        let (file, _) = source.open().map_err(|error| io::Error::other(error.to_string()))?;
        if Identity::of(&file, &file.metadata()?)? != decoded.head.identity {
            return Err(IndexFault::Stale.into());
        }
        Ok(Some(FileIndex { path: path.to_owned(), index: Some(index), decoded }))
    }

    pub(super) fn head(&self) -> &Head {
        &self.decoded.head
    }

    pub(super) fn span_count(&self) -> u32 {
        self.decoded.span_count()
    }

    /// Reads the tables, and closes the file.
    pub(super) fn read_tables(&mut self) -> Result<Tables, IndexError> {
        let Some(index) = self.index.take() else { return Ok(Tables::default()) };
        let (start, length) = self.decoded.tables();
        let mut bytes = vec![0; length];
        index.read_exact_at(&mut bytes, start)?;
        Ok(layout::decode_tables(&bytes, &self.decoded)?)
    }

    /// Closes the file without reading the tables.
    pub(super) fn close(&mut self) {
        self.index = None;
    }

    /// Where a seek point is, for the reader that begins there.
    pub(super) fn stored_point(&self, point: &PointEntry) -> StoredPoint {
        StoredPoint {
            index: self.path.clone().into_os_string(),
            point: PointEntry { window: self.decoded.windows() + point.window, ..*point },
        }
    }
}

/// A seek point, of which the window is still in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct StoredPoint {
    /// The index file. `OsString`, because the wire takes a `PathBuf` only if it is UTF-8.
    index: OsString,
    /// Its window is at this offset of the file, not of the windows.
    point: PointEntry,
}

impl StoredPoint {
    /// Offset in the unpacked bytes.
    pub(super) fn unpacked(&self) -> u64 {
        self.point.unpacked
    }

    /// Reads the window.
    pub(super) fn load(&self) -> Result<SeekPoint, IndexError> {
        let PointEntry { unpacked, bit, window: offset, packed, length, crc } = self.point;
        let mut bytes = vec![0; packed as usize];
        File::open(&self.index)?.read_exact_at(&mut bytes, offset)?;
        if crc32fast::hash(&bytes) != crc {
            return Err(IndexFault::Damaged.into());
        }
        let mut window = Vec::new();
        if !bytes.is_empty() {
            DeflateDecoder::new(&bytes[..]).take(u64::from(length) + 1).read_to_end(&mut window)?;
        }
        if window.len() != length as usize {
            return Err(IndexFault::Damaged.into());
        }
        Ok(SeekPoint { bit, unpacked, window })
    }
}
