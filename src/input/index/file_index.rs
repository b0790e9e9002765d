//! Index of a file: found, checked against the file, and read as far as it is needed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::read::DeflateDecoder;
use serde::{Deserialize, Serialize};

use super::error::IndexError;
use super::fault::IndexFault;
use super::identity::Identity;
use super::layout::{self, DecodedHead, HEAD_BYTES};
use super::tables::{Head, LONGEST_KEY, PointEntry, Tables};
use crate::input::codec::SeekPoint;
use crate::input::source::{CheckedSource, FetchStop, HttpRules, RemoteFault, RemoteFile};
use crate::input::{Control, Source};

/// An index whose head fits its file.
#[derive(Debug)]
pub(in crate::input) struct FileIndex {
    place: IndexPlace,
    /// Open only until the tables were read: there may be more indexes than a process may have files open.
    index: Option<IndexFile>,
    decoded: DecodedHead,
}

/// Where an index is, for another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum IndexPlace {
    /// `OsString`, because the wire takes a `PathBuf` only if it is UTF-8.
    Local(OsString),
    Remote(Box<RemoteFile>),
}

/// An open index file.
#[derive(Debug)]
enum IndexFile {
    Local(File),
    Remote(Box<RemoteFile>, Control),
}

impl IndexFile {
    /// Finds the index of this name; `None` if there is none. A server says of what is not there, too, that access is refused.
    fn find(
        name: &Source,
        http: &HttpRules,
        control: &Control,
    ) -> Result<Option<(IndexPlace, Self, u64)>, IndexError> {
        use io::ErrorKind::{InvalidFilename, NotFound};
        let path = match name {
            Source::Url(url) => {
                let file = match RemoteFile::check(url, http, HEAD_READ, control) {
                    Err(FetchStop::Fault(
                        RemoteFault::NotFound(_) | RemoteFault::Refused(_) | RemoteFault::PrivateBucket(_),
                    )) => return Ok(None),
                    checked => Box::new(checked?),
                };
                let size = file.size.filter(|_| file.has_ranges);
                let size = size.ok_or(IndexError::Remote(RemoteFault::NoRanges))?;
                let place = IndexPlace::Remote(file.clone());
                return Ok(Some((place, IndexFile::Remote(file, control.clone()), size)));
            }
            name => name.path().unwrap_or(Path::new("")),
        };
        // Looked at before it is opened: to open a FIFO waits for its writer.
        let metadata = match fs::metadata(path) {
            Err(error) if matches!(error.kind(), NotFound | InvalidFilename) => return Ok(None),
            found => found?,
        };
        if !metadata.is_file() {
            return Err(IndexFault::NotAnIndex.into());
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Some((IndexPlace::Local(path.into()), IndexFile::Local(file), size)))
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>, IndexError> {
        match self {
            IndexFile::Local(file) => {
                let mut bytes = vec![0; (range.end - range.start) as usize];
                file.read_exact_at(&mut bytes, range.start)?;
                Ok(bytes)
            }
            IndexFile::Remote(file, control) => Ok(file.fetch(range, control)?),
        }
    }
}

/// Bytes that are read of an index to know its head.
const HEAD_READ: u64 = (HEAD_BYTES + 2 * LONGEST_KEY) as u64;

impl FileIndex {
    /// Opens the index of this name of a file; `None` if there is none.
    pub(super) fn open(
        name: &Source,
        source: &CheckedSource,
        http: &HttpRules,
        control: &Control,
    ) -> Result<Option<Self>, IndexError> {
        let Some((place, index, size)) = IndexFile::find(name, http, control)? else { return Ok(None) };
        let start = index.read(0..size.min(HEAD_READ))?;
        let decoded = layout::decode_head(&start, size)?;
        if !Identity::of(source, control)?.fits(&decoded.head.identity) {
            return Err(IndexFault::Stale.into());
        }
        Ok(Some(FileIndex { place, index: Some(index), decoded }))
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
        let bytes = index.read(start..start + length as u64)?;
        Ok(layout::decode_tables(&bytes, &self.decoded)?)
    }

    /// Closes the file without reading the tables.
    pub(super) fn close(&mut self) {
        self.index = None;
    }

    /// Where a seek point is, for the reader that begins there.
    pub(super) fn stored_point(&self, point: &PointEntry) -> StoredPoint {
        StoredPoint {
            index: self.place.clone(),
            point: PointEntry { window: self.decoded.windows() + point.window, ..*point },
        }
    }
}

/// A seek point, of which the window is still in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct StoredPoint {
    index: IndexPlace,
    /// Its window is at this offset of the file, not of the windows.
    point: PointEntry,
}

impl StoredPoint {
    /// Offset in the unpacked bytes.
    pub(super) fn unpacked(&self) -> u64 {
        self.point.unpacked
    }

    /// Offset in the file.
    pub(super) fn stored(&self) -> u64 {
        self.point.bit / 8
    }

    /// Reads the window.
    pub(super) fn load(&self, control: &Control) -> Result<SeekPoint, IndexError> {
        let PointEntry { unpacked, bit, window: offset, packed, length, crc } = self.point;
        let index = match &self.index {
            IndexPlace::Local(path) => IndexFile::Local(File::open(path)?),
            IndexPlace::Remote(file) => IndexFile::Remote(file.clone(), control.clone()),
        };
        let bytes = index.read(offset..offset + u64::from(packed))?;
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
