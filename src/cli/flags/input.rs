//! Flags for the format of the input.

use clap::builder::TypedValueParser;

use super::values;
use crate::count::{Encoding, Format};
use crate::counter::Counter;

/// What was typed about the input.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Format of the files: auto or a name
    ///
    /// v1, v2, v3: Google Books Ngrams of 2009, 2012 and 2020.
    /// text: running text.
    /// jsonl: JSON lines, each with the text of a document in a field.
    /// wet: the texts of web pages, as Common Crawl packs them.
    /// parquet: a column of texts; needs a program with that feature.
    /// counts: output of this program: n-gram, matches, and optionally
    /// volumes.
    /// auto: detect the format of each file by its first lines, or by the row
    /// that --header writes. An answer by year is read as v2 if it was
    /// written with --count matches,volumes. Without volumes its years look
    /// like matches; auto refuses a file with three columns if the second
    /// holds only numbers from 1400 to 2100.
    #[arg(long, value_name = "WHAT", default_value = "auto", hide_possible_values = true)]
    #[arg(value_parser = format(), verbatim_doc_comment)]
    pub format: FormatOrAuto,

    /// Characters: auto, bytes or a name
    ///
    /// Files are converted to UTF-8 from windows-1252, koi8-r, shift_jis,
    /// utf-16le or another name of the WHATWG standard.
    /// auto: UTF-8, or UTF-16 by its byte order mark. A line of text that
    /// is not UTF-8 is malformed; --tokens blanks takes any bytes.
    /// bytes: no line is malformed, and such bytes separate words.
    #[arg(long, value_name = "E", default_value = "auto", value_parser = values::encoding)]
    #[arg(verbatim_doc_comment)]
    encoding: Encoding,
}

/// A named format, or `None` to detect that of each file. An alias because clap makes an argument of type `Option`
/// optional.
pub(super) type FormatOrAuto = Option<Format>;

pub(super) fn format() -> impl TypedValueParser<Value = FormatOrAuto> {
    values::named_or_auto("Detected by the first lines of each file", &Format::ALL, Format::name, |format| {
        match format {
            Format::V1 => "Google Books Ngrams of 2009",
            Format::V2 => "Google Books Ngrams of 2012",
            Format::V3 => "Google Books Ngrams of 2020",
            Format::Text => "Text, which is split into words",
            Format::Counts => "Output of this program",
            Format::Jsonl => "JSON lines, a document each",
            Format::Wet => "Web pages in WARC records",
            Format::Parquet => "A column of texts in Parquet",
        }
    })
}

impl InputArgs {
    /// Adds the format and the encoding.
    pub fn apply(self, counter: Counter) -> Counter {
        counter.format(self.format).encoding(self.encoding)
    }
}
