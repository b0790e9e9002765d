//! Google's third release (20200217): all years of an n-gram in one line, `ngram(⇥year,matches,volumes)+`.
//!
//! Two parsers that agree, as for [`v2`](super::v2): [`parse`] defines the meaning of a line, [`visit_lines`] is fast. Lines
//! are cut at tabs first and at commas only behind the first tab, since an n-gram may hold commas (`9,000`).

use std::ops::ControlFlow;

use memchr::{memchr, memchr2};

use super::error::{Field, LineError, shown};
use super::lines::first_line;
use super::numbers::{self, YearCounts, fast_year_counts, number};

/// The numbers of one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year {
    /// The year of publication.
    pub year: u32,
    /// Occurrences in that year.
    pub matches: u64,
    /// Distinct books with at least one of those occurrences.
    pub volumes: u64,
}

/// Receiver of the lines that [`visit_lines`] reads.
pub trait Visitor<'a> {
    /// Whether the years of a line must come in the order of the line. Any order is faster.
    const IN_ORDER: bool;

    /// A line begins with this n-gram. The same line may begin again: its years so far are void then.
    fn begin(&mut self, ngram: &'a [u8]);

    /// A year of the line.
    fn year(&mut self, year: Year);

    /// The line ends; its number counts from 0. If it has an error, all its years are void.
    fn end(&mut self, line: u64, outcome: Result<(), LineError>) -> ControlFlow<()>;
}

/// Reads one line, given without its end; its years replace the contents of `years`. Gives the n-gram.
///
/// # Errors
/// The first error of the line, from left to right.
///
/// ```
/// let mut years = Vec::new();
/// let ngram = ngramcount::record::v3::parse(b"9,000\t1999,4,3\t2000,5,5", &mut years)?;
/// assert_eq!((ngram, years.len(), years[1].matches), (&b"9,000"[..], 2, 5));
/// # Ok::<(), ngramcount::record::LineError>(())
/// ```
pub fn parse<'a>(line: &'a [u8], years: &mut Vec<Year>) -> Result<&'a [u8], LineError> {
    years.clear();
    let mut fields = line.split(|&byte| byte == b'\t');
    let ngram = fields.next().unwrap_or_default();
    for field in fields {
        if ngram.is_empty() {
            return Err(LineError::EmptyNgram);
        }
        years.push(parse_year(field)?);
    }
    if years.is_empty() { Err(LineError::NoYears) } else { Ok(ngram) }
}

fn parse_year(text: &[u8]) -> Result<Year, LineError> {
    let mut parts = text.split(|&byte| byte == b',');
    let (Some(year), Some(matches), Some(volumes), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(LineError::NotAYear { text: shown(text) });
    };
    Ok(Year {
        year: numbers::year(year)?,
        matches: number(Field::Matches, matches)?,
        volumes: number(Field::Volumes, volumes)?,
    })
}

/// Reads every line of `bytes` in order as [`parse`] does, until the visitor breaks. Lines end as defined
/// by [`lines`](super::lines).
pub fn visit_lines<'a, V: Visitor<'a>>(bytes: &'a [u8], visitor: &mut V) {
    let mut rest = bytes;
    let mut years = Vec::new();
    let mut number = 0;
    while !rest.is_empty() {
        let (outcome, taken) = match fast_line(rest, visitor) {
            Some(taken) => (Ok(()), taken),
            // The plain parser reads every other line, so that errors have one source.
            None => {
                let (line, taken) = first_line(rest);
                let ngram = parse(line, &mut years).map(|ngram| {
                    visitor.begin(ngram);
                    years.iter().for_each(|&year| visitor.year(year));
                });
                (ngram, taken)
            }
        };
        if visitor.end(number, outcome).is_break() {
            return;
        }
        rest = &rest[taken..];
        number += 1;
    }
}

/// Fast path: reads the first line of `rest` and gives the bytes that it takes with its end. Nearly all years have four
/// digits and counts of one to eight; the plain parser reads the other years, without leaving this path.
///
/// Where the order of the years does not matter, a line is read from its beginning and from its middle at the same
/// time: where a year ends is known only when it has been read, so that a single chain of steps stalls.
#[inline(always)]
fn fast_line<'a, V: Visitor<'a>>(rest: &'a [u8], visitor: &mut V) -> Option<usize> {
    let tab = memchr2(b'\t', b'\n', rest)?;
    let end = tab + memchr(b'\n', &rest[tab..])?;
    if tab == 0 || tab == end {
        return None;
    }
    visitor.begin(&rest[..tab]);
    let line_end = if rest[end - 1] == b'\r' { end - 1 } else { end };
    let mut half = line_end;
    if !V::IN_ORDER {
        let middle = tab + 1 + line_end.saturating_sub(tab + 1) / 2;
        half = memchr(b'\t', rest.get(middle..line_end)?).map_or(line_end, |at| middle + at);
    }
    let mut front = Cursor { at: tab + 1, end: half };
    let mut back = Cursor { at: half + 1, end: line_end };
    while front.at < front.end && back.at < back.end {
        front.step(rest, visitor)?;
        back.step(rest, visitor)?;
    }
    while front.at < front.end {
        front.step(rest, visitor)?;
    }
    while back.at < back.end {
        back.step(rest, visitor)?;
    }
    // The plain parser reports a tab with nothing behind it.
    let whole = front.at == front.end + 1 && (half == line_end || back.at == back.end + 1);
    whole.then_some(end + 1)
}

/// Position in a part of a line: years with tabs between them.
struct Cursor {
    at: usize,
    end: usize,
}

impl Cursor {
    /// Reads one year and moves behind the tab that follows it, if the year can be read.
    #[inline(always)]
    fn step<'a, V: Visitor<'a>>(&mut self, rest: &[u8], visitor: &mut V) -> Option<()> {
        let (year, taken) = match fast_year_counts::<b','>(&rest[self.at..]) {
            Some((YearCounts { year, matches, volumes }, taken)) => (Year { year, matches, volumes }, taken),
            None => self.parse_plain(rest)?,
        };
        visitor.year(year);
        let stop = self.at + taken;
        if stop != self.end && *rest.get(stop)? != b'\t' {
            return None;
        }
        self.at = stop + 1;
        Some(())
    }

    #[cold]
    fn parse_plain(&self, rest: &[u8]) -> Option<(Year, usize)> {
        let text = &rest[self.at..self.end];
        let text = &text[..memchr(b'\t', text).unwrap_or(text.len())];
        Some((parse_year(text).ok()?, text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    type Read = Result<(Vec<u8>, Vec<Year>), LineError>;

    /// Records all calls.
    #[derive(Default)]
    struct Seen<const IN_ORDER: bool> {
        line: (Vec<u8>, Vec<Year>),
        lines: Vec<Read>,
        stop: Option<usize>,
    }

    impl<'a, const IN_ORDER: bool> Visitor<'a> for Seen<IN_ORDER> {
        const IN_ORDER: bool = IN_ORDER;

        fn begin(&mut self, ngram: &'a [u8]) {
            self.line = (ngram.to_vec(), Vec::new());
        }

        fn year(&mut self, year: Year) {
            self.line.1.push(year);
        }

        fn end(&mut self, line: u64, outcome: Result<(), LineError>) -> ControlFlow<()> {
            assert_eq!(line, self.lines.len() as u64);
            if !IN_ORDER {
                self.line.1.sort_by_key(|year| (year.year, year.matches, year.volumes));
            }
            self.lines.push(outcome.map(|()| std::mem::take(&mut self.line)));
            if self.stop == Some(self.lines.len()) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    /// The lines of the fast parser, which must equal those of the plain one.
    fn read(text: &[u8]) -> Vec<Read> {
        let mut years = Vec::new();
        let mut plain: Vec<Read> = lines(text)
            .map(|line| parse(line, &mut years).map(|ngram| (ngram.to_vec(), years.clone())))
            .collect();
        let mut seen = Seen::<true>::default();
        visit_lines(text, &mut seen);
        assert_eq!(seen.lines, plain);
        let mut unordered = Seen::<false>::default();
        visit_lines(text, &mut unordered);
        for (_, years) in plain.iter_mut().flatten() {
            years.sort_by_key(|year| (year.year, year.matches, year.volumes));
        }
        assert_eq!(unordered.lines, plain);
        seen.lines
    }

    /// The n-gram and its years, as (year, matches, volumes).
    type ExpectedLine<'a> = Result<(&'a str, &'a [(u32, u64, u64)]), LineError>;

    fn both_read(line: &str, expected: &ExpectedLine) {
        let expected: Read = expected.clone().map(|(ngram, years)| {
            let years = years.iter().map(|&(year, matches, volumes)| Year { year, matches, volumes });
            (ngram.into(), years.collect())
        });
        let other = "neighbour\t1999,12345678,1234567\t2000,1,1\n";
        for (text, at) in [
            (line.to_owned(), 0),
            (format!("{line}\n"), 0),
            (format!("{line}\r\n{other}"), 0),
            (format!("{other}{line}\n{other}"), 1),
        ] {
            // Nothing at all is no line.
            if !text.is_empty() {
                assert_eq!(read(text.as_bytes())[at], expected, "{text:?}");
            }
        }
    }

    #[test]
    fn all_years_of_a_line_are_read_and_commas_of_the_ngram_stay() {
        both_read("Aardvark\t1822,2,1", &Ok(("Aardvark", &[(1822, 2, 1)])));
        both_read(
            "9,000\t1822,2,1\t1824,3,1\t1827,10,9",
            &Ok(("9,000", &[(1822, 2, 1), (1824, 3, 1), (1827, 10, 9)])),
        );
        both_read(",\t1822,2,1", &Ok((",", &[(1822, 2, 1)])));
        both_read("of the\u{2028}x\t1822,2,1", &Ok(("of the\u{2028}x", &[(1822, 2, 1)])));
        both_read(" \t1822,2,1", &Ok((" ", &[(1822, 2, 1)])));
    }

    #[test]
    fn a_count_beyond_32_bits_is_read_as_it_is() {
        let max = u64::MAX;
        both_read(
            "_NOUN_\t2018,1,1\t2019,5733114685,258273\t2020,3,2",
            &Ok(("_NOUN_", &[(2018, 1, 1), (2019, 5_733_114_685, 258_273), (2020, 3, 2)])),
        );
        both_read(&format!("a\t1,{max},{max}"), &Ok(("a", &[(1, max, max)])));
        both_read(
            &format!("a\t1999,{max}0,1"),
            &Err(LineError::too_large(Field::Matches, format!("{max}0").as_bytes())),
        );
    }

    #[test]
    fn an_error_is_reported_and_refuses_the_whole_line() {
        let not_a_year = |text: &str| Err(LineError::NotAYear { text: text.into() });
        for (line, error) in [
            ("Aardvark", Err(LineError::NoYears)),
            ("", Err(LineError::NoYears)),
            ("\t1822,2,1", Err(LineError::EmptyNgram)),
            ("a\t", not_a_year("")),
            ("a\t1822,2,1\t", not_a_year("")),
            ("a\t1822,2,1\t\t1824,2,1", not_a_year("")),
            ("a\t1822,2", not_a_year("1822,2")),
            ("a\t1822,2,1,1", not_a_year("1822,2,1,1")),
            ("a\t1822\t2\t1", not_a_year("1822")),
            ("a\t1822,2,1\t18x2,2,1", Err(LineError::not_a_number(Field::Year, b"18x2"))),
            ("a\t1822,2,1\t1824,,1", Err(LineError::not_a_number(Field::Matches, b""))),
            ("a\t1822,2,1\t1824,1, 1", Err(LineError::not_a_number(Field::Volumes, b" 1"))),
            ("a\t1822,2,1\r\t1824,1,1", Err(LineError::not_a_number(Field::Volumes, b"1\r"))),
        ] {
            both_read(line, &error);
        }
    }

    #[test]
    fn every_length_of_the_two_counts_is_read() {
        let digits = "9876543210123";
        for m in 1..=digits.len() {
            for v in 1..=digits.len() {
                let (matches, volumes) = (&digits[..m], &digits[..v]);
                let year = (1999, matches.parse().unwrap(), volumes.parse().unwrap());
                both_read(
                    &format!("w\t1999,{matches},{volumes}\t1999,{matches},{volumes}"),
                    &Ok(("w", &[year, year])),
                );
            }
        }
    }

    #[test]
    fn the_parser_stops_when_the_visitor_breaks() {
        let mut seen = Seen::<true> { stop: Some(2), ..Seen::default() };
        visit_lines(b"a\t1,1,1\nb\nc\t1,1,1\n", &mut seen);
        assert_eq!(seen.lines.len(), 2);
    }
}
