//! Flags for the format of the input and for cutting text into n-grams.

use clap::builder::TypedValueParser;

use super::values::{self, NgramLengths};
use crate::count::{Encoding, Format, Tokens};
use crate::counter::Counter;

/// Heading of the options for text.
pub(super) const TEXT: &str = "Text";

/// What was typed about the input.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Format: auto, v1, v2, v3, text or counts
    ///
    /// v1, v2, v3: Google Books Ngrams of 2009, 2012 and 2020.
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

    /// Words per n-gram, as 2 or 1..5
    ///
    /// A number up to 100, or a range. N-grams do not cross line ends.
    #[arg(short, long = "n", value_name = "N", default_value = "1", value_parser = values::ngram_lengths)]
    #[arg(help_heading = TEXT)]
    n: NgramLengths,

    /// What a word is: words, blanks or regex=R
    ///
    /// How text is split into words.
    /// words: at Unicode word boundaries, without punctuation.
    /// blanks: at white space.
    /// regex=R: every match of R is a word.
    #[arg(long, value_name = "HOW", default_value = "words", value_parser = values::tokens)]
    #[arg(verbatim_doc_comment, help_heading = TEXT)]
    tokens: Tokens,
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
        }
    })
}

impl InputArgs {
    /// Adds the format and the rules for text.
    pub fn apply(self, counter: Counter) -> Counter {
        let NgramLengths(shortest, longest) = self.n;
        counter.format(self.format).encoding(self.encoding).ngrams(shortest..=longest).tokens(self.tokens)
    }
}
