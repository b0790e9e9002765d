//! Readers of the record formats.

use std::collections::BTreeMap;

use ngramcount::count::{BadLines, CountError, Mapper, Partial, Plan};
use ngramcount::record::{Format, LineError, counts, lines, read_header, totals, v1, v2, v3};

/// Sums of matches by n-gram and year; the year is 0 in a count over all years.
type Sums = BTreeMap<(Vec<u8>, u32), u64>;

/// In each format any bytes give the sums that a reader of one line after the other gives, and every line is counted once.
pub fn check(bytes: &[u8]) {
    check_header(bytes);
    let _ = (totals::parse(bytes), totals::sniff(bytes));
    let (fast, plain): (Vec<_>, Vec<_>) =
        (v2::records(bytes).collect(), lines(bytes).map(v2::parse).collect());
    assert_eq!(fast, plain);
    for format in Format::ALL {
        for by_year in [false, true] {
            check_count(format, by_year, bytes);
        }
    }
}

/// The header is within the bytes, and what was decided early holds when more is seen.
fn check_header(bytes: &[u8]) {
    for named in [None].into_iter().chain(Format::ALL.map(Some)) {
        let whole = read_header(bytes, true, named).expect("all was seen");
        let early = read_header(bytes, false, named);
        if let Ok(header) = &whole {
            assert!(header.skip <= bytes.len());
        }
        if let (Some(Ok(early)), Ok(whole)) = (early, whole) {
            assert_eq!(early, whole, "{named:?}");
        }
    }
}

fn check_count(format: Format, by_year: bool, bytes: &[u8]) {
    let mut plan = Plan::default();
    (plan.by_year, plan.bad_lines) = (by_year, BadLines::Skip);
    if plan.suits(format).is_err() {
        return;
    }
    let partial = match Mapper::new(&plan).map(format, bytes) {
        Ok(partial) => partial,
        Err(CountError::Overflow { .. }) => return assert_eq!(expected(format, by_year, bytes), None),
        Err(error) => panic!("{error}"),
    };
    let tally = partial.lines;
    assert!(tally.is_balanced());
    assert_eq!(tally.read, lines(bytes).count() as u64);
    assert_eq!(tally.filtered, 0);
    if format == Format::Text {
        let wrong = lines(bytes).filter(|line| std::str::from_utf8(line).is_err());
        assert_eq!(tally.bad, wrong.count() as u64);
        return;
    }
    let expected = expected(format, by_year, bytes).expect("no sum is too large");
    assert_eq!((sums(&partial, by_year), tally.bad), expected, "{format}");
}

fn sums(partial: &Partial, by_year: bool) -> Sums {
    let mut sums = Sums::new();
    partial
        .visit(by_year, 1, |ngram, years, matches| {
            assert!(!ngram.is_empty());
            for (&year, &matches) in if by_year { years } else { &[0] }.iter().zip(matches) {
                *sums.entry((ngram.to_vec(), year)).or_default() += matches;
            }
            Ok::<_, CountError>(())
        })
        .expect("the mapper made it");
    sums
}

/// The sums and the number of bad lines; `None` if a sum is too large.
fn expected(format: Format, by_year: bool, bytes: &[u8]) -> Option<(Sums, u64)> {
    let (mut sums, mut bad) = (Sums::new(), 0);
    for line in lines(bytes) {
        let Ok((ngram, rows)) = parse(format, line) else {
            bad += 1;
            continue;
        };
        for (year, matches) in rows {
            let sum = sums.entry((ngram.to_vec(), if by_year { year } else { 0 })).or_default();
            *sum = u64::checked_add(*sum, matches)?;
        }
    }
    Some((sums, bad))
}

/// An n-gram, its years and the matches of each.
type Row<'a> = (&'a [u8], Vec<(u32, u64)>);

fn parse(format: Format, line: &[u8]) -> Result<Row<'_>, LineError> {
    Ok(match format {
        Format::V1 => v1::parse(line).map(|row| (row.ngram, vec![(row.year, row.matches)]))?,
        Format::V2 => v2::parse(line).map(|row| (row.ngram, vec![(row.year, row.matches)]))?,
        Format::V3 => {
            let mut years = Vec::new();
            let ngram = v3::parse(line, &mut years)?;
            (ngram, years.iter().map(|year| (year.year, year.matches)).collect())
        }
        Format::Counts => counts::parse(line).map(|row| (row.ngram, vec![(0, row.matches)]))?,
        Format::Text | Format::Jsonl | Format::Wet | Format::Parquet => (&[], Vec::new()),
    })
}
