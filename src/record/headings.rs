//! Line of headings, as this program writes it above a table.

use super::{Format, lines};

/// Bytes of a line of headings, at most: more than all column names together.
pub(super) const HEADINGS_LIMIT: usize = 200;

/// The heading of the first column of each answer.
const NGRAM: &str = "ngram";

/// Whether an incomplete first line may become one of headings.
pub(super) fn may_be_headings(line: &[u8]) -> bool {
    line.starts_with(NGRAM.as_bytes()) || NGRAM.as_bytes().starts_with(line)
}

/// The columns of a line of headings as this program writes them.
pub(super) fn headings(line: &[u8], separator: u8) -> Option<Vec<&str>> {
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
pub(super) fn format_of_columns(columns: &[&str]) -> Option<Format> {
    match columns[1..] {
        ["matches"] | ["matches", "volumes"] => Some(Format::Counts),
        ["year", "matches", "volumes"] => Some(Format::V2),
        ["year", "matches", "pages", "volumes"] => Some(Format::V1),
        _ => None,
    }
}
