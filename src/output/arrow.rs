//! Arrow: the rows as a stream of record batches, in the streaming form of Arrow IPC.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, Float64Builder, StringBuilder, UInt32Builder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::table::Table;
use crate::count::{Column, ColumnType, Row, Value};

/// Most rows of a batch.
const BATCH_ROWS: usize = 65_536;
/// Most bytes of the n-grams of a batch, except that it has at least one row. It bounds the memory of the writer and of a
/// reader, and offsets of 32 bits reach far beyond it.
const BATCH_BYTES: usize = 4 << 20;

/// Writes all rows as batches, each as soon as it is full. `file` is a string; `ngram` is a string, or binary if one of the n-grams is not UTF-8;
/// `year` is `UInt32`, other integers are `UInt64`, fractions `Float64`. No value is null.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    let ngrams = if table.is_utf8() { DataType::Utf8 } else { DataType::Binary };
    let schema = Arc::new(schema(table.columns(), &ngrams));
    let mut writer = StreamWriter::try_new(out, &schema).map_err(io_error)?;
    let mut batch = Batch::new(schema);
    table.for_each_row(|row| {
        if batch.is_full_before(&row) {
            writer.write(&batch.take()?).map_err(io_error)?;
        }
        batch.push(&row)
    })?;
    if batch.rows > 0 {
        writer.write(&batch.take()?).map_err(io_error)?;
    }
    writer.finish().map_err(io_error)
}

fn schema(columns: &[Column], ngrams: &DataType) -> Schema {
    let field = |column: &Column| {
        let kind = match column.kind {
            ColumnType::Text if column.name == "file" => DataType::Utf8,
            ColumnType::Text => ngrams.clone(),
            ColumnType::Integer if column.name == "year" => DataType::UInt32,
            ColumnType::Integer => DataType::UInt64,
            ColumnType::Real => DataType::Float64,
        };
        Field::new(column.name, kind, false)
    };
    Schema::new(columns.iter().map(field).collect::<Vec<_>>())
}

/// The rows of the next batch, by columns.
struct Batch {
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    files: Option<StringBuilder>,
    ngrams: BinaryBuilder,
    years: Option<UInt32Builder>,
    values: Vec<Numbers>,
}

/// The numbers of a column.
enum Numbers {
    Integers(UInt64Builder),
    Reals(Float64Builder),
}

impl Batch {
    fn new(schema: SchemaRef) -> Self {
        let mut batch = Self {
            rows: 0,
            bytes: 0,
            files: schema.field_with_name("file").is_ok().then(StringBuilder::new),
            ngrams: BinaryBuilder::new(),
            years: None,
            values: Vec::new(),
            schema: Arc::clone(&schema),
        };
        for field in schema.fields() {
            match field.data_type() {
                DataType::UInt32 => batch.years = Some(UInt32Builder::new()),
                DataType::UInt64 => batch.values.push(Numbers::Integers(UInt64Builder::new())),
                DataType::Float64 => batch.values.push(Numbers::Reals(Float64Builder::new())),
                _ => {}
            }
        }
        batch
    }

    fn is_full_before(&self, row: &Row<'_>) -> bool {
        self.rows == BATCH_ROWS || self.rows > 0 && self.bytes + text_bytes(row) > BATCH_BYTES
    }

    fn push(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.rows += 1;
        self.bytes += text_bytes(row);
        if let (Some(files), Some(file)) = (&mut self.files, row.file) {
            files.append_value(file);
        }
        self.ngrams.append_value(row.ngram);
        if let (Some(years), Some(year)) = (&mut self.years, row.year) {
            years.append_value(year);
        }
        for (numbers, value) in self.values.iter_mut().zip(row.values.iter()) {
            match (numbers, value) {
                (Numbers::Integers(numbers), Value::Integer(number)) => numbers.append_value(number),
                (Numbers::Reals(numbers), Value::Real(number)) => numbers.append_value(number),
                _ => return Err(io::Error::other("a value does not have the type of its column")),
            }
        }
        Ok(())
    }

    /// The batch; the next one begins empty.
    fn take(&mut self) -> io::Result<RecordBatch> {
        (self.rows, self.bytes) = (0, 0);
        let ngrams = self.ngrams.finish();
        let files = self.files.as_mut().map(|files| Arc::new(files.finish()) as ArrayRef);
        let ngrams: ArrayRef = match self.schema.field(usize::from(files.is_some())).data_type() {
            DataType::Utf8 => Arc::new(StringArray::try_from_binary(ngrams).map_err(io_error)?),
            _ => Arc::new(ngrams),
        };
        let years = self.years.as_mut().map(|years| Arc::new(years.finish()) as ArrayRef);
        let values = self.values.iter_mut().map(|numbers| match numbers {
            Numbers::Integers(numbers) => Arc::new(numbers.finish()) as ArrayRef,
            Numbers::Reals(numbers) => Arc::new(numbers.finish()),
        });
        let columns = files.into_iter().chain([ngrams]).chain(years).chain(values).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(io_error)
    }
}

/// The bytes of the name of the file and of the n-gram.
fn text_bytes(row: &Row<'_>) -> usize {
    row.ngram.len() + row.file.map_or(0, str::len)
}

/// The error of the writer below, or that of the crate.
fn io_error(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}
