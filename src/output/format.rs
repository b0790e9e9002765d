//! Formats of an answer, and the choice of one.

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use super::ngram_error::{SEPARATORS, one_field, utf8};
#[cfg(feature = "parquet")]
use super::parquet;
use super::table::Table;
use super::{csv, json, jsonl, tsv};
use crate::count::UnknownName;

/// A format of rows.
///
/// ```
/// use std::path::Path;
/// use ngramcount::output::OutputFormat;
///
/// assert_eq!(OutputFormat::from_path(Path::new("words.csv")), OutputFormat::Csv);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// Tab-separated values. The bytes of an n-gram stay the same and nothing is quoted; one with a tab or a line end is
    /// an error.
    #[default]
    Tsv,
    /// Comma-separated values, quoted where needed, as in RFC 4180 but with line feeds as line ends.
    Csv,
    /// One array of objects.
    Json,
    /// One object on each line.
    Jsonl,
    /// Typed columns, compressed with zstd. Needs the Cargo feature `parquet`.
    Parquet,
}

impl OutputFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Tsv, Self::Csv, Self::Json, Self::Jsonl, Self::Parquet];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tsv => "tsv",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// The format that the extension of a file name stands for; TSV for any other extension.
    pub fn from_path(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.as_encoded_bytes() {
            b"csv" => Self::Csv,
            b"json" => Self::Json,
            b"jsonl" | b"ndjson" => Self::Jsonl,
            b"parquet" => Self::Parquet,
            _ => Self::Tsv,
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
        }
    }

    /// Whether this build can write it.
    pub fn is_available(self) -> bool {
        self != Self::Parquet || cfg!(feature = "parquet")
    }

    /// Writes `table`. `header` puts the names of the columns above the rows of TSV and CSV; the other formats always
    /// have names.
    ///
    /// # Errors
    /// The error of the writer; or, before anything is written, an [`NgramError`](super::NgramError) inside an
    /// [`io::Error`].
    pub fn write(self, table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
        self.check(table)?;
        match self {
            Self::Tsv => tsv::write(table, header, out),
            Self::Csv => csv::write(table, header, out),
            Self::Json => json::write(table, out),
            Self::Jsonl => jsonl::write(table, out),
            #[cfg(feature = "parquet")]
            Self::Parquet => parquet::write(table, out),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => Err(io::Error::new(io::ErrorKind::Unsupported, "this build has no Parquet")),
        }
    }
}

impl OutputFormat {
    /// Checks that the format can hold all n-grams: a separate pass, so that the reader of a pipe gets all rows or none.
    fn check(self, table: &impl Table) -> io::Result<()> {
        let mut ngrams = table.rows().map(|row| row.ngram);
        match self {
            Self::Csv => {}
            // This pass would take as long as the output, and an answer nearly never needs it.
            Self::Tsv if !table.may_contain(SEPARATORS) => {}
            Self::Tsv => ngrams.try_for_each(|ngram| one_field(ngram, self.title()))?,
            Self::Json | Self::Jsonl | Self::Parquet => {
                ngrams.try_for_each(|ngram| utf8(ngram, self.title()).map(drop))?
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
            ("a.tsv", OutputFormat::Tsv),
            ("a.csv", OutputFormat::Csv),
            ("A.CSV", OutputFormat::Csv),
            ("a.json", OutputFormat::Json),
            ("a.jsonl", OutputFormat::Jsonl),
            ("a.ndjson", OutputFormat::Jsonl),
            ("a.b.parquet", OutputFormat::Parquet),
            ("a.txt", OutputFormat::Tsv),
            ("a", OutputFormat::Tsv),
            (".csv", OutputFormat::Tsv),
            ("csv", OutputFormat::Tsv),
            ("a.csv/b", OutputFormat::Tsv),
        ];
        for (path, format) in cases {
            assert_eq!(OutputFormat::from_path(Path::new(path)), format, "{path}");
        }
    }
}
