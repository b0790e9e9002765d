//! A column of a Parquet file as documents.

use std::error::Error;
use std::io::{BufReader, Read, Seek, SeekFrom};

use bytes::Bytes;
use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::ByteArrayType;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};

use super::pending_lines::PendingLines;
use super::quiet_panic;
use crate::input::codec::{Decoder, Divisibility};
use crate::input::error::ReadError;
use crate::input::source::{CheckedSource, SourceFile};
use crate::input::{Control, InputError, ParquetFault};
use crate::record::FieldPath;
use crate::record::document::{NO_DOCUMENT, escape};

/// Rows that are unpacked at once: few, because a document may be large.
const ROWS: usize = 16;
/// Bytes of lines that are made at once.
const LINE_BYTES: usize = 256 << 10;

/// Decoder whose lines are the texts in a column.
pub(in crate::input) struct ParquetDocuments {
    file: SerializedFileReader<StoredFile>,
    column: usize,
    /// The next row group.
    group: usize,
    texts: Option<ColumnReaderImpl<ByteArrayType>>,
    /// The definition level of a text that is not null.
    defined: i16,
    lines: PendingLines,
}

impl ParquetDocuments {
    /// Opens a file, which must be one that can be read from any place.
    pub(in crate::input) fn open(
        source: &CheckedSource,
        field: &FieldPath,
        control: &Control,
    ) -> Result<Self, InputError> {
        let at = |error: ReadError| error.at(&source.source, 0);
        let Some(size) = source.size() else { return Err(at(ParquetFault::Pipe.into())) };
        let file = source.open_range(0, 0, control)?;
        let stored = StoredFile { file, size, control: control.clone() };
        let file = without_panic(|| SerializedFileReader::new(stored)).map_err(at)?;
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let names = schema.columns().iter().map(|column| column.path().string());
        let column = names.clone().position(|name| name == field.to_string()).ok_or_else(|| {
            let names = names.collect::<Vec<_>>().join(", ");
            at(ParquetFault::NoColumn { field: field.to_string(), names }.into())
        })?;
        let kind = schema.column(column);
        if kind.physical_type() != Type::BYTE_ARRAY || kind.max_rep_level() > 0 {
            return Err(at(ParquetFault::NotText { field: field.to_string() }.into()));
        }
        let defined = kind.max_def_level();
        Ok(Self { file, column, group: 0, texts: None, defined, lines: PendingLines::default() })
    }

    /// Appends some rows to `lines`; false at the end of the file.
    fn fill(&mut self, lines: &mut Vec<u8>) -> Result<bool, ParquetError> {
        let Some(texts) = &mut self.texts else {
            if self.group == self.file.num_row_groups() {
                return Ok(false);
            }
            let group = self.file.get_row_group(self.group)?;
            self.group += 1;
            match group.get_column_reader(self.column)? {
                ColumnReader::ByteArrayColumnReader(reader) => self.texts = Some(reader),
                _ => return Err(ParquetError::General("a row group has another type of column".into())),
            }
            return Ok(true);
        };
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let (rows, _, _) = texts.read_records(ROWS, Some(&mut levels), None, &mut values)?;
        if rows == 0 {
            self.texts = None;
            return Ok(true);
        }
        // A column that must have a value has no levels.
        levels.resize(rows, self.defined);
        let mut values = values.iter();
        for level in levels {
            match level == self.defined {
                true => {
                    let missing = || ParquetError::General("a column has too few values".into());
                    escape(values.next().ok_or_else(missing)?.data(), lines);
                }
                false => lines.extend_from_slice(NO_DOCUMENT),
            }
            lines.push(b'\n');
        }
        Ok(true)
    }
}

impl Decoder for ParquetDocuments {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        if self.lines.are_read() {
            let mut lines = std::mem::take(&mut self.lines);
            let made = lines.refill();
            while made.len() < LINE_BYTES && without_panic(|| self.fill(made))? {}
            self.lines = lines;
        }
        Ok(self.lines.read(into))
    }

    fn is_converted(&self) -> bool {
        true
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::WholeFile
    }
}

/// The stored bytes of a file, as the crate asks for them.
struct StoredFile {
    file: SourceFile,
    size: u64,
    control: Control,
}

impl StoredFile {
    fn at(&self, start: u64) -> Result<SourceFile, ParquetError> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(file)
    }
}

impl Length for StoredFile {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for StoredFile {
    type T = BufReader<SourceFile>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.at(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if start.saturating_add(length as u64) > self.size {
            return Err(ParquetError::EOF("a page lies behind the end of the file".into()));
        }
        let mut bytes = Vec::with_capacity(length);
        self.at(start)?.take(length as u64).read_to_end(&mut bytes)?;
        self.control.progress.add_read(bytes.len());
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF("the file ends within a page".into())),
        }
    }
}

/// Runs code of the crate, which panics at some files that are damaged.
fn without_panic<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ReadError> {
    match quiet_panic::catch(run) {
        Ok(done) => done.map_err(read_error),
        Err(reason) => Err(ParquetFault::Damaged { reason }.into()),
    }
}

/// The error of the file, or what is wrong with its contents.
fn read_error(error: ParquetError) -> ReadError {
    let reason = match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(cause) => return (*cause).into(),
            Err(cause) => cause.to_string(),
        },
        ParquetError::General(reason) | ParquetError::EOF(reason) | ParquetError::NYI(reason) => reason,
        other => Box::<dyn Error>::from(other).to_string(),
    };
    ParquetFault::Damaged { reason }.into()
}
