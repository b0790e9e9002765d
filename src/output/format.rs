//! The written forms and how one is chosen.

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use bstr::{BString, ByteSlice};

#[cfg(feature = "parquet")]
use super::parquet;
use super::table::Table;
use super::{csv, json, jsonl, tsv};
use crate::count::UnknownName;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Tab-separated, byte for byte: n-grams hold no tab and no line end, so nothing is ever quoted.
    #[default]
    Tsv,
    /// Comma-separated, quoted where needed, as in RFC 4180 but with plain line feeds.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    Jsonl,
    /// Typed columns, packed with zstd. Needs the Cargo feature `parquet`.
    Parquet,
}

impl Format {
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

    /// The format that the ending of a file's name asks for; tab-separated for any other ending.
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.as_encoded_bytes() {
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
    pub fn is_built(self) -> bool {
        self != Self::Parquet || cfg!(feature = "parquet")
    }

    /// Whether it can hold any bytes, or UTF-8 only.
    pub fn holds_any_bytes(self) -> bool {
        matches!(self, Self::Tsv | Self::Csv)
    }

    /// Writes all of `table`. `header` puts the names of the columns above the rows of TSV and CSV; the other formats
    /// name their columns anyway.
    ///
    /// # Errors
    /// The writer's; or, before anything is written, a [`NotText`] inside an [`io::Error`].
    pub fn write(self, table: &impl Table, header: bool, out: &mut dyn Write) -> io::Result<()> {
        if !self.holds_any_bytes() {
            // A pass of its own: whoever reads the pipe gets all rows or none.
            check_text(table, self)?;
        }
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

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("output format", &Self::ALL, Self::name, name)
    }
}

/// An n-gram that a format of text cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the n-gram {ngram:?} is not UTF-8, which {format} cannot hold; TSV and CSV can")]
pub struct NotText {
    /// The n-gram; shown with its odd bytes as escapes.
    pub ngram: BString,
    /// The name of the format.
    pub format: &'static str,
}

fn check_text(table: &impl Table, format: Format) -> io::Result<()> {
    table.rows().try_for_each(|row| text(row.ngram, format.title()).map(drop))
}

/// The n-gram as text.
pub(super) fn text<'a>(ngram: &'a [u8], format: &'static str) -> io::Result<&'a str> {
    ngram
        .to_str()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, NotText { ngram: ngram.into(), format }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_chooses_the_format() {
        let cases = [
            ("a.tsv", Format::Tsv),
            ("a.csv", Format::Csv),
            ("A.CSV", Format::Csv),
            ("a.json", Format::Json),
            ("a.jsonl", Format::Jsonl),
            ("a.ndjson", Format::Jsonl),
            ("a.b.parquet", Format::Parquet),
            ("a.txt", Format::Tsv),
            ("a", Format::Tsv),
            (".csv", Format::Tsv),
            ("csv", Format::Tsv),
            ("a.csv/b", Format::Tsv),
        ];
        for (path, format) in cases {
            assert_eq!(Format::of(Path::new(path)), format, "{path}");
        }
    }
}
