//! The same answer, and the same error, with each executor and each way of feeding workers.

use std::path::Path;

use crate::common::{A_SAMPLE, EXECUTORS, Run, Scratch, a_gz, data, ngramcount};
use crate::pack::PACKINGS;

/// A count in each way; all must end alike.
fn count(file: &Path, options: &[&str]) -> Run {
    let ways = EXECUTORS.iter().map(|executor| ["--executor", executor, "--workers", "2"].to_vec());
    let feeds = ["pipe", "split"].map(|feed| vec!["--feed", feed, "--workers", "2"]);
    let mut runs = ways.chain(feeds).map(|way| {
        (way.clone(), ngramcount(args![file].into_iter().chain(way.iter().chain(options).map(Into::into))))
    });
    let (_, first) = runs.next().unwrap();
    for (way, run) in runs {
        assert_eq!(run, first, "{way:?}");
    }
    first
}

fn text() -> Vec<u8> {
    let packed = std::fs::File::open(a_gz()).unwrap();
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(packed), &mut text).unwrap();
    text
}

#[test]
fn every_packing_gives_the_answer_to_the_plain_file() {
    let scratch = Scratch::new();
    let expected = std::fs::read(data(&format!("{A_SAMPLE}.expected.tsv"))).unwrap();
    let text = text();
    let half = text.len() / 2;
    for (ending, _, pack) in PACKINGS {
        // The streams part in the middle of a line.
        let packed = [pack(&text[..half]), pack(&text[half..])].concat();
        let file = scratch.file(&format!("a.{ending}"), packed);
        assert!(count(&file, &[]).quietly().stdout == expected, "{ending}");
    }
}

#[test]
fn a_damaged_file_gives_one_error_that_says_where_and_no_answer() {
    let scratch = Scratch::new();
    let text = text();
    for (ending, name, pack) in PACKINGS {
        let whole = [pack(&text), pack(b"zebra\t1999\t1\t1\n")].concat();
        let first = pack(&text).len();
        let mut flipped = whole.clone();
        flipped[first / 2] ^= 4;
        let mut flipped_end = whole.clone();
        flipped_end[first - 3] ^= 4;
        for stored in [&whole[..whole.len() - 1], &whole[..first / 2], &flipped, &flipped_end] {
            let file = scratch.file(&format!("a.{ending}"), stored);
            let run = count(&file, &["--format", "v2"]);
            assert_eq!((run.code, run.text()), (Some(1), ""), "{ending}");
            let said = run.stderr.strip_prefix(&format!("ngramcount: {}: ", file.display())).unwrap();
            assert!(said.lines().count() == 1 && (said.contains(name) || said.contains("line ")), "{said}");
        }
    }
}

#[test]
fn the_stored_bytes_are_those_of_the_file() {
    let scratch = Scratch::new();
    for (ending, _, pack) in PACKINGS {
        let packed = pack(&text());
        let (size, file) = (packed.len(), scratch.file(&format!("a.{ending}"), packed));
        let stats = scratch.path("stats.json");
        ngramcount(args![file, "--top", "1", "--stats-json", stats]).quietly();
        let stats: serde_json::Value = serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
        assert!(stats["input"].to_string().contains(&size.to_string()), "{ending}: {}", stats["input"]);
    }
}
