//! Totals of a corpus by year: `year,matches,pages,volumes`.
//!
//! Google publishes it as one line, a blank and then each year behind a tab, with a tab at the end; the same numbers also
//! circulate as CSV, a line a year. Both are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{Field, LineError, shown};
use super::numbers::{self, number};
use super::{lines, strip_byte_order_mark};

/// The totals of a corpus in one year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Words, that is 1-grams.
    pub matches: u64,
    /// Pages.
    pub pages: u64,
    /// Books.
    pub volumes: u64,
}

/// The totals of a corpus by year.
pub type Totals = BTreeMap<u32, Total>;

/// Reads a whole file of totals.
///
/// # Errors
/// The number, from 1, of the first line that is not in the format, and its error.
///
/// ```
/// let totals = ngramcount::record::totals::parse(b" \t1470,984,10,1\t1472,117652,902,2\t").unwrap();
/// assert_eq!(totals, ngramcount::record::totals::parse(b"1470,984,10,1\n1472,117652,902,2\n").unwrap());
/// assert_eq!(totals[&1472].matches, 117652);
/// ```
pub fn parse(bytes: &[u8]) -> Result<Totals, (u64, LineError)> {
    let mut totals = Totals::new();
    for (number, line) in (1..).zip(lines(strip_byte_order_mark(bytes))) {
        for part in line.split(|&byte| byte == b'\t') {
            if part.trim_ascii().is_empty() {
                continue;
            }
            let (year, total) = parse_year(part).map_err(|error| (number, error))?;
            if totals.insert(year, total).is_some() {
                return Err((number, LineError::YearTwice { year }));
            }
        }
    }
    Ok(totals)
}

/// Whether a file that begins with `start` holds totals: its first line, or the first field after an empty one, has four
/// numbers with commas between them.
pub fn sniff(start: &[u8]) -> bool {
    let Some(line) = lines(strip_byte_order_mark(start)).find(|line| !line.trim_ascii().is_empty()) else {
        return false;
    };
    let mut parts = line.split(|&byte| byte == b'\t');
    match (parts.next(), parts.next()) {
        (Some(part), None) => parse_year(part).is_ok(),
        (Some(before), Some(part)) => before.trim_ascii().is_empty() && parse_year(part).is_ok(),
        _ => false,
    }
}

fn parse_year(text: &[u8]) -> Result<(u32, Total), LineError> {
    let mut parts = text.split(|&byte| byte == b',');
    let (Some(year), Some(matches), Some(pages), Some(volumes), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(LineError::NotATotal { text: shown(text) });
    };
    let total = Total {
        matches: number(Field::Matches, matches)?,
        pages: number(Field::Pages, pages)?,
        volumes: number(Field::Volumes, volumes)?,
    };
    Ok((numbers::year(year)?, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(name: &str) -> (usize, u64) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
        let totals = parse(&std::fs::read(path).unwrap()).unwrap();
        (totals.len(), totals.values().map(|total| total.matches).sum())
    }

    #[test]
    fn both_layouts_of_the_published_totals_are_read_to_the_last_year() {
        assert_eq!(sum("googlebooks_eng_all_totalcounts_20120701.csv"), (425, 468_491_999_592));
        assert_eq!(sum("googlebooks-eng-20200217_totalcounts_1.txt"), (529, 1_997_515_570_677));
        assert_eq!(sum("googlebooks-rus-20200217_totalcounts_1.txt"), (495, 89_415_200_246));
    }

    #[test]
    fn totals_are_told_from_counts_by_their_beginning() {
        for (start, expected) in [
            (" \t1470,984,10,1\t1472,11", true),
            ("1470,984,10,1\n1472", true),
            ("\n1470,984,10,1\r\n", true),
            ("1,2,3,4\t1999,1,1\n", false),
            (" \t1999,1,1\n", false),
            ("1470 984 10 1\n", false),
            ("", false),
        ] {
            assert_eq!(sniff(start.as_bytes()), expected, "{start:?}");
        }
    }

    #[test]
    fn errors_name_their_line() {
        let cases = [
            ("1470,1,1,1\n1471,1,1\n", 2, LineError::NotATotal { text: "1471,1,1".into() }),
            (" \t1470,1,x,1\t", 1, LineError::not_a_number(Field::Pages, b"x")),
            ("1470,1,1,1\r\n1470,2,2,2\r\n", 2, LineError::YearTwice { year: 1470 }),
            (
                "year,match_count,page_count,volume_count\n",
                1,
                LineError::not_a_number(Field::Matches, b"match_count"),
            ),
        ];
        for (text, line, error) in cases {
            assert_eq!(parse(text.as_bytes()), Err((line, error)), "{text:?}");
        }
        assert_eq!(parse(b""), Ok(Totals::new()));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_year() {
        let marked = b"\xef\xbb\xbf1470,984,10,1\n";
        assert_eq!(parse(marked), parse(b"1470,984,10,1\n"));
        assert!(parse(marked).is_ok() && sniff(marked));
    }
}
