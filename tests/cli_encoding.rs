//! Text in other encodings than UTF-8: it is converted, or reported with its place, and never counted as something else.

mod common;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use common::{EXECUTORS, Run, Scratch, data, gzip, ngramcount, ngramcount_reading};

/// The answers of all executors and both feeds, which must be one.
#[track_caller]
fn count(file: &PathBuf, options: &[&str]) -> Run {
    let ways = EXECUTORS.iter().map(|executor| vec!["--executor", executor]);
    let feeds = [vec!["--feed", "split", "--workers", "2"], vec!["--chunk", "3"]];
    let runs = ways.chain(feeds).map(|way| {
        let options = way.iter().chain(options).map(OsString::from);
        ngramcount([OsString::from(file)].into_iter().chain(options))
    });
    let runs: Vec<Run> = runs.collect();
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:#?}");
    runs.into_iter().next().unwrap()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_line_of_text_that_is_not_utf8_is_malformed() {
    let scratch = Scratch::new();
    let text = b"good\n\xc3\xa9t\xc3\xa9 Gr\xf6\xdfe caf\xe9\ngood\n";
    for file in [scratch.file("plain", text), scratch.file("packed", gzip(text))] {
        let name = file.display();
        for options in
            [&[][..], &["-n", "1..2"], &["--tokens", "regex=[a-z]+"], &["--word", "good good", "-n", "2..3"]]
        {
            let run = count(&file, options);
            let why = "line 2: byte 9 of the line, 0xF6, is not UTF-8; name its encoding, as --encoding windows-1252";
            assert_eq!((run.code, run.text()), (Some(1), ""));
            assert_eq!(run.stderr, format!("ngramcount: {name}: {why}\n"));
        }
        let run = count(&file, &["--bad-lines", "skip"]);
        let why = "line 2: byte 9 of the line, 0xF6, is not UTF-8";
        let left_out = "1 bad line left out; name its encoding, as --encoding windows-1252";
        assert_eq!((run.code, run.text()), (Some(3), "good\t2\n"));
        assert_eq!(run.stderr, format!("ngramcount: {name}: {why}\nngramcount: {left_out}\n"));
    }
    let run = ngramcount_reading(text, ["map"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("line 2: byte 9 of the line"), "{}", run.stderr);
    // A character that is cut off by the end of its line or of the file.
    for cut in [&b"caf\xc3\ngood\n"[..], b"caf\xc3"] {
        let run = ngramcount_reading(cut, ["-n", "1"]);
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains("line 1: byte 4 of the line, 0xC3, is not UTF-8"), "{}", run.stderr);
    }
}

#[test]
fn bytes_are_counted_as_they_are_where_that_is_asked_for() {
    let text = b"Gr\xf6\xdfe caf\xe9\n";
    let run = ngramcount_reading(text, ["--encoding", "bytes"]);
    assert_eq!(run.quietly().stdout, b"Gr\t1\ncaf\t1\ne\t1\n");
    let run = ngramcount_reading(text, ["--tokens", "blanks"]);
    assert_eq!(run.quietly().stdout, b"Gr\xf6\xdfe\t1\ncaf\xe9\t1\n");
    let run = ngramcount_reading(b"caf\xe9\t1999\t2\t1\n", ["--sort", "ngram"]);
    assert_eq!(run.quietly().stdout, b"caf\xe9\t2\n", "an n-gram of a table is any bytes");
}

#[test]
fn a_file_in_a_named_encoding_has_the_answer_of_the_same_text_in_utf8() {
    let scratch = Scratch::new();
    let poem = std::fs::read_to_string(data("poem.txt")).unwrap();
    // KOI8-R lacks some punctuation of the poem.
    let poem = poem.replace(['—', '«', '»', '…', '“', '”', '„', '’'], "-");
    let (koi8, _, lossy) = encoding_rs::KOI8_R.encode(&poem);
    assert!(!lossy);
    let expected = ngramcount_reading(poem.as_bytes(), ["-n", "1..2"]).quietly();
    for file in [scratch.file("plain", &koi8), scratch.file("packed", gzip(&koi8))] {
        let run = count(&file, &["-n", "1..2", "--encoding", "KOI8-R"]);
        assert_eq!(run.quietly().text(), expected.text());
        assert_eq!(count(&file, &[]).code, Some(1), "without a name");
    }
    let table = scratch.file("table", b"caf\xe9\t1999\t2\t1\ncaf\xe9\t2000\t3\t1\n");
    assert_eq!(count(&table, &["--encoding", "latin1"]).quietly().text(), "café\t5\n");
    let run = ngramcount_reading(b"Gr\xf6\xdfe", ["map", "--encoding", "latin1"]);
    assert_eq!(run.quietly().text(), "Größe\t1\n");
}

#[test]
fn utf16_is_known_by_its_byte_order_mark_and_never_cut_within_a_character() {
    let scratch = Scratch::new();
    // U+0A0A is a letter whose bytes are those of two line feeds.
    let text = "Größe und Maß\r\nਊ и 😀 мир\n".repeat(5_000) + "Ende";
    let expected = ngramcount_reading(text.as_bytes(), ["-n", "1..2"]).quietly();
    let marked = format!("\u{feff}{text}");
    for (name, file) in [("le", utf16(&marked, u16::to_le_bytes)), ("be", utf16(&marked, u16::to_be_bytes))] {
        for file in [scratch.file(name, &file), scratch.file("packed", gzip(&file))] {
            for options in [&["-n", "1..2"][..], &["-n", "1..2", "--encoding", "koi8-r"]] {
                assert_eq!(count(&file, options).quietly().text(), expected.text(), "{name}");
            }
        }
        assert_eq!(ngramcount_reading(&file, ["-n", "1..2"]).quietly().text(), expected.text());
    }
    let nameless = scratch.file("nameless", utf16("one two\n", u16::to_le_bytes));
    let run = count(&nameless, &[]);
    let why = "neither text nor in a known format: it has NUL bytes; if it is UTF-16, add --encoding utf-16le, and \
               --format text counts it all the same";
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {}: {why}\n", nameless.display())));
    assert_eq!(count(&nameless, &["--encoding", "utf-16le"]).quietly().text(), "one\t1\ntwo\t1\n");
}

#[test]
fn bytes_that_are_not_in_the_encoding_are_an_error_with_their_line() {
    let scratch = Scratch::new();
    let shift_jis = scratch.file("old", b"one\ntwo\nthree \xfd\nfour\n");
    let run = count(&shift_jis, &["--encoding", "shift_jis"]);
    let why = "line 3: not in the encoding Shift_JIS";
    assert_eq!((run.code, run.text()), (Some(1), ""));
    assert_eq!(run.stderr, format!("ngramcount: {}: {why}\n", shift_jis.display()));
    let half = scratch.file("half", b"\xff\xfeo\0n\0e\0\n\0t");
    let run = count(&half, &["--tokens", "blanks"]);
    let why = "line 2: not in the encoding UTF-16LE";
    assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {}: {why}\n", half.display())));
    let run = ngramcount(["--encoding", "latin"]);
    let why = "invalid value 'latin' for '--encoding <E>': expected auto, bytes or a name as windows-1252, koi8-r, \
               shift_jis or utf-16le";
    assert_eq!((run.code, run.stderr), (Some(2), format!("ngramcount: {why}\n")));
}

#[test]
fn each_file_of_an_archive_has_an_encoding_of_its_own() {
    let scratch = Scratch::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let marked = "\u{feff}Größe\nMaß";
    let files =
        [utf16(marked, u16::to_le_bytes), marked.into(), utf16(marked, u16::to_be_bytes), "Größe Maß".into()];
    for (number, file) in files.iter().enumerate() {
        archive.start_file(format!("{number}.txt"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(file).unwrap();
    }
    let file = scratch.file("in.zip", archive.finish().unwrap().into_inner());
    for executor in EXECUTORS {
        let run = ngramcount(args![file, "--executor", executor]);
        assert_eq!(run.quietly().text(), "Größe\t4\nMaß\t4\n");
    }
}
