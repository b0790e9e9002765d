//! Errors of one line.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Error of one line. It does not know the place of the line: the caller adds the file and the line number.
///
/// An error travels from a worker to its parent, so it owns its text and keeps it short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line is cut into more or fewer fields than the format has.
    #[error("expected {expected} tab-separated fields, found {found}")]
    Fields {
        /// Fields in a line of the format.
        expected: u64,
        /// Fields in this line; an empty line has one.
        found: u64,
    },
    /// There is no byte before the first tab.
    #[error("the n-gram is empty")]
    EmptyNgram,
    /// A field for a number holds something else; a sign, a blank or no text at all is something else too.
    #[error("{field} `{text}` is not a number")]
    NotANumber {
        /// The field.
        field: Field,
        /// Its contents, escaped and shortened for display.
        text: String,
    },
    /// A number does not fit its field.
    #[error("{field} `{text}` is larger than {}", .field.largest())]
    TooLarge {
        /// The field.
        field: Field,
        /// Its digits, shortened for display.
        text: String,
    },
    /// The line is cut into more or fewer fields than the format allows.
    #[error("expected {least} or {most} tab-separated fields, found {found}")]
    FieldsBetween {
        /// Fields that a line has at least.
        least: u64,
        /// Fields that a line has at most.
        most: u64,
        /// Fields in this line; an empty line has one.
        found: u64,
    },
    /// The line is cut into more or fewer fields than a first line, which fixes their number, can have.
    #[error("expected {least} to {most} tab-separated fields, found {found}")]
    FieldsFromTo {
        /// Fields that a line has at least.
        least: u64,
        /// Fields that a line has at most.
        most: u64,
        /// Fields in this line; an empty line has one.
        found: u64,
    },
    /// A v3 line is an n-gram and nothing else.
    #[error("no year,matches,volumes behind the n-gram")]
    NoYears,
    /// A field of a v3 line does not hold the three numbers of a year.
    #[error("`{text}` is not year,matches,volumes")]
    NotAYear {
        /// Its contents, escaped and shortened for display.
        text: String,
    },
    /// A part of corpus totals does not hold the four numbers of a year.
    #[error("`{text}` is not year,matches,pages,volumes")]
    NotATotal {
        /// Its contents, escaped and shortened for display.
        text: String,
    },
    /// A line of text is not UTF-8.
    #[error("byte {at} of the line, 0x{byte:02X}, is not UTF-8")]
    NotUtf8 {
        /// The place of the first byte of which that is true, from 1.
        at: u64,
        /// That byte.
        byte: u8,
    },
    /// The text of a document is not UTF-8.
    #[error("byte {at} of the text, 0x{byte:02X}, is not UTF-8")]
    TextNotUtf8 {
        /// The place of the first byte of which that is true, from 1.
        at: u64,
        /// That byte.
        byte: u8,
    },
    /// A line is not JSON.
    #[error("not JSON at byte {at}: {what}")]
    NotJson {
        /// The place of the fault, from 1.
        at: u64,
        /// What is wrong there.
        what: String,
    },
    /// A line of JSON, or a field of it, is of another type.
    #[error("{what}")]
    JsonType {
        /// What was found and what was expected.
        what: String,
    },
    /// A line of JSON lacks the field that is counted.
    #[error("no field `{field}`")]
    NoField {
        /// The field.
        field: String,
    },
    /// A row has no value in the column that is counted.
    #[error("the text is null")]
    Null,
    /// Corpus totals name a year twice.
    #[error("the year {year} occurs twice")]
    YearTwice {
        /// The year.
        year: u32,
    },
}

impl LineError {
    /// What has the error, for the place before it: the line, or the document that was brought to one.
    pub const fn unit(&self) -> &'static str {
        match self {
            Self::TextNotUtf8 { .. } | Self::Null => "document",
            _ => "line",
        }
    }

    pub(super) fn not_a_number(field: Field, text: &[u8]) -> Self {
        Self::NotANumber { field, text: shown(text) }
    }

    pub(super) fn too_large(field: Field, text: &[u8]) -> Self {
        Self::TooLarge { field, text: shown(text) }
    }
}

/// A field that holds a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    /// The year of publication, a `u32`.
    Year,
    /// How often the n-gram occurs, a `u64`.
    Matches,
    /// How many books it occurs in, a `u64`.
    Volumes,
    /// How many pages it occurs on, a `u64`.
    Pages,
    /// One of any of these, added up, a `u64`.
    Sum,
}

impl Field {
    /// The largest number that the field may hold.
    pub const fn largest(self) -> u64 {
        match self {
            Self::Year => u32::MAX as u64,
            Self::Matches | Self::Volumes | Self::Pages | Self::Sum => u64::MAX,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Year => "year",
            Self::Matches => "match count",
            Self::Volumes => "volume count",
            Self::Pages => "page count",
            Self::Sum => "sum",
        })
    }
}

/// Characters of the offending text that a message repeats.
const SHOWN_CHARS: usize = 40;

/// `text` as a message may print it on one line of a terminal: bytes that are no UTF-8 replaced, control characters
/// and line separators escaped, the end of a long one cut off.
pub(super) fn shown(text: &[u8]) -> String {
    // A character takes at most 4 bytes, so this prefix holds one character more than is shown: enough to know
    // whether to write the ellipsis, without decoding a line of megabytes.
    let prefix = &text[..text.len().min(4 * (SHOWN_CHARS + 1))];
    let decoded = String::from_utf8_lossy(prefix);
    let mut shown = String::new();
    for (index, c) in decoded.chars().enumerate() {
        if index == SHOWN_CHARS {
            shown.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offending_text_is_shown_short_and_harmless() {
        let cases: [(&[u8], &str); 6] = [
            (b"", ""),
            (b"19x0", "19x0"),
            (b"1\x1b[2J\0", "1\\u{1b}[2J\\u{0}"),
            (b"\xff\xfe1", "\u{fffd}\u{fffd}1"),
            ("1\u{2028}2\r".as_bytes(), "1\\u{2028}2\\r"),
            (&[b'9'; 41], &("9".repeat(40) + "…")),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown("м".repeat(40).as_bytes()), "м".repeat(40));
        assert_eq!(shown("😀".repeat(1000).as_bytes()), "😀".repeat(40) + "…");
    }

    #[test]
    fn an_error_reads_as_a_fragment_of_a_sentence() {
        let cases = [
            (LineError::Fields { expected: 4, found: 3 }, "expected 4 tab-separated fields, found 3"),
            (LineError::EmptyNgram, "the n-gram is empty"),
            (LineError::not_a_number(Field::Year, b"19x0"), "year `19x0` is not a number"),
            (LineError::too_large(Field::Year, b"4294967296"), "year `4294967296` is larger than 4294967295"),
            (
                LineError::too_large(Field::Matches, b"18446744073709551616"),
                "match count `18446744073709551616` is larger than 18446744073709551615",
            ),
            (LineError::not_a_number(Field::Volumes, b""), "volume count `` is not a number"),
        ];
        for (error, expected) in cases {
            assert_eq!(error.to_string(), expected);
        }
    }
}
