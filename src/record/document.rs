//! Documents: what a document is, and the form in which one takes one line.

use std::str::FromStr;

use memchr::{memchr, memchr2};
use serde::{Deserialize, Serialize};

use super::{LineError, UnknownName};

/// What a document of a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Document {
    /// A line.
    #[default]
    Line,
    /// Lines between blank lines.
    Paragraph,
    /// A file.
    File,
}

impl Document {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Line, Self::Paragraph, Self::File];

    /// The name, as in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Paragraph => "paragraph",
            Self::File => "file",
        }
    }
}

impl FromStr for Document {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("document", &Self::ALL, Self::name, name)
    }
}

/// The line of a document that does not exist: a null in a column.
pub const NO_DOCUMENT: &[u8] = b"\\0";

/// Appends a part of a document in the form that takes one line, without its end: `\n` stands for a line feed and `\\` for a
/// backslash.
///
/// With it a document of many lines is cut, sent, divided and numbered like a line of text.
///
/// ```
/// let mut line = Vec::new();
/// ngramcount::record::document::escape(b"To be,\nor \\not", &mut line);
/// assert_eq!(line, br"To be,\nor \\not");
/// ```
pub fn escape(mut text: &[u8], line: &mut Vec<u8>) {
    while let Some(at) = memchr2(b'\n', b'\\', text) {
        line.extend_from_slice(&text[..at]);
        line.extend_from_slice(if text[at] == b'\n' { b"\\n" } else { b"\\\\" });
        text = &text[at + 1..];
    }
    line.extend_from_slice(text);
}

/// Appends the document of a line that [`escape`] wrote.
///
/// # Errors
/// [`LineError::Null`] if there is none.
///
/// ```
/// let mut text = Vec::new();
/// ngramcount::record::document::unescape(br"To be,\nor \\not", &mut text)?;
/// assert_eq!(text, b"To be,\nor \\not");
/// # Ok::<(), ngramcount::record::LineError>(())
/// ```
pub fn unescape(mut line: &[u8], text: &mut Vec<u8>) -> Result<(), LineError> {
    if line == NO_DOCUMENT {
        return Err(LineError::Null);
    }
    while let Some(at) = memchr(b'\\', line) {
        text.extend_from_slice(&line[..at]);
        text.push(if line.get(at + 1) == Some(&b'n') { b'\n' } else { b'\\' });
        line = line.get(at + 2..).unwrap_or_default();
    }
    text.extend_from_slice(line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_document_takes_one_line_and_comes_back_as_it_was(text in proptest::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\\'), Just(b'n'), Just(b'0'), Just(b'\r'), any::<u8>()], 0..40))
        {
            let mut line = Vec::new();
            escape(&text, &mut line);
            prop_assert!(!line.contains(&b'\n') && line != NO_DOCUMENT);
            let mut back = Vec::new();
            unescape(&line, &mut back).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
