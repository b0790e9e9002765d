//! An open source: a local file, or a remote one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::remote::RemoteReader;

/// An open source. Only a local file can wait for its writer.
pub(in crate::input) enum SourceFile {
    Local(File),
    Remote(Box<RemoteReader>),
}

impl SourceFile {
    /// The size in bytes. A remote file of unknown size has none that can be used.
    pub(in crate::input) fn size(&self) -> io::Result<u64> {
        match self {
            SourceFile::Local(file) => Ok(file.metadata()?.len()),
            SourceFile::Remote(reader) => reader.size().ok_or(io::ErrorKind::NotSeekable.into()),
        }
    }

    /// The same file for one more reader, which is to seek before it reads.
    pub(in crate::input) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            SourceFile::Local(file) => SourceFile::Local(file.try_clone()?),
            SourceFile::Remote(reader) => SourceFile::Remote(Box::new(reader.fresh())),
        })
    }
}

impl From<File> for SourceFile {
    fn from(file: File) -> Self {
        SourceFile::Local(file)
    }
}

impl Read for SourceFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            SourceFile::Local(file) => file.read(into),
            SourceFile::Remote(reader) => reader.read(into),
        }
    }
}

impl Seek for SourceFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            SourceFile::Local(file) => file.seek(to),
            SourceFile::Remote(reader) => reader.seek(to),
        }
    }
}
