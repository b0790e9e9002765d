//! Formats of an answer, and the choice of one.

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

#[cfg(feature = "arrow")]
use super::arrow;
use super::compression::Compression;
use super::csv::CsvDialect;
use super::ngram_error::{one_field, utf8};
#[cfg(feature = "parquet")]
use super::parquet;
use super::table::Table;
use super::{aligned, json, jsonl, tsv};
use crate::count::UnknownName;

/// A format of rows.
///
/// ```
/// use std::path::Path;
/// use ngramcount::output::OutputFormat;
///
/// assert_eq!(OutputFormat::from_path(Path::new("words.csv")), Some(OutputFormat::Csv));
/// assert_eq!(OutputFormat::from_path(Path::new("words.csv.gz")), Some(OutputFormat::Csv));
/// assert_eq!(OutputFormat::from_path(Path::new("words.xlsx")), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// Tab-separated values. The bytes of an n-gram stay the same and nothing is quoted; one with a tab or a line end is
    /// an error.
    #[default]
    Tsv,
    /// Comma-separated values, in the dialect [`CsvDialect::Plain`].
    Csv,
    /// One array of objects.
    Json,
    /// One object on each line.
    Jsonl,
    /// Typed columns, compressed with zstd. Needs the Cargo feature `parquet`.
    Parquet,
    /// A stream of record batches, as Arrow IPC. N-grams are strings, or binary if one of them is not UTF-8. Needs the Cargo
    /// feature `arrow`.
    Arrow,
    /// Aligned columns for a person to read; not for programs.
    Aligned,
}

impl OutputFormat {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Tsv, Self::Csv, Self::Json, Self::Jsonl, Self::Parquet, Self::Arrow, Self::Aligned];
    /// The extensions that stand for a format.
    pub const EXTENSIONS: [&str; 8] = ["tsv", "txt", "csv", "json", "jsonl", "ndjson", "arrows", "parquet"];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tsv => "tsv",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Aligned => "aligned",
        }
    }

    /// The format that the extension of a file name stands for, before that of a [`Compression`] if there is one; TSV
    /// without an extension. `None` for any other extension, and for Parquet in a compressed file: it is compressed itself.
    pub fn from_path(path: &Path) -> Option<Self> {
        let (compression, name) = Compression::of_name(path);
        let extension = name.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.as_encoded_bytes() {
            b"" | b"tsv" | b"txt" => Some(Self::Tsv),
            b"csv" => Some(Self::Csv),
            b"json" => Some(Self::Json),
            b"jsonl" | b"ndjson" => Some(Self::Jsonl),
            b"arrows" => Some(Self::Arrow),
            b"parquet" if compression == Compression::None => Some(Self::Parquet),
            _ => None,
        }
    }

    /// Its name in a sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tsv => "TSV",
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Jsonl => "JSONL",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
            Self::Aligned => "aligned columns",
        }
    }

    /// Whether rows have the names of their columns above them unless something else is asked for. Readers of CSV expect
    /// them; readers of TSV, such as `sort` and `cut`, expect only rows.
    pub const fn has_header_by_default(self) -> bool {
        matches!(self, Self::Csv | Self::Aligned)
    }

    /// Whether this build can write it.
    pub fn is_available(self) -> bool {
        let features = [(Self::Parquet, cfg!(feature = "parquet")), (Self::Arrow, cfg!(feature = "arrow"))];
        !features.contains(&(self, false))
    }

    /// Whether it is bytes that no terminal shows.
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }

    /// Writes `table`. `header` puts the names of the columns above the rows of TSV, CSV and aligned columns; the other
    /// formats always have names.
    ///
    /// # Errors
    /// The error of the writer; or, before anything is written, an [`NgramError`](super::NgramError) inside an
    /// [`io::Error`].
    pub fn write(self, table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
        self.check(table)?;
        match self {
            Self::Tsv => tsv::write(table, header, out),
            Self::Csv => CsvDialect::Plain.write(table, header, out),
            Self::Aligned => aligned::write(table, header, out),
            Self::Json => json::write(table, out),
            Self::Jsonl => jsonl::write(table, out),
            #[cfg(feature = "parquet")]
            Self::Parquet => parquet::write(table, out),
            #[cfg(feature = "arrow")]
            Self::Arrow => arrow::write(table, out),
            #[allow(unreachable_patterns, reason = "with all features each format has its arm")]
            missing => {
                let message = format!("this build has no {}", missing.title());
                Err(io::Error::new(io::ErrorKind::Unsupported, message))
            }
        }
    }
}

impl OutputFormat {
    /// Checks that the format can hold all n-grams: a separate pass, so that the reader of a pipe gets all rows or none.
    fn check(self, table: &impl Table) -> io::Result<()> {
        match self {
            Self::Csv | Self::Arrow | Self::Aligned => {}
            // This pass would take as long as the output, and an answer nearly never needs it.
            Self::Tsv if !table.may_contain_separator() => {}
            Self::Tsv => table.for_each_row(|row| Ok(one_field(row.ngram, self.title())?))?,
            Self::Json | Self::Jsonl | Self::Parquet => {
                table.for_each_row(|row| Ok(utf8(row.ngram, self.title()).map(drop)?))?
            }
        }
        Ok(())
    }
}

impl FromStr for OutputFormat {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("output format", &Self::ALL, Self::name, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_chooses_the_format() {
        let cases = [
            ("a.tsv", Some(OutputFormat::Tsv)),
            ("a.csv", Some(OutputFormat::Csv)),
            ("A.CSV", Some(OutputFormat::Csv)),
            ("a.json", Some(OutputFormat::Json)),
            ("a.jsonl", Some(OutputFormat::Jsonl)),
            ("a.ndjson", Some(OutputFormat::Jsonl)),
            ("a.b.parquet", Some(OutputFormat::Parquet)),
            ("a.arrows", Some(OutputFormat::Arrow)),
            ("a.txt", Some(OutputFormat::Tsv)),
            ("a", Some(OutputFormat::Tsv)),
            (".csv", Some(OutputFormat::Tsv)),
            ("csv", Some(OutputFormat::Tsv)),
            ("a.xlsx/b", Some(OutputFormat::Tsv)),
            ("a.gz", Some(OutputFormat::Tsv)),
            ("a.CSV.GZ", Some(OutputFormat::Csv)),
            ("a.jsonl.zst", Some(OutputFormat::Jsonl)),
            ("a.xlsx", None),
            ("a.xlsx.gz", None),
            ("a.csv.zip", None),
            ("a.parquet.gz", None),
        ];
        for (path, format) in cases {
            assert_eq!(OutputFormat::from_path(Path::new(path)), format, "{path}");
        }
    }
}
