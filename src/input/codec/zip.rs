//! Zip decoder: all files of an archive, one after another.

use std::io::{self, Read, Seek, SeekFrom, Take};
use std::vec;

use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::decoder::{Decoder, Divisibility};
use super::transcode::Transcoder;
use crate::input::error::{ReadError, ZipFault};
use crate::input::source::{CheckedSource, RawReader, SourceFile};
use crate::input::{Control, FileChange, InputError, Progress};
use crate::record::{BYTE_ORDER_MARK as MARK, Encoding};

/// The first bytes of a zip archive, full or empty.
pub(super) const MAGICS: [[u8; 4]; 2] = [*b"PK\x03\x04", *b"PK\x05\x06"];

/// The unpacked bytes of the files in an archive, one after another.
///
/// The zip crate reads the archive's directory. The data are unpacked here, by the same steps as gzip: its reader
/// borrows from the archive and cannot move to another thread with it.
pub(super) struct Zip {
    file: SourceFile,
    entries: vec::IntoIter<ZipEntry>,
    current: Option<EntryReader>,
    /// The last byte given was no LF. A line ends with its file and does not go on in the next one.
    open_line: bool,
    skips_inner_marks: bool,
    /// What was given last is the beginning of a file that is not the first.
    begins_file: bool,
    /// Something was given.
    started: bool,
    encoding: Encoding,
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
    packed: PackedEntry,
    /// Each file of an archive has an encoding of its own.
    transcoder: Transcoder,
    started: bool,
    /// Nothing of it was given.
    is_new: bool,
}

/// A file before its conversion to UTF-8.
struct PackedEntry {
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
    pub(super) fn open(
        source: &CheckedSource,
        control: Control,
        encoding: Encoding,
    ) -> Result<Self, InputError> {
        // Its directory, at the end, is read first.
        let (mut file, may_block) = source.clone().for_a_look().open(&control)?;
        let at_start = |failure: ReadError| failure.at(&source.source, 0);
        if may_block {
            return Err(at_start(ZipFault::Pipe.into()));
        }
        // The descriptor of standard input may have been read from.
        file.seek(SeekFrom::Start(0)).map_err(|error| at_start(error.into()))?;
        let size = file.size().map_err(|error| at_start(error.into()))?;
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
            skips_inner_marks: false,
            begins_file: false,
            started: false,
            encoding,
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
        let packed = PackedEntry { entry, data, crc: crc32fast::Hasher::new(), bytes: 0, reported: 0 };
        Ok(EntryReader { packed, transcoder: Transcoder::new(self.encoding), started: false, is_new: true })
    }
}

impl Decoder for Zip {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        debug_assert!(into.len() >= MARK.len());
        self.begins_file = false;
        loop {
            if let Some(current) = &mut self.current {
                let starts = !std::mem::replace(&mut current.started, true);
                let mut count = current.read(into, &self.control.progress)?;
                // A byte order mark may come in pieces.
                while starts && (1..MARK.len()).contains(&count) {
                    match current.read(&mut into[count..], &self.control.progress)? {
                        0 => break,
                        more => count += more,
                    }
                }
                let marked = starts && into[..count].starts_with(MARK);
                if marked && self.started && self.skips_inner_marks {
                    into.copy_within(MARK.len()..count, 0);
                    count -= MARK.len();
                    if count == 0 {
                        continue;
                    }
                }
                if count > 0 {
                    self.begins_file = std::mem::take(&mut current.is_new) && self.started;
                    self.started = true;
                    let only_mark = marked && &into[..count] == MARK;
                    self.open_line = into[count - 1] != b'\n' && !only_mark;
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

    fn begins_file(&self) -> bool {
        self.begins_file
    }

    fn skip_inner_marks(&mut self) {
        self.skips_inner_marks = true;
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::ParentOnly
    }
}

impl EntryReader {
    fn read(&mut self, into: &mut [u8], progress: &Progress) -> Result<usize, ReadError> {
        self.transcoder.read(into, |bytes| self.packed.read(bytes, progress))
    }
}

impl PackedEntry {
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
    let kind = error.kind();
    ReadError::of_source(error).unwrap_or(match kind {
        io::ErrorKind::UnexpectedEof => ZipFault::Truncated.into(),
        _ => ZipFault::Data.into(),
    })
}

fn no_directory(error: ZipError) -> ReadError {
    match error {
        ZipError::Io(error) => ReadError::of_source(error).unwrap_or(ZipFault::Directory.into()),
        _ => ZipFault::Directory.into(),
    }
}

/// The files in an archive, by its directory.
fn read_directory(file: SourceFile) -> Result<(SourceFile, Vec<ZipEntry>), ReadError> {
    let mut archive = ZipArchive::new(file).map_err(no_directory)?;
    if archive.has_duplicate_names() {
        // The crate keeps the last of them only.
        return Err(ZipFault::DuplicateName.into());
    }
    let mut entries = Vec::with_capacity(archive.len());
    let mut last_header = None;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(no_directory)?;
        last_header = last_header.max(Some(entry.central_header_start()));
        if entry.is_dir() && entry.size() == 0 {
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
    let (offset, directory) = (archive.offset(), archive.central_directory_start());
    let mut file = archive.into_inner();
    // Of two archives one behind the other, the directory at the end is that of the second.
    if offset > 0 || goes_on(&mut file, directory, last_header).map_err(classify)? {
        return Err(ZipFault::Unlisted.into());
    }
    Ok((file, entries))
}

/// Whether the directory has another header behind the last one that was read. The number of files that the archive
/// states at its end is not all that counts: writers without the 64-bit extension state it modulo 65536.
fn goes_on(file: &mut SourceFile, directory: u64, last_header: Option<u64>) -> io::Result<bool> {
    const MAGIC: &[u8; 4] = b"PK\x01\x02";
    let mut behind = directory;
    if let Some(start) = last_header {
        let mut header = [0; 46];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut header)?;
        // A header ends with the name, the extra fields and the comment of its file.
        let lengths = header[28..34].chunks_exact(2);
        behind = start
            + 46
            + lengths.map(|length| u64::from(u16::from_le_bytes([length[0], length[1]]))).sum::<u64>();
    }
    let mut magic = [0; 4];
    file.seek(SeekFrom::Start(behind))?;
    file.read_exact(&mut magic)?;
    Ok(magic == *MAGIC)
}
