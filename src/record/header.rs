//! Header of a file: the format of its lines, and the bytes before the first record.

use memchr::{memchr, memrchr};

use super::headings::{HEADINGS_LIMIT, format_of_columns, headings, may_be_headings};
use super::unsupported::{Unsupported, is_tar, still_packed, unsupported};
use super::{BYTE_ORDER_MARK, Format, detect, strip_byte_order_mark};

/// Header: the format of a file, and the number of bytes before its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format of its lines.
    pub format: Format,
    /// Bytes before its first record: a byte order mark, a line of headings.
    pub skip: usize,
}

/// Reads the header of a file from its first bytes; `None` if more of them must be seen first. `whole` says that there
/// are no more. A format that was `named` holds unless headings contradict it.
///
/// # Errors
/// See [`Unsupported`].
///
/// ```
/// use ngramcount::record::{Format, read_header};
/// let found = read_header(b"ngram\tmatches\nof the\t12\n", true, None).unwrap()?;
/// assert_eq!((found.format, found.skip), (Format::Counts, 14));
/// # Ok::<(), ngramcount::record::Unsupported>(())
/// ```
pub fn read_header(start: &[u8], whole: bool, named: Option<Format>) -> Option<Result<Header, Unsupported>> {
    if start.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(start) && !whole {
        return None;
    }
    let text = strip_byte_order_mark(start);
    let mark = start.len() - text.len();
    let header = |format, skip| Some(Ok(Header { format, skip }));
    if let Some(named @ (Format::Text | Format::Parquet)) = named {
        return header(named, mark);
    }
    if let Some(why) = still_packed(start) {
        return Some(Err(why));
    }
    if is_tar(start, whole)? {
        return Some(Err(Unsupported::Tar));
    }
    let first = match memchr(b'\n', text) {
        Some(end) => &text[..=end],
        None if whole => text,
        None if text.len() < HEADINGS_LIMIT && may_be_headings(text) => return None,
        None => &[],
    };
    if let Some(columns) = headings(first, b'\t') {
        return match (format_of_columns(&columns), named) {
            (None, _) => Some(Err(Unsupported::Columns(columns.join(", ")))),
            (Some(found), Some(named)) if found != named => {
                Some(Err(Unsupported::OtherFormat { found, named }))
            }
            (Some(found), _) => header(found, mark + first.len()),
        };
    }
    match named {
        Some(format) => header(format, mark),
        None => {
            let format = detect(text, whole)?;
            // Whole lines only: half a number is another number.
            let end = if whole { text.len() } else { memrchr(b'\n', text).map_or(0, |at| at + 1) };
            Some(match unsupported(&text[..end], format) {
                Some(why) => Err(why),
                None => Ok(Header { format, skip: mark }),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<(Format, usize), Unsupported> {
        read_header(text.as_bytes(), true, None).unwrap().map(|found| (found.format, found.skip))
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
            let why = Unsupported::Columns(columns.replace('\t', ", "));
            assert_eq!(found(&format!("{columns}\na\t1999\t1\t1\n")), Err(why));
        }
        for no_headings in
            ["ngram\t5\n", "n-gram\tmatches\n", "ngram\tmatches\tfish\n", "ngram\n", "matches\tngram\n"]
        {
            assert!(found(no_headings).is_ok_and(|(_, skip)| skip == 0), "{no_headings:?}");
        }
    }

    #[test]
    fn a_named_format_holds_unless_headings_contradict() {
        let with = |text: &str, named| read_header(text.as_bytes(), true, Some(named)).unwrap();
        let header = |format, skip| Ok(Header { format, skip });
        assert_eq!(with("a\t1999\t3\n", Format::Counts), header(Format::Counts, 0));
        assert_eq!(with("{\"ngram\":\"a\"}\n", Format::Text), header(Format::Text, 0));
        assert_eq!(with("ngram\tmatches\na\t5\n", Format::Text), header(Format::Text, 0));
        assert_eq!(with("ngram\tmatches\na\t5\n", Format::Counts), header(Format::Counts, 14));
        let why = Unsupported::OtherFormat { found: Format::Counts, named: Format::V2 };
        assert_eq!(with("ngram\tmatches\na\t5\n", Format::V2), Err(why));
    }

    #[test]
    fn nothing_is_decided_before_enough_was_seen() {
        for text in ["\u{feff}ngram\tmatches\na\t5\n", "ngram\tyear\tmatches\tvolumes\na\t1999\t1\t1\n"] {
            let end = text.find('\n').unwrap() + 1;
            for named in [None, Some(found(text).unwrap().0)] {
                for length in 0..text.len() {
                    let seen = read_header(&text.as_bytes()[..length], false, named);
                    let skip = seen.map(|found| found.unwrap().skip);
                    assert!(if length < end { skip.is_none() } else { skip.is_none_or(|skip| skip == end) });
                }
            }
        }
        let rows = "a\t1999\t3\n".repeat(9);
        for length in 8 * 9..rows.len() {
            let seen = read_header(&rows.as_bytes()[..length], false, None);
            assert_eq!(seen, Some(Err(Unsupported::YearsOrMatches)), "{length}");
        }
        let waits = |text: &str| read_header(text.as_bytes(), false, Some(Format::V2)).is_none();
        assert!(
            waits("ng") && waits("ngram") && !waits("no") && !waits("na\t") && !waits(&"ngram".repeat(99))
        );
    }
}
