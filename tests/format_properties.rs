//! Random files in every format against an oracle of a few lines, by all executors and in chunks of all sizes; and lines
//! that are damaged in random ways.

mod common;

use std::collections::BTreeMap;

use common::{EXECUTORS, Scratch, ngramcount};
use proptest::prelude::*;
use proptest::sample::select;

/// One observation: n-gram, year, matches, volumes, pages.
type Seen = (&'static str, u32, u64, u64, u64);

const NGRAMS: [&str; 9] =
    ["a", "A", "of the", "watch_NOUN", "watch_VERB", "9,000", "\"", "été", "x\u{2028}y z"];

fn observations() -> impl Strategy<Value = Vec<Seen>> {
    let numbers = prop_oneof![0..20_u64, 0..1_000_000_000_000_u64];
    let one = (select(&NGRAMS[..]), 1990..2000_u32, numbers, 0..100_u64, 0..100_u64);
    prop::collection::vec(one, 0..60)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    V1,
    V2,
    V3,
    Counts,
}

/// A file that says what was seen.
fn written(format: Format, seen: &[Seen], end: &str) -> String {
    let line = |rows: &[Seen]| {
        let (ngram, year, matches, volumes, pages) = rows[0];
        match format {
            Format::V1 => format!("{ngram}\t{year}\t{matches}\t{pages}\t{volumes}{end}"),
            Format::V2 => format!("{ngram}\t{year}\t{matches}\t{volumes}{end}"),
            Format::V3 => {
                let years =
                    rows.iter().map(|(_, year, matches, volumes, _)| format!("\t{year},{matches},{volumes}"));
                format!("{ngram}{}{end}", years.collect::<String>())
            }
            Format::Counts => format!("{ngram}\t{matches}\t{volumes}{end}"),
        }
    };
    match format {
        // Neighbours of the same n-gram share a line.
        Format::V3 => seen.chunk_by(|one, next| one.0 == next.0).map(line).collect(),
        _ => seen.chunks(1).map(line).collect(),
    }
}

fn sorted(rows: BTreeMap<String, (u64, u64)>) -> String {
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|(one, (more, _)), (next, (less, _))| less.cmp(more).then_with(|| one.cmp(next)));
    rows.iter().map(|(ngram, (matches, volumes))| format!("{ngram}\t{matches}\t{volumes}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_format_gives_the_sums_of_what_was_seen(
        format in select(&[Format::V1, Format::V2, Format::V3, Format::Counts][..]),
        seen in observations(),
        end in select(&["\n", "\r\n"][..]),
        chunk in select(&["1", "2", "7", "20000"][..]),
    ) {
        let scratch = Scratch::new();
        let path = scratch.file("in", written(format, &seen, end));
        let run = |extra: &[&str]| -> Vec<String> {
            EXECUTORS.iter().map(|executor| {
                let mut args = args![path, "--executor", executor, "--chunk", chunk, "--format", format!("{format:?}").to_lowercase()].to_vec();
                args.extend(extra.iter().map(Into::into));
                ngramcount(args).quietly().text().to_owned()
            }).collect()
        };

        let mut sums = BTreeMap::<String, (u64, u64)>::new();
        let mut folded = BTreeMap::<String, (u64, u64)>::new();
        let mut stripped = BTreeMap::<String, (u64, u64)>::new();
        let mut years = BTreeMap::<(String, u32), u64>::new();
        for (ngram, year, matches, volumes, _) in &seen {
            let add = |sums: &mut BTreeMap<String, (u64, u64)>, key: String| {
                let sum = sums.entry(key).or_default();
                *sum = (sum.0 + matches, sum.1 + volumes);
            };
            add(&mut sums, (*ngram).to_owned());
            if *ngram == "a" || *ngram == "A" {
                add(&mut folded, "a".to_owned());
            }
            if ngram.starts_with("watch_") {
                add(&mut stripped, "watch".to_owned());
            }
            if (1993..=1996).contains(year) {
                *years.entry(((*ngram).to_owned(), *year)).or_default() += matches;
            }
        }
        let count = ["--count", "matches,volumes"];
        for answer in run(&count) {
            prop_assert_eq!(answer, sorted(sums.clone()));
        }
        for answer in run(&[&count[..], &["--ignore-case", "--regex", "^A$"]].concat()) {
            prop_assert_eq!(answer, sorted(folded.clone()));
        }
        for answer in run(&[&count[..], &["--pos", "NOUN,VERB", "--strip-pos"]].concat()) {
            prop_assert_eq!(answer, sorted(stripped.clone()));
        }
        if format != Format::Counts {
            let expected: String =
                years.iter().map(|((ngram, year), matches)| format!("{ngram}\t{year}\t{matches}\n")).collect();
            for answer in run(&["--by-year", "--years", "1993..1996"]) {
                prop_assert_eq!(&answer, &expected);
            }
        }
    }

    #[test]
    fn text_gives_the_n_grams_of_each_line(
        text in "([abAB]|été|ß|,| | |\u{2003}|\n|\t){0,80}",
        first in 1..3_usize,
        more in 0..3_usize,
        chunk in select(&["1", "2", "7", "20000"][..]),
    ) {
        let mut sums = BTreeMap::<String, (u64, u64)>::new();
        for line in text.split('\n') {
            let words: Vec<&str> = line.split_whitespace().collect();
            let mut here = BTreeMap::<String, u64>::new();
            for length in first..=first + more {
                for ngram in words.windows(length) {
                    *here.entry(ngram.join(" ")).or_default() += 1;
                }
            }
            for (ngram, times) in here {
                let sum = sums.entry(ngram).or_default();
                *sum = (sum.0 + times, sum.1 + 1);
            }
        }
        let scratch = Scratch::new();
        let path = scratch.file("in", &text);
        for executor in EXECUTORS {
            let run = ngramcount(args![
                path, "--format", "text", "--tokens", "blanks", "--count", "matches,lines", "--executor", executor,
                "--chunk", chunk, "--n", format!("{first}..{}", first + more),
            ]);
            prop_assert_eq!(run.quietly().text().to_owned(), sorted(sums.clone()), "by {}", executor);
        }
    }

    /// A line of a good file is damaged: it is counted as what it now says, or named with its number.
    #[test]
    fn a_damaged_line_is_counted_right_or_named(
        format in select(&[Format::V1, Format::V2, Format::V3, Format::Counts][..]),
        at in 0..5_usize,
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![Just(b'\t'), Just(b','), Just(b'0'), Just(b' '), Just(b'-'), any::<u8>()],
        how in 0..3_u8,
        chunk in select(&["1", "20000"][..]),
    ) {
        let good = written(format, &[("good one", 1999, 12, 3, 4), ("good one", 2000, 7, 1, 1)][..1], "");
        let mut line = good.clone().into_bytes();
        let place = place.index(line.len());
        match how {
            0 => line[place] = byte,
            1 => line.insert(place, byte),
            _ => { line.remove(place); }
        }
        // A line feed makes two lines of one, and what each of them says is for another test.
        prop_assume!(!line.contains(&b'\n'));
        let mut lines = vec![good.clone().into_bytes(); 5];
        lines[at] = line.clone();
        let file: Vec<u8> = lines.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect();

        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let tabs: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
        let number = |text: &[u8]| -> Option<u64> {
            let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
            std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
        };
        let year = |text: &[u8]| number(text).filter(|&year| u32::try_from(year).is_ok());
        let means: Option<u64> = match (format, &tabs[..]) {
            (Format::V1, [_, y, m, p, v]) => year(y).and(number(p)).and(number(v)).and(number(m)),
            (Format::V2, [_, y, m, v]) => year(y).and(number(v)).and(number(m)),
            (Format::Counts, [_, m]) => number(m),
            (Format::Counts, [_, m, v]) => number(v).and(number(m)),
            (Format::V3, [_, years @ ..]) if !years.is_empty() => years.iter().map(|tuple| {
                match tuple.split(|&byte| byte == b',').collect::<Vec<_>>()[..] {
                    [y, m, v] => year(y).and(number(v)).and(number(m)),
                    _ => None,
                }
            }).sum(),
            _ => None,
        };
        let means = means.filter(|_| !tabs[0].is_empty());
        let mut expected = BTreeMap::from([(b"good one".to_vec(), 48)]);
        if let Some(matches) = means {
            *expected.entry(tabs[0].to_vec()).or_default() += matches;
        }

        let scratch = Scratch::new();
        let path = scratch.file("in", &file);
        for executor in EXECUTORS {
            let run = ngramcount(args![
                path, "--format", format!("{format:?}").to_lowercase(), "--executor", executor, "--chunk", chunk,
                "--bad-lines", "skip", "--sort", "ngram",
            ]);
            let rows: Vec<u8> = expected.iter().flat_map(|(ngram, matches)| [&ngram[..], format!("\t{matches}\n").as_bytes()].concat()).collect();
            prop_assert_eq!(bstr::BStr::new(&run.stdout), bstr::BStr::new(&rows));
            match means {
                Some(_) => prop_assert_eq!((run.code, &*run.stderr), (Some(0), "")),
                None => {
                    let named = format!("ngramcount: {}: line {}: ", path.display(), at + 1);
                    prop_assert!(run.stderr.starts_with(&named), "{}", run.stderr);
                    prop_assert_eq!(run.code, Some(3));
                }
            }
        }
    }
}
