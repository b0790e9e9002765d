//! Recognition of files that must not be counted.

use std::fmt;

use serde_json::Value;

use super::headings::headings;
use super::{Format, counts, lines, totals};

/// Reason to refuse a sound file: the meaning of its numbers would be a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// The headings are those of this program, but the columns are not those of a format.
    #[error(
        "its columns are {0}; what can be counted again is ngram, matches or ngram, matches, volumes, and by year \
         ngram, year, matches, volumes"
    )]
    Columns(String),
    /// The headings are those of another format than the one that was named.
    #[error("its columns are those of {found}, not of {named}")]
    OtherFormat {
        /// The format of the headings.
        found: Format,
        /// The format that was named.
        named: Format,
    },
    /// There are three columns, and the second may hold years or matches.
    #[error("its second column may be years or matches; ngram, year, matches cannot be counted again")]
    YearsOrMatches,
    /// A table in a format that is written as an answer and not read as one.
    #[error("this is {0}, which cannot be read as counts; TSV can be counted again")]
    TableFormat(TableFormat),
    /// An array of objects, of which none has a line of its own.
    #[error("this is a JSON array; what can be read is one object a line")]
    JsonArray,
    /// The file holds the totals of a corpus.
    #[error("these are the totals of a corpus, there is no n-gram in them")]
    Totals,
    /// An archive, of which the headers of its files would be counted too.
    #[error("this is a tar archive")]
    Tar,
    /// What was unpacked is packed again.
    #[error("what is in it is packed again, with {0}; one layer is unpacked, no more")]
    PackedTwice(&'static str),
    /// A packed file that cannot be unpacked.
    #[error("this is {0}, which cannot be unpacked here")]
    OtherPacking(&'static str),
    /// The file is neither a table nor text.
    #[error("neither text nor in a known format: it has NUL bytes")]
    Binary,
}

/// A table format that is written and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated.
    Csv,
    /// One object a line.
    Json,
    /// Typed columns, compressed.
    Parquet,
}

impl fmt::Display for TableFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
        })
    }
}

/// Reason to refuse a file that [`detect`](super::detect) takes for `format`, if there is one.
pub(super) fn unsupported(text: &[u8], format: Format) -> Option<Unsupported> {
    if totals::sniff(text) {
        return Some(Unsupported::Totals);
    }
    match format {
        Format::Counts if may_have_years(text) => Some(Unsupported::YearsOrMatches),
        Format::Text if is_json_array(text) => Some(match first_rows(text).take(2).any(is_answer) {
            true => Unsupported::TableFormat(TableFormat::Json),
            false => Unsupported::JsonArray,
        }),
        Format::Jsonl => first_rows(text)
            .next()
            .is_some_and(is_answer)
            .then_some(Unsupported::TableFormat(TableFormat::Json)),
        Format::Text => match table_format(text) {
            Some(format) => Some(Unsupported::TableFormat(format)),
            None if text.contains(&0) => Some(Unsupported::Binary),
            None => None,
        },
        _ => None,
    }
}

/// Whether a file that begins with `start` is a tar archive; `None` if more of it must be seen first.
///
/// The header of the first file begins with its name of up to 100 bytes and its mode, which ends in a NUL: a slow pipe of text
/// is not kept waiting for 262 bytes.
pub(super) fn is_tar(start: &[u8], whole: bool) -> Option<bool> {
    const MAGIC: &[u8] = b"ustar";
    const MAGIC_AT: usize = 257;
    const MODE_END: usize = 108;
    if !start[..start.len().min(MODE_END)].contains(&0) {
        return Some(false);
    }
    match start.get(MAGIC_AT..MAGIC_AT + MAGIC.len()) {
        None if !whole => None,
        magic => Some(magic == Some(MAGIC)),
    }
}

/// First bytes of files in compression formats that the program unpacks. One that is seen here was within another.
const UNPACKED: [(&[u8], &str); 5] = [
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PK\x03\x04", "zip"),
];

/// First bytes of files in compression formats that the program does not unpack.
const NOT_UNPACKED: [(&[u8], &str); 6] = [
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"LZIP\x01", "an lzip file"),
    (b"\x5d\0\0", "a file of LZMA without .xz around it"),
    (b"\x1f\x9d", "a file of the old `compress`"),
    (b"\xff\x06\0\0sNaPpY", "a Snappy file"),
];

/// Reason to refuse a file that is packed in a way that was not undone before its bytes came here, if it is.
pub(super) fn still_packed(start: &[u8]) -> Option<Unsupported> {
    let name = |known: &[(&[u8], &'static str)]| {
        known.iter().find(|(magic, _)| start.starts_with(magic)).map(|&(_, name)| name)
    };
    // The digit is the size of its blocks; what follows it is pi.
    let is_bzip2 =
        start.starts_with(b"BZh") && start.get(4..).is_some_and(|rest| rest.starts_with(b"1AY&SY"));
    let twice = name(&UNPACKED).or(is_bzip2.then_some("bzip2"));
    twice.map(Unsupported::PackedTwice).or_else(|| name(&NOT_UNPACKED).map(Unsupported::OtherPacking))
}

/// Lines that are sniffed.
const SNIFFED_LINES: usize = 8;

fn first_rows(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines(text).filter(|line| !line.trim_ascii().is_empty()).take(SNIFFED_LINES)
}

/// Whether all rows have three columns of which the second can be a year, as in an answer by years.
fn may_have_years(text: &[u8]) -> bool {
    let mut rows = first_rows(text).filter_map(|line| counts::parse(line).ok()).peekable();
    rows.peek().is_some() && rows.all(|row| row.volumes.is_some() && (1400..=2100).contains(&row.matches))
}

/// Whether a line is a row of an answer as JSON or JSON lines: an object with an n-gram and a number.
fn is_answer(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"[").unwrap_or(line);
    let line = line.strip_suffix(b",").unwrap_or(line);
    let Ok(row) = serde_json::from_slice::<serde_json::Map<String, Value>>(line) else { return false };
    let mut others = row.iter().filter(|(name, _)| !matches!(name.as_str(), "ngram" | "file"));
    row.contains_key("ngram") && others.clone().next().is_some() && others.all(|(_, value)| value.is_number())
}

fn is_json_array(text: &[u8]) -> bool {
    let mut rows = first_rows(text);
    let object = |line: &[u8]| line.trim_ascii_start().starts_with(b"{\"");
    let inside = rows.next().and_then(|first| first.trim_ascii_start().strip_prefix(b"["));
    inside.is_some_and(|inside| object(inside) || inside.is_empty() && rows.next().is_some_and(object))
}

fn table_format(text: &[u8]) -> Option<TableFormat> {
    let first = first_rows(text).next()?;
    if text.starts_with(b"PAR1") && text.contains(&0) {
        return Some(TableFormat::Parquet);
    }
    let csv = headings(first, b',').is_some() || first_rows(text).all(is_csv);
    csv.then_some(TableFormat::Csv)
}

/// Whether a line is an n-gram, quoted if need be, and numbers, with commas between them.
fn is_csv(line: &[u8]) -> bool {
    let quoted = line.strip_prefix(b"\"").and_then(|inside| {
        let end = inside.windows(2).rposition(|pair| pair == b"\",")?;
        Some(&inside[end + 2..])
    });
    let behind = quoted.or_else(|| line.splitn(2, |&byte| byte == b',').nth(1));
    let number = |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit) && text.iter().all(is_of_number);
    behind.is_some_and(|numbers| numbers.split(|&byte| byte == b',').all(number))
}

fn is_of_number(byte: &u8) -> bool {
    byte.is_ascii_digit() || *byte == b'.'
}

#[cfg(test)]
mod tests {
    use super::super::read_header;
    use super::*;

    fn found(text: &str) -> Result<(Format, usize), Unsupported> {
        read_header(text.as_bytes(), true, None).unwrap().map(|found| (found.format, found.skip))
    }

    #[test]
    fn years_are_not_taken_for_matches() {
        for years in ["a\t1999\t3\n", "a\t1400\t3\nb\t2100\t1\n\n"] {
            assert_eq!(found(years), Err(Unsupported::YearsOrMatches), "{years:?}");
        }
        for counts in
            ["a\t2101\t3\n", "a\t1399\t3\n", "a\t1999\n", "a\t1999\t3\nb\t7\t1\n", "a\t1999\t3\nb\t1998\n"]
        {
            assert_eq!(found(counts), Ok((Format::Counts, 0)), "{counts:?}");
        }
    }

    #[test]
    fn table_formats_that_are_only_written_are_refused_as_input() {
        for (text, format) in [
            ("{\"ngram\":\"a\",\"matches\":5}\n", TableFormat::Json),
            ("[\n{\"ngram\":\"a\",\"matches\":5},\n{\"ngram\":\"b\",\"matches\":5}\n]\n", TableFormat::Json),
            ("ngram,matches\n", TableFormat::Csv),
            ("a,5\n\"9,000\",2\n\"\"\"\",1\n", TableFormat::Csv),
            ("a,1999,0.25\n", TableFormat::Csv),
            ("PAR1\u{15}\0\n", TableFormat::Parquet),
        ] {
            assert_eq!(found(text), Err(Unsupported::TableFormat(format)), "{text:?}");
        }
        for text in
            ["a, 5\n", "In May,\n1999,\n", "[a]\n", "[\nb\n", "{a}\n", "PAR1\n", "\"a\"\n", "1,000 men\n"]
        {
            assert_eq!(found(text), Ok((Format::Text, 0)), "{text:?}");
        }
        assert_eq!(found("1470,984,10,1\n"), Err(Unsupported::Totals));
        assert_eq!(found("a\0b\n"), Err(Unsupported::Binary));
        assert_eq!(found("[{\"text\":1}]"), Err(Unsupported::JsonArray));
        assert_eq!(found("{\"ngram\":\"a\",\"text\":\"b\"}\n"), Ok((Format::Jsonl, 0)));
    }

    #[test]
    fn what_is_still_packed_is_named() {
        let refused = |start: &[u8]| read_header(start, false, None).and_then(Result::err);
        for (start, name) in UNPACKED {
            assert_eq!(refused(&[start, b"..."].concat()), Some(Unsupported::PackedTwice(name)));
        }
        for (start, name) in NOT_UNPACKED {
            assert_eq!(refused(&[start, b"..."].concat()), Some(Unsupported::OtherPacking(name)));
        }
        assert_eq!(refused(b"BZh61AY&SY..."), Some(Unsupported::PackedTwice("bzip2")));
        for text in ["BZh91 is the start of it", "7z and xz", "LZIP", "Rar!", "PK", "(a)"] {
            assert_eq!(found(text), Ok((Format::Text, 0)), "{text}");
        }
    }
}
