//! Index of a file: found, checked against the file, and read as far as it is needed.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;

use super::identity::Identity;
use super::layout::{self, DecodedHead, HEAD_BYTES, IndexFault, LONGEST_KEY};
use super::tables::{Head, Tables};
use crate::input::codec::SeekPoint;
use crate::input::source::CheckedSource;

/// The name of the index of a file: with `.ngx` behind its own, beside it or in `folder`.
///
/// ```
/// use std::path::Path;
/// use ngramcount::input::index_path;
/// assert_eq!(index_path("data/a.gz".as_ref(), None), Path::new("data/a.gz.ngx"));
/// assert_eq!(index_path("data/a.gz".as_ref(), Some("/tmp".as_ref())), Path::new("/tmp/a.gz.ngx"));
/// ```
pub fn index_path(file: &Path, folder: Option<&Path>) -> PathBuf {
    let beside = match (folder, file.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => file.to_path_buf(),
    };
    let mut name = beside.into_os_string();
    name.push(".ngx");
    name.into()
}

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
    index: File,
    decoded: DecodedHead,
}

impl FileIndex {
    /// Opens the index of a regular file; `None` if there is none.
    pub(super) fn open(path: &Path, source: &CheckedSource) -> Result<Option<Self>, IndexError> {
        let index = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let metadata = index.metadata()?;
        if !metadata.is_file() {
            return Err(IndexFault::NotAnIndex.into());
        }
        let size = metadata.len();
        let mut start = vec![0; size.min((HEAD_BYTES + 2 * LONGEST_KEY) as u64) as usize];
        index.read_exact_at(&mut start, 0)?;
        let decoded = layout::decode_head(&start, size)?;
        // What is wrong with the file itself shows when it is read.
        if let Ok((file, _)) = source.open()
            && Identity::of(&file, &file.metadata()?)? != decoded.head.identity
        {
            return Err(IndexFault::Stale.into());
        }
        Ok(Some(FileIndex { index, decoded }))
    }

    pub(super) fn head(&self) -> &Head {
        &self.decoded.head
    }

    pub(super) fn span_count(&self) -> u32 {
        self.decoded.span_count()
    }

    pub(super) fn tables(&self) -> Result<Tables, IndexError> {
        let (start, length) = self.decoded.tables();
        let mut bytes = vec![0; length];
        self.index.read_exact_at(&mut bytes, start)?;
        Ok(layout::decode_tables(&bytes, &self.decoded)?)
    }

    /// A seek point with its window.
    pub(super) fn seek_point(&self, tables: &Tables, point: usize) -> Result<SeekPoint, IndexError> {
        let point = tables.points.get(point).ok_or(IndexFault::Damaged)?;
        let mut packed = vec![0; point.packed as usize];
        self.index.read_exact_at(&mut packed, self.decoded.windows() + point.window)?;
        if crc32fast::hash(&packed) != point.crc {
            return Err(IndexFault::Damaged.into());
        }
        let mut window = Vec::new();
        if !packed.is_empty() {
            DeflateDecoder::new(&packed[..]).take(u64::from(point.length) + 1).read_to_end(&mut window)?;
        }
        if window.len() != point.length as usize {
            return Err(IndexFault::Damaged.into());
        }
        Ok(SeekPoint { bit: point.bit, unpacked: point.unpacked, window })
    }
}
