//! N-grams that a format cannot hold.

use std::io;

use bstr::{BString, ByteSlice};
use memchr::memchr2;

/// Why a format cannot hold an n-gram. The message shows bytes that are no text as escapes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NgramError {
    /// The n-gram is not UTF-8.
    #[error("the n-gram {ngram:?} is not UTF-8, which {format} cannot hold; TSV and CSV can")]
    NotUtf8 {
        /// The n-gram.
        ngram: BString,
        /// The name of the format.
        format: &'static str,
    },
    /// The n-gram would be read as several fields or lines. Only tokens by a regular expression can hold a tab.
    #[error("the n-gram {ngram:?} holds a tab or a line end, which {format} cannot hold; CSV and JSON can")]
    Separator {
        /// The n-gram.
        ngram: BString,
        /// The name of the format.
        format: &'static str,
    },
}

impl From<NgramError> for io::Error {
    fn from(error: NgramError) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

/// The n-gram as text.
pub(super) fn utf8<'a>(ngram: &'a [u8], format: &'static str) -> Result<&'a str, NgramError> {
    ngram.to_str().map_err(|_| NgramError::NotUtf8 { ngram: ngram.into(), format })
}

/// Bytes that end a field or a line where nothing is quoted.
pub(super) const SEPARATORS: [u8; 2] = *b"\t\n";

/// Checks that the n-gram is one field.
pub(super) fn one_field(ngram: &[u8], format: &'static str) -> Result<(), NgramError> {
    let [tab, line_end] = SEPARATORS;
    match memchr2(tab, line_end, ngram) {
        None => Ok(()),
        Some(_) => Err(NgramError::Separator { ngram: ngram.into(), format }),
    }
}
