//! Conversion of n-grams to text, for the formats that require UTF-8.

use std::io;

use bstr::{BString, ByteSlice};

/// An n-gram that is not UTF-8, for a format that requires it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the n-gram {ngram:?} is not UTF-8, which {format} cannot hold; TSV and CSV can")]
#[non_exhaustive]
pub struct NotUtf8 {
    /// The n-gram. The message shows other bytes as escapes.
    pub ngram: BString,
    /// The name of the format.
    pub format: &'static str,
}

/// The n-gram as text, or an [`io::Error`] with a [`NotUtf8`].
pub(super) fn utf8<'a>(ngram: &'a [u8], format: &'static str) -> io::Result<&'a str> {
    ngram
        .to_str()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, NotUtf8 { ngram: ngram.into(), format }))
}
