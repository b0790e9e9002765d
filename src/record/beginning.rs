//! What a file says by its beginning: the format of its rows, and what stands before the first of them.

use std::fmt;

use memchr::{memchr, memrchr};

use super::{BYTE_ORDER_MARK, Format, counts, detect, lines, totals, unmarked};

/// How a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// What its lines mean.
    pub format: Format,
    /// Bytes before its first row: a byte order mark, a line of headings.
    pub skip: usize,
}

/// Why a file is not read, though it is there and sound: what its numbers mean would be a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// The headings are of this program, and the columns not those of a format.
    #[error(
        "its columns are {0}; what can be counted again is ngram, matches or ngram, matches, volumes, and by year \
         ngram, year, matches, volumes"
    )]
    Columns(String),
    /// The headings are those of another format than the one that was named.
    #[error("its columns are those of {found}, not of {named}")]
    OtherFormat {
        /// What the headings say.
        found: Format,
        /// What was named.
        named: Format,
    },
    /// Three columns, and the second may be one or the other.
    #[error(
        "its second column may be years or matches; ngram, year, matches cannot be counted again, and \
         --format counts reads it as ngram, matches, volumes"
    )]
    YearsOrMatches,
    /// A table in a form that is written and not read.
    #[error(
        "this is {0}, of which no numbers are read; TSV can be counted again, and --format text counts words"
    )]
    Form(Form),
    /// Totals of a corpus.
    #[error("these are the totals of a corpus, there is no n-gram in them")]
    Totals,
    /// Neither a table nor text.
    #[error("neither text nor in a known format: it has NUL bytes; --format text counts it all the same")]
    Binary,
}

/// A form of tables that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated.
    Csv,
    /// One array of objects, or one object a line.
    Json,
    /// Typed columns, packed.
    Parquet,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
        })
    }
}

/// Reads the beginning of a file; `None` if more of it must be seen first. `whole` says that there is no more. A format
/// that was named is believed unless headings contradict it.
///
/// # Errors
/// See [`Foreign`].
///
/// ```
/// use ngramcount::record::{Format, begin};
/// let found = begin(b"ngram\tmatches\nof the\t12\n", true, None).unwrap()?;
/// assert_eq!((found.format, found.skip), (Format::Counts, 14));
/// # Ok::<(), ngramcount::record::Foreign>(())
/// ```
pub fn begin(start: &[u8], whole: bool, named: Option<Format>) -> Option<Result<Beginning, Foreign>> {
    if start.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(start) && !whole {
        return None;
    }
    let text = unmarked(start);
    let mark = start.len() - text.len();
    let reads = |format, skip| Some(Ok(Beginning { format, skip }));
    if named == Some(Format::Text) {
        return reads(Format::Text, mark);
    }
    let first = match memchr(b'\n', text) {
        Some(end) => &text[..=end],
        None if whole => text,
        None if text.len() < LONGEST_HEADINGS && may_be_headings(text) => return None,
        None => &[],
    };
    if let Some(columns) = headings(first, b'\t') {
        return match (of_columns(&columns), named) {
            (None, _) => Some(Err(Foreign::Columns(columns.join(", ")))),
            (Some(found), Some(named)) if found != named => Some(Err(Foreign::OtherFormat { found, named })),
            (Some(found), _) => reads(found, mark + first.len()),
        };
    }
    match named {
        Some(format) => reads(format, mark),
        None => {
            let format = detect(text, whole)?;
            // Whole lines only: half a number is another number.
            let end = if whole { text.len() } else { memrchr(b'\n', text).map_or(0, |at| at + 1) };
            Some(match foreign(&text[..end], format) {
                Some(foreign) => Err(foreign),
                None => Ok(Beginning { format, skip: mark }),
            })
        }
    }
}

/// More than the headings of all columns together.
const LONGEST_HEADINGS: usize = 200;

/// The heading of the first column of each answer.
const NGRAM: &str = "ngram";

/// Whether a first line that has not come to its end may yet be one of headings.
fn may_be_headings(line: &[u8]) -> bool {
    line.starts_with(NGRAM.as_bytes()) || NGRAM.as_bytes().starts_with(line)
}

/// The columns of a line of headings as this program writes them.
fn headings(line: &[u8], separator: u8) -> Option<Vec<&str>> {
    let line = lines(line).next()?;
    let columns: Vec<&str> =
        line.split(|&byte| byte == separator).map(|name| str::from_utf8(name).ok()).collect::<Option<_>>()?;
    let number = |name: &str| {
        let counted = name.strip_suffix("_share").unwrap_or(name);
        name == "year" || ["matches", "volumes", "pages", "lines"].contains(&counted)
    };
    let (ngram, numbers) = columns.split_first()?;
    (*ngram == NGRAM && !numbers.is_empty() && numbers.iter().all(|name| number(name))).then_some(columns)
}

/// The format that has these columns.
fn of_columns(columns: &[&str]) -> Option<Format> {
    match columns[1..] {
        ["matches"] | ["matches", "volumes"] => Some(Format::Counts),
        ["year", "matches", "volumes"] => Some(Format::V2),
        ["year", "matches", "pages", "volumes"] => Some(Format::V1),
        _ => None,
    }
}

/// What a file is that is taken for `format`, but is not to be read so.
fn foreign(text: &[u8], format: Format) -> Option<Foreign> {
    if totals::begins(text) {
        return Some(Foreign::Totals);
    }
    match format {
        Format::Counts if may_have_years(text) => Some(Foreign::YearsOrMatches),
        Format::Text => match form(text) {
            Some(form) => Some(Foreign::Form(form)),
            None if text.contains(&0) => Some(Foreign::Binary),
            None => None,
        },
        _ => None,
    }
}

/// Lines of a table that are looked at.
const LINES: usize = 8;

fn first_rows(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines(text).filter(|line| !line.trim_ascii().is_empty()).take(LINES)
}

/// Whether all rows have three columns of which the second can be a year, as in an answer by years.
fn may_have_years(text: &[u8]) -> bool {
    let mut rows = first_rows(text).filter_map(|line| counts::parse(line).ok()).peekable();
    rows.peek().is_some() && rows.all(|row| row.volumes.is_some() && (1400..=2100).contains(&row.matches))
}

fn form(text: &[u8]) -> Option<Form> {
    let mut rows = first_rows(text);
    let first = rows.next()?;
    if text.starts_with(b"PAR1") && text.contains(&0) {
        return Some(Form::Parquet);
    }
    let object = |line: &[u8]| line.trim_ascii_start().starts_with(b"{\"");
    let array = first.trim_ascii_start().strip_prefix(b"[");
    if object(first)
        || array.is_some_and(|inside| object(inside) || inside.is_empty() && rows.next().is_some_and(object))
    {
        return Some(Form::Json);
    }
    let csv = headings(first, b',').is_some() || first_rows(text).all(is_csv);
    csv.then_some(Form::Csv)
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
    use super::*;

    fn found(text: &str) -> Result<(Format, usize), Foreign> {
        begin(text.as_bytes(), true, None).unwrap().map(|found| (found.format, found.skip))
    }

    #[test]
    fn headings_say_which_columns_follow() {
        for (headings, format) in [
            ("ngram\tmatches\n", Format::Counts),
            ("ngram\tmatches\tvolumes\r\n", Format::Counts),
            ("ngram\tyear\tmatches\tvolumes\n", Format::V2),
            ("ngram\tyear\tmatches\tpages\tvolumes\n", Format::V1),
        ] {
            for rows in ["", "a\t1999\t3\n"] {
                assert_eq!(found(&format!("{headings}{rows}")), Ok((format, headings.len())));
                assert_eq!(found(&format!("\u{feff}{headings}{rows}")), Ok((format, headings.len() + 3)));
            }
        }
        for columns in
            ["ngram\tyear\tmatches", "ngram\tvolumes", "ngram\tlines\tmatches", "ngram\tmatches_share"]
        {
            let why = Foreign::Columns(columns.replace('\t', ", "));
            assert_eq!(found(&format!("{columns}\na\t1999\t1\t1\n")), Err(why));
        }
        for no_headings in
            ["ngram\t5\n", "n-gram\tmatches\n", "ngram\tmatches\tfish\n", "ngram\n", "matches\tngram\n"]
        {
            assert!(found(no_headings).is_ok_and(|(_, skip)| skip == 0), "{no_headings:?}");
        }
    }

    #[test]
    fn a_format_that_is_named_is_believed_unless_headings_contradict() {
        let with = |text: &str, named| begin(text.as_bytes(), true, Some(named)).unwrap();
        let reads = |format, skip| Ok(Beginning { format, skip });
        assert_eq!(with("a\t1999\t3\n", Format::Counts), reads(Format::Counts, 0));
        assert_eq!(with("{\"ngram\":\"a\"}\n", Format::Text), reads(Format::Text, 0));
        assert_eq!(with("ngram\tmatches\na\t5\n", Format::Text), reads(Format::Text, 0));
        assert_eq!(with("ngram\tmatches\na\t5\n", Format::Counts), reads(Format::Counts, 14));
        let why = Foreign::OtherFormat { found: Format::Counts, named: Format::V2 };
        assert_eq!(with("ngram\tmatches\na\t5\n", Format::V2), Err(why));
    }

    #[test]
    fn years_are_not_taken_for_matches() {
        for years in ["a\t1999\t3\n", "a\t1400\t3\nb\t2100\t1\n\n"] {
            assert_eq!(found(years), Err(Foreign::YearsOrMatches), "{years:?}");
        }
        for counts in
            ["a\t2101\t3\n", "a\t1399\t3\n", "a\t1999\n", "a\t1999\t3\nb\t7\t1\n", "a\t1999\t3\nb\t1998\n"]
        {
            assert_eq!(found(counts), Ok((Format::Counts, 0)), "{counts:?}");
        }
    }

    #[test]
    fn forms_that_are_only_written_are_known_when_they_come_back() {
        for (text, form) in [
            ("{\"ngram\":\"a\",\"matches\":5}\n", Form::Json),
            ("[\n{\"ngram\":\"a\",\"matches\":5}\n]\n", Form::Json),
            ("[{\"a\":1}]", Form::Json),
            ("ngram,matches\n", Form::Csv),
            ("a,5\n\"9,000\",2\n\"\"\"\",1\n", Form::Csv),
            ("a,1999,0.25\n", Form::Csv),
            ("PAR1\u{15}\0\n", Form::Parquet),
        ] {
            assert_eq!(found(text), Err(Foreign::Form(form)), "{text:?}");
        }
        for text in
            ["a, 5\n", "In May,\n1999,\n", "[a]\n", "[\nb\n", "{a}\n", "PAR1\n", "\"a\"\n", "1,000 men\n"]
        {
            assert_eq!(found(text), Ok((Format::Text, 0)), "{text:?}");
        }
        assert_eq!(found("1470,984,10,1\n"), Err(Foreign::Totals));
        assert_eq!(found("a\0b\n"), Err(Foreign::Binary));
    }

    #[test]
    fn nothing_is_decided_before_enough_was_seen() {
        for text in ["\u{feff}ngram\tmatches\na\t5\n", "ngram\tyear\tmatches\tvolumes\na\t1999\t1\t1\n"] {
            let end = text.find('\n').unwrap() + 1;
            for named in [None, Some(found(text).unwrap().0)] {
                for length in 0..text.len() {
                    let seen = begin(&text.as_bytes()[..length], false, named);
                    let skip = seen.map(|found| found.unwrap().skip);
                    assert!(if length < end { skip.is_none() } else { skip.is_none_or(|skip| skip == end) });
                }
            }
        }
        let rows = "a\t1999\t3\n".repeat(9);
        for length in 8 * 9..rows.len() {
            let seen = begin(&rows.as_bytes()[..length], false, None);
            assert_eq!(seen, Some(Err(Foreign::YearsOrMatches)), "{length}");
        }
        let waits = |text: &str| begin(text.as_bytes(), false, Some(Format::V2)).is_none();
        assert!(
            waits("ng") && waits("ngram") && !waits("no") && !waits("na\t") && !waits(&"ngram".repeat(99))
        );
    }
}
