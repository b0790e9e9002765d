//! Input formats: their names, and detection by the first lines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{UnknownName, counts, jsonl, lines, v1, v2, v3};

/// Format of the lines of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// `ngram⇥year⇥matches⇥pages⇥volumes`.
    V1,
    /// `ngram⇥year⇥matches⇥volumes`.
    V2,
    /// `ngram(⇥year,matches,volumes)+`.
    V3,
    /// Running text, cut into words.
    Text,
    /// `ngram⇥matches[⇥volumes]`.
    Counts,
    /// One JSON object a line, with the text of a document in one of its fields.
    Jsonl,
    /// The texts of web pages, as Common Crawl packs them: records of WARC.
    Wet,
    /// A column of texts in a Parquet file.
    Parquet,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 8] =
        [Self::V1, Self::V2, Self::V3, Self::Text, Self::Counts, Self::Jsonl, Self::Wet, Self::Parquet];

    /// The name, as in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::Text => "text",
            Self::Counts => "counts",
            Self::Jsonl => "jsonl",
            Self::Wet => "wet",
            Self::Parquet => "parquet",
        }
    }

    /// Whether it holds running text, which is cut into n-grams.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Jsonl | Self::Wet | Self::Parquet)
    }

    /// Whether it is divided into documents by itself.
    pub const fn has_documents(self) -> bool {
        matches!(self, Self::Jsonl | Self::Wet | Self::Parquet)
    }
}

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("format", &Self::ALL, Self::name, name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Lines that are sniffed. More than one, so that a first line that is damaged does not turn a table into text.
const SNIFFED_LINES: usize = 8;

/// The format of a file that begins with `start`; `None` if more of it must be seen first. `whole` says that there is no
/// more.
///
/// The first eight lines that are not blank decide, and the first of them that can be read as one of Google's formats, as a JSON
/// object or as the beginning of a WARC file decides at once: a slow pipe is not kept waiting. Next comes a line that can be
/// read as counts. If there is none either, the first line that is cut like a table (a tab, and a last field that begins with a
/// digit or is empty) or begins like an object says which format was meant. Otherwise it is text.
pub fn detect(start: &[u8], whole: bool) -> Option<Format> {
    let end = if whole { start.len() } else { memchr::memrchr(b'\n', start).map_or(0, |at| at + 1) };
    let lines = || lines(&start[..end]).filter(|line| !line.trim_ascii().is_empty()).take(SNIFFED_LINES);
    if lines().next().is_some_and(is_warc) {
        return Some(Format::Wet);
    }
    let dated = lines().find_map(|line| readable_format(line).filter(|&format| format != Format::Counts));
    if dated.is_none() && !whole && lines().count() < SNIFFED_LINES {
        return None;
    }
    let counts = || lines().find_map(readable_format);
    let intended = || lines().find_map(intended_format);
    dated.or_else(counts).or_else(intended).or(Some(Format::Text))
}

/// Whether a line is the first one of a WARC record.
fn is_warc(line: &[u8]) -> bool {
    matches!(line, b"WARC/1.0" | b"WARC/1.1")
}

/// The one format but text in which `line` can be read.
fn readable_format(line: &[u8]) -> Option<Format> {
    if jsonl::is_object(line) {
        Some(Format::Jsonl)
    } else if v2::parse(line).is_ok() {
        Some(Format::V2)
    } else if v1::parse(line).is_ok() {
        Some(Format::V1)
    } else if counts::parse(line).is_ok() {
        Some(Format::Counts)
    } else if v3::parse(line, &mut Vec::new()).is_ok() {
        Some(Format::V3)
    } else {
        None
    }
}

/// The format that the number of fields suggests for a line that cannot be read.
fn intended_format(line: &[u8]) -> Option<Format> {
    if line.trim_ascii_start().starts_with(b"{\"") {
        return Some(Format::Jsonl);
    }
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
    let last = fields.last()?;
    if !last.first().is_none_or(u8::is_ascii_digit) {
        return None;
    }
    match fields.len() {
        1 => None,
        _ if fields[1..].iter().any(|field| field.contains(&b',')) => Some(Format::V3),
        2 | 3 => Some(Format::Counts),
        4 => Some(Format::V2),
        5 => Some(Format::V1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_that_are_not_blank_decide_on_the_format() {
        let cases = [
            ("a\t1999\t2\t2\t1\n", Format::V1),
            ("a\t1999\t2\t1\n", Format::V2),
            ("\n \r\na\t1999\t2\t1\r\n", Format::V2),
            ("a\t1999,2,1\n", Format::V3),
            ("9,000\t1999,2,1\t2000,3,1\t2001,3,1\n", Format::V3),
            ("a\t2\n", Format::Counts),
            ("a b\t2\t1\n", Format::Counts),
            ("In the beginning\n", Format::Text),
            ("1999 2 1\n", Format::Text),
            ("a\tb\tc\td\n", Format::Text),
            ("col\tumn\n", Format::Text),
            ("{\"id\": 1, \"text\": \"a\"}\n", Format::Jsonl),
            ("\n {\"text\": \"a\"}", Format::Jsonl),
            ("{a}\n{\"b\"\n", Format::Jsonl),
            ("{a}\n", Format::Text),
            ("WARC/1.0\r\nWARC-Type: warcinfo\r\n", Format::Wet),
            ("WARC/1.0 is a format\n", Format::Text),
            ("", Format::Text),
            ("\n\n", Format::Text),
            ("\u{2028}\t1999\t2\t1", Format::V2),
        ];
        for (text, format) in cases {
            assert_eq!(detect(text.as_bytes(), true), Some(format), "{text:?}");
        }
    }

    #[test]
    fn a_damaged_line_does_not_turn_a_table_into_text() {
        let cases = [
            ("a\t19x9\t2\t1\n", Format::V2),
            ("damaged\na\t1999\t2\t1\n", Format::V2),
            ("a\t1\nb\t1999\t2\t1\nc\t1999\t2\t1\n", Format::V2),
            ("a\t1999,2\n", Format::V3),
            ("a\tx\t2\t1\t1\n", Format::V1),
            ("a\t-2\t1\n", Format::Counts),
            (" \t1470,984,10,1\t1472,117652,902,2\t", Format::V3),
        ];
        for (text, format) in cases {
            assert_eq!(detect(text.as_bytes(), true), Some(format), "{text:?}");
        }
    }

    #[test]
    fn the_detected_format_depends_on_the_first_eight_lines_only() {
        let text = "one\ntwo\n".repeat(4) + &"a\t1999\t2\t1\n".repeat(90);
        for length in 0..text.len() {
            let seen = detect(&text.as_bytes()[..length], false);
            assert!(seen.is_none() && length < 32 || seen == Some(Format::Text), "{length}");
        }
        assert_eq!(detect(b"first\na\t1999\t2\t1\nthe next li", false), Some(Format::V2));
        assert_eq!(detect(b"first\na\t1999\t2\t1", false), None);
        assert_eq!(detect(b"{\"text\":\"a\"}\n", false), Some(Format::Jsonl));
        assert_eq!(detect(b"WARC/1.0\r\n", false), Some(Format::Wet));
    }
}
