//! Parquet: typed columns, compressed with zstd, written one row group at a time.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::ngram_error::utf8;
use super::table::Table;
use crate::count::{Column, ColumnType, Value};

/// Rows in a row group, as in `DuckDB`. A reader can give each thread a group; the writer holds one in memory.
const GROUP_ROWS: usize = 122_880;

/// Writes all rows as one file: `file` and `ngram` as strings, `year` as `UINT_32`, other integers as `UINT_64`, fractions as
/// `DOUBLE`.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    let schema = schema(table.columns()).map_err(io_error)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("ngramcount ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    // The parquet crate requires a writer that is `Send`. `out` is not, so the crate gets a buffer, which is emptied after
    // each group.
    let mut writer =
        SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).map_err(io_error)?;
    let mut group = RowGroup::new(table.columns());
    table.for_each_row(|row| {
        group.files.extend(row.file.map(|file| ByteArray::from(file.as_bytes().to_vec())));
        group.ngrams.push(utf8(row.ngram, "Parquet")?.as_bytes().into());
        // Parquet stores an unsigned number as the signed number with the same bits.
        group.years.extend(row.year.map(u32::cast_signed));
        for (values, value) in group.values.iter_mut().zip(row.values.iter()) {
            values.push(value)?;
        }
        if group.ngrams.len() == GROUP_ROWS {
            group.write_to(&mut writer).map_err(io_error)?;
            out.write_all(writer.inner())?;
            writer.inner_mut().clear();
        }
        Ok(())
    })?;
    if !group.ngrams.is_empty() {
        group.write_to(&mut writer).map_err(io_error)?;
    }
    out.write_all(&writer.into_inner().map_err(io_error)?)
}

fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let fields = columns.iter().map(|column| {
        let (physical, logical) = match column.kind {
            ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnType::Integer if column.name == "year" => {
                (Physical::INT32, Some(LogicalType::integer(32, false)))
            }
            ColumnType::Integer => (Physical::INT64, Some(LogicalType::integer(64, false))),
            ColumnType::Real => (Physical::DOUBLE, None),
        };
        Type::primitive_type_builder(column.name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    });
    Type::group_type_builder("ngrams").with_fields(fields.collect::<Result<_, _>>()?).build()
}

/// The columns of a row group.
struct RowGroup {
    by_file: bool,
    files: Vec<ByteArray>,
    ngrams: Vec<ByteArray>,
    by_year: bool,
    years: Vec<i32>,
    values: Vec<NumberColumn>,
}

/// The values of a column.
enum NumberColumn {
    Integers(Vec<i64>),
    Reals(Vec<f64>),
}

impl NumberColumn {
    fn push(&mut self, value: Value) -> io::Result<()> {
        match (self, value) {
            (Self::Integers(numbers), Value::Integer(number)) => numbers.push(number.cast_signed()),
            (Self::Reals(numbers), Value::Real(number)) => numbers.push(number),
            _ => return Err(io::Error::other("a value does not have the type of its column")),
        }
        Ok(())
    }
}

impl RowGroup {
    fn new(columns: &[Column]) -> Self {
        let has = |name| columns.iter().any(|column| column.name == name);
        let (by_file, by_year) = (has("file"), has("year"));
        let numbers = &columns[1 + usize::from(by_file) + usize::from(by_year)..];
        let values = numbers.iter().map(|column| match column.kind {
            ColumnType::Real => NumberColumn::Reals(Vec::new()),
            ColumnType::Integer | ColumnType::Text => NumberColumn::Integers(Vec::new()),
        });
        let values = values.collect();
        Self { by_file, files: Vec::new(), ngrams: Vec::new(), by_year, years: Vec::new(), values }
    }

    /// Writes the group and empties it.
    fn write_to(&mut self, writer: &mut SerializedFileWriter<Vec<u8>>) -> Result<(), ParquetError> {
        let mut group = writer.next_row_group()?;
        let missing = || ParquetError::General("fewer columns than the schema has".to_owned());
        macro_rules! column {
            ($kind:ty, $values:expr) => {{
                let mut column = group.next_column()?.ok_or_else(missing)?;
                column.typed::<$kind>().write_batch($values, None, None)?;
                column.close()?;
                $values.clear();
            }};
        }
        if self.by_file {
            column!(ByteArrayType, &mut self.files);
        }
        column!(ByteArrayType, &mut self.ngrams);
        if self.by_year {
            column!(Int32Type, &mut self.years);
        }
        for values in &mut self.values {
            match values {
                NumberColumn::Integers(numbers) => column!(Int64Type, numbers),
                NumberColumn::Reals(numbers) => column!(DoubleType, numbers),
            }
        }
        group.close()?;
        writer.flush()?;
        Ok(())
    }
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        other => io::Error::other(Box::<dyn Error + Send + Sync>::from(other)),
    }
}
