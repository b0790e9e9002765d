//! CSV: comma-separated values, with quotes around a field that has a comma, a quote or a line end.

use std::io::{self, Write};
use std::str::FromStr;

use csv::{ErrorKind, Terminator, WriterBuilder};

use super::ngram_error::utf8;
use super::table::Table;
use crate::count::{UnknownName, Value};

/// A dialect of CSV. In all of them a field with a delimiter, a quote or a line end is in quotes.
///
/// ```
/// use ngramcount::Counter;
/// use ngramcount::output::CsvDialect;
///
/// let counts = Counter::new().top(1).count_files(["data/poem.txt"])?;
/// let mut csv = Vec::new();
/// CsvDialect::Excel.write(&counts, true, &mut csv)?;
/// assert_eq!(csv, "\u{feff}ngram,matches\r\nГде,3\r\n".as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CsvDialect {
    /// As in RFC 4180, but with line feeds as line ends. The bytes of an n-gram stay the same, UTF-8 or not.
    #[default]
    Plain,
    /// For Excel: a byte order mark, by which it knows UTF-8, and line ends of two characters. N-grams must be UTF-8.
    Excel,
    /// For Excel where fractions are written with a comma: as [`Excel`](Self::Excel), with semicolons between the fields and
    /// a comma in each fraction.
    ExcelSemicolon,
}

impl CsvDialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Excel, Self::ExcelSemicolon];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Excel => "excel",
            Self::ExcelSemicolon => "excel-semicolon",
        }
    }

    /// Writes a record for each row. `header` puts the names of the columns above them.
    ///
    /// # Errors
    /// As [`OutputFormat::write`](super::OutputFormat::write).
    pub fn write(self, table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
        if self != Self::Plain {
            table.for_each_row(|row| Ok(utf8(row.ngram, "CSV for Excel").map(drop)?))?;
            out.write_all("\u{feff}".as_bytes())?;
        }
        write(self, table, header, out)
    }
}

impl FromStr for CsvDialect {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("dialect of CSV", &Self::ALL, Self::name, name)
    }
}

/// The error of the system stays as it is: the caller has to recognize a broken pipe.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn write(dialect: CsvDialect, table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
    let (delimiter, terminator) = match dialect {
        CsvDialect::Plain => (b',', Terminator::Any(b'\n')),
        CsvDialect::Excel => (b',', Terminator::CRLF),
        CsvDialect::ExcelSemicolon => (b';', Terminator::CRLF),
    };
    let mut writer = WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(out);
    if header {
        writer.write_record(table.columns().iter().map(|column| column.name)).map_err(io_error)?;
    }
    let mut number = String::new();
    table.for_each_row(|row| {
        if let Some(file) = row.file {
            writer.write_field(file).map_err(io_error)?;
        }
        writer.write_field(row.ngram).map_err(io_error)?;
        if let Some(year) = row.year {
            writer.write_field(formatted(&mut number, year)).map_err(io_error)?;
        }
        for value in row.values.iter() {
            let written = match value {
                Value::Integer(value) => writer.write_field(formatted(&mut number, value)),
                Value::Real(value) if dialect == CsvDialect::ExcelSemicolon => {
                    writer.write_field(formatted(&mut number, value).replace('.', ","))
                }
                Value::Real(value) => writer.write_field(formatted(&mut number, value)),
            };
            written.map_err(io_error)?;
        }
        writer.write_record(None::<&[u8]>).map_err(io_error)
    })?;
    writer.flush()
}

/// `value` as text, in a buffer that is used again.
fn formatted(text: &mut String, value: impl std::fmt::Display) -> &str {
    use std::fmt::Write as _;
    text.clear();
    let _ = write!(text, "{value}");
    text
}
