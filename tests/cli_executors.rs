//! All executors, chunk sizes and worker counts give the same, correct bytes.

mod common;

use std::collections::BTreeMap;

use common::{EXECUTORS, Scratch, gzip, ngramcount};
use proptest::prelude::*;
use proptest::sample::select;

/// Rows: an index into a few n-grams, so that they repeat, and the matches.
fn rows() -> impl Strategy<Value = Vec<(usize, u64)>> {
    prop::collection::vec((0..NGRAMS.len(), 0..1_000_000_u64), 0..120)
}

const NGRAMS: [&str; 7] = ["a", "A", "of the", "watch_NOUN", "\"", "été", "x\u{2028}y"];

/// The answer computed independently, with a map of strings and a sort.
fn oracle(rows: &[(usize, u64)]) -> String {
    let mut sums = BTreeMap::new();
    for &(ngram, matches) in rows {
        *sums.entry(NGRAMS[ngram]).or_insert(0) += matches;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|&(ngram, matches)| (std::cmp::Reverse(matches), ngram));
    sums.iter().map(|(ngram, matches)| format!("{ngram}\t{matches}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_depends_on_the_rows_alone(
        rows in rows(),
        split in 0.0..=1.0_f64,
        line_end in select(&["\n", "\r\n"][..]),
        terminated: bool,
        packed: bool,
        chunk in select(&["1", "2", "3", "7", "50", "20000"][..]),
        workers in select(&["1", "2", "5"][..]),
    ) {
        let text = |rows: &[(usize, u64)]| {
            let lines: Vec<_> =
                rows.iter().map(|(ngram, n)| format!("{}\t1999\t{n}\t1", NGRAMS[*ngram])).collect();
            let mut text = lines.join(line_end);
            if terminated && !text.is_empty() {
                text += line_end;
            }
            if packed { gzip(text.as_bytes()) } else { text.into_bytes() }
        };
        let (one, two) = rows.split_at((rows.len() as f64 * split) as usize);
        let scratch = Scratch::new();
        let files = [scratch.file("one", text(one)), scratch.file("two", text(two))];
        for executor in EXECUTORS {
            let run = ngramcount(args![
                "--executor", executor, "--chunk", chunk, "--workers", workers, files[0], files[1],
            ]);
            prop_assert_eq!(&run.stderr, "");
            prop_assert_eq!(run.text(), oracle(&rows), "by {}", executor);
        }
    }

    /// Of several failures the one that comes first in the input is reported.
    #[test]
    fn the_first_bad_line_is_the_one_that_is_named(
        // Enough of them that the format is that of the good lines.
        good in 10..200_usize,
        bad in prop::collection::btree_set(0..200_usize, 0..3),
        truncate: bool,
        chunk in select(&["1", "2", "7", "20000"][..]),
        workers in select(&["1", "2", "5"][..]),
    ) {
        prop_assume!(truncate || !bad.is_empty());
        let lines: Vec<_> = (0..good.max(bad.last().map_or(0, |last| 1 + last)))
            .map(|line| if bad.contains(&line) { "bad\t1\n" } else { "good\t1999\t1\t1\n" })
            .collect();
        let mut file = gzip(lines.concat().as_bytes());
        if truncate {
            file.truncate(file.len() - 1);
        }
        let scratch = Scratch::new();
        let path = scratch.file("in", file);
        let named = match bad.first() {
            Some(first) => format!("line {}: expected 4 tab-separated fields, found 2", first + 1),
            None => format!("truncated: the gzip stream ends in the middle (after line {})", lines.len()),
        };
        let message = format!("ngramcount: {}: {named}\n", path.display());
        for executor in EXECUTORS {
            let run = ngramcount(args![
                "--executor", executor, "--chunk", chunk, "--workers", workers, path,
            ]);
            prop_assert_eq!(run.code, Some(1));
            prop_assert_eq!(&run.stderr, &message, "by {}", executor);
        }
    }
}

#[test]
fn a_count_of_a_line_may_be_larger_than_a_message_between_processes() {
    // Its 10,901 n-grams of 100,099 bytes take 1.09 GB. A message has 1 GiB at most.
    let words: Vec<String> = (0..11_000).map(|number| format!("{number:01000}")).collect();
    let scratch = Scratch::new();
    let file = scratch.file("long.txt", format!("short\n{}\nshort\n", words.join(" ")));
    for feed in [["--chunk", "2"], ["--feed", "split"]] {
        let args = args![file, "--format", "text", "--n", "100", "--top", "1"];
        let run = ngramcount([&args[..], &args![feed[0], feed[1]][..]].concat()).quietly();
        assert!(run.text() == format!("{}\t1\n", words[..100].join(" ")), "{feed:?}");
    }
}
