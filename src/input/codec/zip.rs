//! Zip decoder: all files of an archive, one after another.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::vec;

use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::decoder::{Decoder, Divisibility};
use crate::input::error::{ReadError, ZipFault};
use crate::input::source::{CheckedSource, RawReader};
use crate::input::{Control, FileChange, InputError, Progress};

/// The first bytes of a zip archive, full or empty.
pub(super) const MAGICS: [[u8; 4]; 2] = [*b"PK\x03\x04", *b"PK\x05\x06"];

/// The unpacked bytes of the files in an archive, one after another.
///
/// The zip crate reads the archive's directory. The data are unpacked here, by the same steps as gzip: its reader
/// borrows from the archive and cannot move to another thread with it.
pub(super) struct Zip {
    file: File,
    entries: vec::IntoIter<ZipEntry>,
    current: Option<EntryReader>,
    /// The last byte given was no LF. A line ends with its file and does not go on in the next one.
    open_line: bool,
    control: Control,
    /// Bytes of the archive that are not packed data.
    overhead: u64,
}

struct ZipEntry {
    start: u64,
    packed: u64,
    bytes: u64,
    crc: u32,
    deflated: bool,
}

struct EntryReader {
    entry: ZipEntry,
    data: EntryData,
    crc: crc32fast::Hasher,
    bytes: u64,
    /// Packed bytes that are counted as progress.
    reported: u64,
}

enum EntryData {
    Stored(Take<RawReader>),
    Deflated(Box<DeflateDecoder<Take<RawReader>>>),
}

impl Zip {
    pub(super) fn open(source: &CheckedSource, control: Control) -> Result<Self, InputError> {
        let (mut file, may_block) = source.open()?;
        let at_start = |failure: ReadError| failure.at(&source.source, 0);
        if may_block {
            return Err(at_start(ZipFault::Pipe.into()));
        }
        // The descriptor of standard input may have been read from.
        file.seek(SeekFrom::Start(0)).map_err(|error| at_start(error.into()))?;
        let size = file.metadata().map_err(|error| at_start(error.into()))?.len();
        // The directory is at the end: an archive that grew is another one.
        if source.size().is_some_and(|first| first != size) {
            return Err(at_start(ReadError::Changed(FileChange::Altered)));
        }
        let (file, entries) = read_directory(file).map_err(at_start)?;
        let packed: u64 = entries.iter().map(|entry| entry.packed).sum();
        Ok(Zip {
            file,
            entries: entries.into_iter(),
            current: None,
            open_line: false,
            control,
            overhead: size.saturating_sub(packed),
        })
    }

    fn open_entry(&mut self, entry: ZipEntry) -> Result<EntryReader, ReadError> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(entry.start))?;
        // It reads ahead, beyond the end of the data, so its own count is not used.
        let data = RawReader::of_file(file, Control::new()).take(entry.packed);
        let data = match entry.deflated {
            true => EntryData::Deflated(Box::new(DeflateDecoder::new(data))),
            false => EntryData::Stored(data),
        };
        Ok(EntryReader { entry, data, crc: crc32fast::Hasher::new(), bytes: 0, reported: 0 })
    }
}

impl Decoder for Zip {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        debug_assert!(!into.is_empty());
        loop {
            if let Some(current) = &mut self.current {
                let count = current.read(into, &self.control.progress)?;
                if count > 0 {
                    self.open_line = into[count - 1] != b'\n';
                    return Ok(count);
                }
                self.current = None;
                if self.open_line && self.entries.len() > 0 {
                    self.open_line = false;
                    into[0] = b'\n';
                    return Ok(1);
                }
            }
            let Some(entry) = self.entries.next() else {
                self.control
                    .progress
                    .add_read(usize::try_from(std::mem::take(&mut self.overhead)).unwrap_or(0));
                return Ok(0);
            };
            self.current = Some(self.open_entry(entry)?);
        }
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::ParentOnly
    }
}

impl EntryReader {
    fn read(&mut self, into: &mut [u8], progress: &Progress) -> Result<usize, ReadError> {
        let read = match &mut self.data {
            EntryData::Stored(data) => data.read(into),
            EntryData::Deflated(data) => data.read(into),
        };
        let count = read.map_err(classify)?;
        self.crc.update(&into[..count]);
        self.bytes += count as u64;
        let packed = match &self.data {
            EntryData::Stored(_) => self.bytes,
            EntryData::Deflated(data) => data.total_in(),
        };
        progress.add_read(usize::try_from(packed - self.reported).unwrap_or(0));
        self.reported = packed;
        if count == 0 {
            if self.bytes < self.entry.bytes {
                return Err(ZipFault::Truncated.into());
            }
            if self.bytes != self.entry.bytes || self.crc.clone().finalize() != self.entry.crc {
                return Err(ZipFault::Checksum.into());
            }
        }
        Ok(count)
    }
}

fn classify(error: io::Error) -> ReadError {
    if error.raw_os_error().is_some() {
        return error.into();
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ZipFault::Truncated.into(),
        _ => ZipFault::Data.into(),
    }
}

/// The files in an archive, by its directory.
fn read_directory(file: File) -> Result<(File, Vec<ZipEntry>), ReadError> {
    let mut archive = ZipArchive::new(file).map_err(|_| ZipFault::Directory)?;
    let mut entries = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| ZipFault::Directory)?;
        if entry.is_dir() {
            continue;
        }
        if entry.encrypted() {
            return Err(ZipFault::Encrypted.into());
        }
        entries.push(ZipEntry {
            start: entry.data_start().ok_or(ZipFault::Directory)?,
            packed: entry.compressed_size(),
            bytes: entry.size(),
            crc: entry.crc32(),
            deflated: match entry.compression() {
                CompressionMethod::Deflated => true,
                CompressionMethod::Stored => false,
                _ => return Err(ZipFault::Method.into()),
            },
        });
    }
    Ok((archive.into_inner(), entries))
}
