//! Zip archives: every file in one, and a name for what can be wrong with one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::sync::Arc;
use std::vec;

use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::error::{Failure, ZipFault};
use super::packed::Packed;
use super::{InputError, Source, Watch};

/// What a zip archive begins with, full or empty.
pub(super) const MAGICS: [[u8; 4]; 2] = [*b"PK\x03\x04", *b"PK\x05\x06"];

/// The unpacked bytes of the files in an archive, one after another.
///
/// The zip crate reads the archive's directory. The data are unpacked here, by the same steps as gzip: its reader
/// borrows from the archive, which is no shape for something that is handed from thread to thread.
pub(super) struct Zip {
    file: File,
    entries: vec::IntoIter<Entry>,
    current: Option<Unpacked>,
    /// The last byte given was no LF: the line ends with its file, not in the next one.
    open_line: bool,
    watch: Arc<Watch>,
    /// Bytes of the archive that are not packed data.
    overhead: u64,
}

struct Entry {
    start: u64,
    packed: u64,
    bytes: u64,
    crc: u32,
    deflated: bool,
}

struct Unpacked {
    entry: Entry,
    data: Data,
    crc: crc32fast::Hasher,
    bytes: u64,
    /// Packed bytes that the watch knows of.
    told: u64,
}

enum Data {
    Stored(Take<Packed>),
    Deflated(Box<DeflateDecoder<Take<Packed>>>),
}

impl Zip {
    pub(super) fn open(source: &Source, watch: Arc<Watch>) -> Result<Self, InputError> {
        let (mut file, waits) = source.open()?;
        let at_start = |failure: Failure| failure.at(source, 0);
        if waits {
            return Err(at_start(ZipFault::Pipe.into()));
        }
        // The descriptor of standard input may have been read from.
        file.seek(SeekFrom::Start(0)).map_err(|error| at_start(error.into()))?;
        let size = file.metadata().map_err(|error| at_start(error.into()))?.len();
        let (file, entries) = entries(file).map_err(at_start)?;
        let packed: u64 = entries.iter().map(|entry| entry.packed).sum();
        Ok(Zip {
            file,
            entries: entries.into_iter(),
            current: None,
            open_line: false,
            watch,
            overhead: size.saturating_sub(packed),
        })
    }

    /// Unpacks into `into`, which is not empty. 0 means that the last file has ended and its checksum was right.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        debug_assert!(!into.is_empty());
        loop {
            if let Some(current) = &mut self.current {
                let count = current.read(into, &self.watch)?;
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
                self.watch.add_read(usize::try_from(std::mem::take(&mut self.overhead)).unwrap_or(0));
                return Ok(0);
            };
            self.current = Some(self.unpack(entry)?);
        }
    }

    fn unpack(&mut self, entry: Entry) -> Result<Unpacked, Failure> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(entry.start))?;
        // It reads ahead, beyond the end of the data, so it keeps a count that nobody looks at.
        let data = Packed::of_file(file, Arc::new(Watch::new())).take(entry.packed);
        let data = match entry.deflated {
            true => Data::Deflated(Box::new(DeflateDecoder::new(data))),
            false => Data::Stored(data),
        };
        Ok(Unpacked { entry, data, crc: crc32fast::Hasher::new(), bytes: 0, told: 0 })
    }
}

impl Unpacked {
    fn read(&mut self, into: &mut [u8], watch: &Watch) -> Result<usize, Failure> {
        let read = match &mut self.data {
            Data::Stored(data) => data.read(into),
            Data::Deflated(data) => data.read(into),
        };
        let count = read.map_err(failure)?;
        self.crc.update(&into[..count]);
        self.bytes += count as u64;
        let packed = match &self.data {
            Data::Stored(_) => self.bytes,
            Data::Deflated(data) => data.total_in(),
        };
        watch.add_read(usize::try_from(packed - self.told).unwrap_or(0));
        self.told = packed;
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

fn failure(error: io::Error) -> Failure {
    if error.raw_os_error().is_some() {
        return error.into();
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ZipFault::Truncated.into(),
        _ => ZipFault::Data.into(),
    }
}

/// The files in an archive, by its directory.
fn entries(file: File) -> Result<(File, Vec<Entry>), Failure> {
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
        entries.push(Entry {
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
