//! Fuzz tests: random bytes, and sound files that are damaged in random ways, for a time that is given. A failing input is
//! shrunk and shown.
//!
//! `NGRAMCOUNT_FUZZ_SECONDS` is the time of each test, 5 if it is not set. `PROPTEST_RNG_SEED` repeats a run. With
//! `--nocapture` each test says how many inputs it tried. The targets in `fuzz/` give the same properties to a fuzzer that
//! looks for new paths through the code.

mod damage;
mod entry;

use std::fmt::Debug;
use std::io::Write;
use std::time::{Duration, Instant};

use damage::{damaged, damaged_once};
use entry::command_line::OPTIONS;
use flate2::Compression;
use flate2::write::GzEncoder;
use lz4_flex::frame::{FrameEncoder, FrameInfo};
use lzma_rust2::{XzOptions, XzWriter};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use structured_zstd::encoding::{CompressionLevel, StreamingEncoder};

/// Inputs between two looks at the clock.
const BATCH: u32 = 16;

/// Checks inputs until the time is up.
fn fuzz<T: Debug>(name: &str, inputs: impl Strategy<Value = T>, check: impl Fn(T)) {
    let seconds = std::env::var("NGRAMCOUNT_FUZZ_SECONDS").map_or(5.0, |typed| typed.parse().unwrap());
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let config =
        Config { cases: BATCH, failure_persistence: None, max_shrink_iters: 5000, ..Config::default() };
    let mut seeds = TestRunner::new(config.clone());
    let mut tried = 0;
    while Instant::now() < end {
        let mut batch = TestRunner::new_with_rng(config.clone(), seeds.new_rng());
        let outcome = batch.run(&inputs, |input| {
            check(input);
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("{name}, after {tried} inputs: {failure}");
        }
        tried += u64::from(BATCH);
    }
    eprintln!("{name}: {tried} inputs");
}

fn gzip(text: &str, level: u32) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::new(level));
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

/// Lines that repeat, so that they are packed.
fn text() -> impl Strategy<Value = String> {
    ("([a-e\u{feff}é]{1,9}\t[0-9]{1,4}\r?\n){0,4}", 1..20_usize, "[a-e]{0,5}")
        .prop_map(|(lines, times, rest)| lines.repeat(times) + &rest)
}

#[test]
fn gzip_files() {
    let members = prop::collection::vec((text(), 0..10_u32), 1..4).prop_map(|members| {
        members.iter().map(|(text, level)| gzip(text, *level)).collect::<Vec<_>>().concat()
    });
    let padded = (members, 0..3_usize).prop_map(|(file, zeros)| [file, vec![0; zeros * 300]].concat());
    fuzz("gzip", damaged(padded, &[b"\x1f\x8b", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\0\0\0\0"]), |bytes| {
        entry::gzip::check(&bytes);
    });
}

/// The file of a text, with checksums, in one of four formats.
fn packed(text: &str, format: usize) -> Vec<u8> {
    let text = text.as_bytes();
    match format {
        0 => {
            let mut packer = StreamingEncoder::new(Vec::new(), CompressionLevel::Default);
            packer.set_content_checksum(true).unwrap();
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
        1 => {
            let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
        2 => {
            let mut packer = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).unwrap();
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
        _ => {
            let info = FrameInfo::new().content_checksum(true).block_checksums(true);
            let mut packer = FrameEncoder::with_frame_info(info, Vec::new());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        }
    }
}

#[test]
fn packed_files() {
    let files = prop::collection::vec((text(), 0..4_usize), 1..4).prop_map(|files| {
        files.iter().map(|(text, format)| packed(text, *format)).collect::<Vec<_>>().concat()
    });
    let words: &[&[u8]] = &[
        b"\x28\xb5\x2f\xfd",
        b"BZh91AY&SY",
        b"\xfd7zXZ\0",
        b"\x04\x22\x4d\x18",
        b"\x50\x2a\x4d\x18",
        b"\0\0\0\0",
    ];
    let once = (text(), 0..4_usize).prop_flat_map(|(text, format)| {
        let file = packed(&text, format);
        (Just(text), damaged_once(Just(file)))
    });
    fuzz("packed", (damaged(files, words), once), |(bytes, (text, damaged))| {
        entry::packed::check(&bytes);
        entry::packed::check_damaged_once(text.as_bytes(), &damaged);
    });
}

#[test]
fn indexes() {
    let indexed = entry::index::Indexed::new();
    let sound = Just(indexed.index.clone());
    fuzz("index", damaged(sound, &[b"\0", b"\xff\xff\xff\xff", b"\0\0\0\0\0\0\0\x80"]), |bytes| {
        indexed.check(&bytes);
    });
}

#[test]
fn zip_archives() {
    let files = (prop::collection::vec(text(), 0..4), any::<bool>()).prop_map(|(texts, deflated)| {
        let method = match deflated {
            true => zip::CompressionMethod::Deflated,
            false => zip::CompressionMethod::Stored,
        };
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let mut text = String::new();
        for (number, file) in texts.iter().enumerate() {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            archive.start_file(format!("{number}.csv"), options).unwrap();
            archive.write_all(file.as_bytes()).unwrap();
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text += file;
        }
        (text, archive.finish().unwrap().into_inner())
    });
    let inputs = files.prop_flat_map(|(text, archive)| {
        (
            Just(text),
            damaged_once(Just(archive.clone())),
            damaged(Just(archive), &[b"PK\x01\x02", b"PK\x05\x06"]),
        )
    });
    fuzz("zip", inputs, |(text, damaged_once, damaged)| {
        entry::zip::check_damaged(text.as_bytes(), &damaged_once);
        entry::zip::check(&damaged);
    });
}

/// What makes a difference to a reader of lines.
const WORDS: [&[u8]; 18] = [
    b"\t",
    b"\n",
    b"\r\n",
    b",",
    b"\0",
    b" ",
    b"0",
    b"-1",
    b"+1",
    b"1999",
    b"4294967295",
    b"4294967296",
    b"18446744073709551615",
    b"18446744073709551616",
    b"\xef\xbb\xbf",
    b"\xff",
    b"ngram\tmatches\n",
    b"a\t1\n",
];

#[test]
fn records_of_every_format() {
    let lines = [
        "of the\t1999\t12\t3\t4\n",
        "watch_NOUN\t1999\t12\t3\n",
        "9,000\t1999,12,3\t2000,7,1\t2001,12345678,1\n",
        "été\t12\t3\r\n",
        "In the beginning, God\u{2003}created\n",
        "a\t12\n",
        "ngram\tyear\tmatches\tvolumes\n",
        " \t1470,984,10,1\t1472,117652,902,2\t",
    ];
    let files = prop::collection::vec((select(lines.to_vec()), 1..4_usize), 0..8).prop_map(|lines| {
        lines.iter().map(|(line, times)| line.repeat(*times)).collect::<String>().into_bytes()
    });
    fuzz("records", damaged(files, &WORDS), |bytes| entry::records::check(&bytes));
}

#[test]
fn partial_sums() {
    let lines = ["a\t1\n", "a b\t1999\t7\n", "a b\t2000\t7\n", "b\t1999\t1\t2\n", "c\t1\t2\t3\t4\n"];
    let files = (select(lines.to_vec()), prop::collection::vec(select(lines.to_vec()), 0..6), 1..5_usize)
        .prop_map(|(first, lines, times)| (first.repeat(times) + &lines.concat()).into_bytes());
    fuzz("partial sums", (damaged(files, &WORDS), any::<bool>()), |(bytes, by_year)| {
        entry::partials::check_lines(&bytes, by_year);
    });
}

#[test]
fn partial_counts_of_workers() {
    let rows = prop::collection::vec(("[a-c]{0,3}", 1990..2020_u32, 0..300_u64), 0..5);
    let messages = (rows, any::<bool>()).prop_map(|(rows, by_year)| {
        let mut partial = ngramcount::count::Partial::default();
        for (ngram, year, sum) in &rows {
            let years = [*year];
            partial.push(ngram.as_bytes(), if by_year { &years } else { &[] }, &[*sum]);
        }
        bincode::serde::encode_to_vec(&partial, bincode::config::standard()).unwrap()
    });
    let words: [&[u8]; 2] = [b"\xff", b"\xfd\xff\xff\xff\xff\xff\xff\xff\xff"];
    fuzz("partial counts", (damaged(messages, &words), any::<bool>()), |(bytes, by_year)| {
        entry::partials::check_message(&bytes, by_year);
    });
}

#[test]
fn values_on_the_command_line() {
    let values =
        (0..OPTIONS.len()).prop_map(|chosen| [&[chosen as u8][..], OPTIONS[chosen].1.as_bytes()].concat());
    let words: [&[u8]; 14] = [
        b"..",
        b"..=",
        b"-",
        b",",
        b"/",
        b"0",
        b"1e308",
        b"nan",
        b"inf",
        b"99999999999999999999",
        b"\xff",
        b"(",
        b"{9999}",
        b"MiB",
    ];
    fuzz("command line", damaged(values, &words), |bytes| entry::command_line::check(&bytes));
}

#[test]
fn every_option_accepts_its_example() {
    for (option, value) in OPTIONS {
        let argument = format!("{option}={value}").into();
        ngramcount::cli::fuzz_command_line(vec![argument]).unwrap();
    }
}
