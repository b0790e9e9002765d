//! Flags for text: its documents, and how it is divided into n-grams.

use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::paths::{ReadFile, read_lines};
use super::values::{self, NgramLengths, named};
use crate::count::{Document, FieldPath, NormalForm, Stop, StopWords, Tokens};
use crate::counter::Counter;
use crate::input::Source;

/// What was typed about text.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Text")]
pub(super) struct TextArgs {
    /// Words per n-gram, as 2 or 1..5
    ///
    /// A number up to 100, or a range. N-grams do not cross line ends, unless
    /// --across-lines says so.
    #[arg(short, long = "n", value_name = "N", default_value = "1", value_parser = values::ngram_lengths)]
    #[arg(verbatim_doc_comment)]
    n: NgramLengths,

    /// Words: words, blanks or regex=R
    ///
    /// How text is split into words.
    /// words: at Unicode word boundaries, without punctuation.
    /// blanks: at white space.
    /// regex=R: every match of R is a word.
    #[arg(long, value_name = "HOW", default_value = "words", value_parser = values::tokens)]
    #[arg(verbatim_doc_comment)]
    tokens: Tokens,

    /// Field or column of the text, as text or a.b [default: text]
    ///
    /// In JSON lines and Parquet. Of a.b the field a holds an object.
    #[arg(long, value_name = "F")]
    field: Option<FieldPath>,

    /// Document: line, paragraph or file [default: line]
    ///
    /// Blank lines separate paragraphs. A record of JSON lines, WET or
    /// Parquet is a document in any case.
    #[arg(long, value_name = "WHAT", hide_possible_values = true, verbatim_doc_comment)]
    #[arg(value_parser = document())]
    document: Option<Document>,

    /// N-grams cross line ends within a document
    ///
    /// For text with hard line breaks. A document is then a paragraph, unless
    /// --document says otherwise.
    #[arg(long, verbatim_doc_comment)]
    across_lines: bool,

    /// No n-gram crosses the end of a sentence
    #[arg(long)]
    sentences: bool,

    /// Leave out the words in F, one a line
    #[arg(long, value_name = "F")]
    stop_words: Option<PathBuf>,

    /// Stop words: remove or break [default: remove]
    ///
    /// remove: the words around them become neighbours.
    /// break: no n-gram reaches across them.
    #[arg(long, value_name = "HOW", requires = "stop_words", hide_possible_values = true)]
    #[arg(value_parser = stop(), verbatim_doc_comment)]
    stop: Option<Stop>,

    /// Normal form of Unicode: nfc or nfkc
    ///
    /// Text is brought to it before it is split into words, so that one word
    /// is always the same bytes.
    #[arg(long, value_name = "FORM", value_parser = normal_form(), hide_possible_values = true)]
    #[arg(verbatim_doc_comment)]
    normalize: Option<NormalForm>,
}

fn document() -> impl TypedValueParser<Value = Document> {
    named(&Document::ALL, Document::name, |document| match document {
        Document::Line => "A line",
        Document::Paragraph => "Lines between blank lines",
        Document::File => "A file",
    })
}

fn stop() -> impl TypedValueParser<Value = Stop> {
    named(&Stop::ALL, Stop::name, |stop| match stop {
        Stop::Remove => "The words around a stop word become neighbours",
        Stop::Break => "No n-gram reaches across a stop word",
    })
}

fn normal_form() -> impl TypedValueParser<Value = NormalForm> {
    named(&NormalForm::ALL, NormalForm::name, |form| match form {
        NormalForm::Nfc => "Composed characters",
        NormalForm::Nfkc => "Composed characters, without differences of form",
    })
}

impl TextArgs {
    /// The file of stop words.
    pub fn read_file(&self) -> Option<ReadFile> {
        self.stop_words.clone().map(|path| ("--stop-words", Source::Path(path)))
    }

    /// Adds the rules for text. Reads the file of stop words.
    pub fn apply(self, counter: Counter) -> anyhow::Result<Counter> {
        let NgramLengths(shortest, longest) = self.n;
        let stop_words = match self.stop_words.as_deref() {
            Some(path) => Some(StopWords { words: stop_words(path)?, rule: self.stop.unwrap_or_default() }),
            None => None,
        };
        Ok(counter
            .ngrams(shortest..=longest)
            .tokens(self.tokens)
            .field(self.field)
            .document(self.document)
            .across_lines(self.across_lines)
            .sentences(self.sentences)
            .stop_words(stop_words)
            .normalize(self.normalize))
    }
}

fn stop_words(path: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    Ok(read_lines("--stop-words", path)?.into_iter().map(|(_, word)| word).collect())
}
