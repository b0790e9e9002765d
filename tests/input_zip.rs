//! Zip archives are read whole or not at all, and each fault has a name.

use std::fs;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ngramcount::input::{Chunks, Control, InputError, Limits, Sniffed, Source};
use ngramcount::record::Format;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive of these files.
fn archive(files: &[(&str, &str)], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::default().compression_method(method);
        if name.ends_with('/') {
            archive.add_directory(*name, options).unwrap();
        } else {
            archive.start_file(*name, options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

fn write(dir: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join("a.csv.zip");
    fs::write(&path, bytes).unwrap();
    path
}

/// The lines of all chunks, and the bytes that the progress counters say were read.
fn read(path: &Path, lines: u64) -> Result<(Vec<String>, u64), InputError> {
    let control = Control::new();
    let limits = Limits::lines(NonZeroU64::new(lines).unwrap());
    let chunks = Chunks::open(vec![Source::from(path)], limits, control.clone())?;
    let texts = chunks.map(|chunk| Ok(String::from_utf8(chunk?.bytes.to_vec()).unwrap()));
    let texts: Vec<String> = texts.collect::<Result<_, InputError>>()?;
    let lines = texts.concat().split_inclusive('\n').map(str::to_owned).collect();
    Ok((lines, control.progress.read_bytes()))
}

const FILES: [(&str, &str); 5] =
    [("a.csv", "one\ntwo"), ("folder/", ""), ("empty", ""), ("folder/b.csv", "three\r\n"), ("c", "four")];

#[test]
fn every_file_of_an_archive_is_read_and_a_line_ends_with_its_file() {
    let dir = TempDir::new().unwrap();
    for method in [CompressionMethod::Deflated, CompressionMethod::Stored] {
        let archive = archive(&FILES, method);
        let path = write(&dir, &archive);
        for lines in [1, 2, 20_000] {
            let (found, read) = read(&path, lines).unwrap();
            assert_eq!(found, ["one\n", "two\n", "three\r\n", "four"]);
            assert_eq!(read, archive.len() as u64);
        }
    }
    assert_eq!(read(&write(&dir, &archive(&[], CompressionMethod::Stored)), 1).unwrap().0, [""; 0]);
}

#[test]
fn a_large_file_comes_out_as_it_went_in() {
    let dir = TempDir::new().unwrap();
    let text: String = (0..100_000).map(|n| format!("line {n}\n")).collect();
    let path = write(&dir, &archive(&[("a", &text), ("b", &text)], CompressionMethod::Deflated));
    assert_eq!(read(&path, 20_000).unwrap().0.concat(), text.repeat(2));
}

#[test]
fn each_fault_of_an_archive_has_a_name() {
    let whole = archive(&[("a", &"some text\n".repeat(1000))], CompressionMethod::Deflated);
    let cut = "damaged: the zip archive is cut short or its directory is not valid";
    assert_eq!(refusal(&whole[..whole.len() - 30]), cut);
    for start in ["PK\x03\x04", "PK\x03", "PK\x05"] {
        assert_eq!(refusal(start.as_bytes()), cut);
    }

    let data = whole.windows(10).position(|part| part == b"some text\n".as_slice());
    assert_eq!(data, None, "the text is packed");
    let mut damaged = whole.clone();
    damaged[40..60].fill(0xff);
    assert_eq!(refusal(&damaged), "damaged: the zip data cannot be unpacked");

    // The checksum in the directory, behind its magic bytes.
    let directory = whole.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    let mut damaged = whole.clone();
    damaged[directory + 16] ^= 1;
    assert_eq!(refusal(&damaged), "damaged: the zip checksum does not match (after line 1000)");

    let mut encrypted = whole;
    encrypted[directory + 8] |= 1;
    assert_eq!(refusal(&encrypted), "a file in the zip archive is encrypted");
}

/// `bytes` with every `name` replaced by another name of the same length, in the directory and beside the data.
fn renamed(bytes: &[u8], name: &str, other: &str) -> Vec<u8> {
    assert_eq!(name.len(), other.len());
    let mut renamed = bytes.to_vec();
    for at in 0..=bytes.len() - name.len() {
        if bytes[at..].starts_with(name.as_bytes()) {
            renamed[at..at + name.len()].copy_from_slice(other.as_bytes());
        }
    }
    assert_ne!(renamed, bytes);
    renamed
}

/// What is said of an archive that cannot be read, without the name of the archive.
fn refusal(bytes: &[u8]) -> String {
    let dir = TempDir::new().unwrap();
    let path = write(&dir, bytes);
    let error = read(&path, 10).unwrap_err().to_string();
    error.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
}

#[test]
fn an_archive_with_two_files_of_one_name_is_refused() {
    for method in [CompressionMethod::Deflated, CompressionMethod::Stored] {
        for files in
            [&[("first", "one\n"), ("other", "two\n")][..], &[("first", "one\n"), ("other", "one\n")]]
        {
            let said = "two files in the zip archive have one name; `unzip -p` unpacks both";
            assert_eq!(refusal(&renamed(&archive(files, method), "other", "first")), said);
        }
    }
}

#[test]
fn an_archive_that_holds_more_than_its_directory_lists_is_refused() {
    let said = "damaged: the zip archive holds more than its directory lists";
    let one = archive(&[("a", "one\n")], CompressionMethod::Stored);
    let two = archive(&[("a", "one\n"), ("b", "two\n")], CompressionMethod::Stored);
    for listed in [0, 1] {
        let mut counted_less = two.clone();
        let end = counted_less.windows(4).rposition(|part| part == b"PK\x05\x06").unwrap();
        counted_less[end + 8] = listed;
        counted_less[end + 10] = listed;
        assert_eq!(refusal(&counted_less), said);
    }
    assert_eq!(refusal(&[one.clone(), two].concat()), said, "one archive behind another");
    assert_eq!(refusal(&[one, archive(&[], CompressionMethod::Stored)].concat()), said);
}

#[test]
fn a_file_with_data_is_read_whatever_its_name() {
    let dir = TempDir::new().unwrap();
    for name in ["folder/", "folder\\"] {
        let archive = archive(&[("folder_", "one\n"), ("b", "two\n")], CompressionMethod::Deflated);
        let path = write(&dir, &renamed(&archive, "folder_", name));
        assert_eq!(read(&path, 10).unwrap().0, ["one\n", "two\n"]);
    }
}

#[test]
fn text_that_begins_with_the_same_letters_is_text() {
    let dir = TempDir::new().unwrap();
    for text in ["P", "PK", "PKW\n", "PK\x03\n"] {
        assert_eq!(read(&write(&dir, text.as_bytes()), 1).unwrap().0.concat(), text);
    }
}

#[test]
fn every_chunk_has_the_format_of_its_file_for_all_chunk_sizes() {
    let dir = TempDir::new().unwrap();
    let texts = ["1\nx\ny\n", "", "\n\n\n2\n", &("\n".repeat(300_000) + "3\n"), "4"];
    let sources: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let path = dir.path().join(index.to_string());
            fs::write(&path, text).unwrap();
            Source::from(path)
        })
        .collect();
    for lines in [1, 2, 1000] {
        let control = Control::new();
        let limits = Limits::lines(NonZeroU64::new(lines).unwrap());
        let chunks =
            Chunks::open(sources.clone(), limits, control).unwrap().sniffed_by(Box::new(|start, whole| {
                match start.iter().find(|byte| byte.is_ascii_digit()) {
                    Some(digit) => Sniffed::Read { format: Format::ALL[usize::from(digit - b'0')], skip: 0 },
                    None if whole => Sniffed::Read { format: Format::V1, skip: 0 },
                    None => Sniffed::NeedMore,
                }
            }));
        let mut found = texts.map(|_| String::new());
        for chunk in chunks {
            let chunk = chunk.unwrap();
            let digit = chunk.origin.file + if chunk.origin.file < 2 { 1 } else { 0 };
            assert_eq!(chunk.origin.format, Format::ALL[digit as usize]);
            found[chunk.origin.file as usize] += std::str::from_utf8(&chunk.bytes).unwrap();
        }
        assert_eq!(found, texts);
    }
}

#[test]
fn a_file_may_be_refused_and_a_fault_in_its_first_bytes_is_reported_in_its_turn() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("in");
    fs::write(&path, "text\n").unwrap();
    let open = || {
        let limits = Limits::lines(NonZeroU64::MIN);
        Chunks::open(vec![Source::from(&path)], limits, Control::new()).unwrap()
    };
    let refused =
        open().sniffed_by(Box::new(|_, _| Sniffed::Refuse("no".into()))).next().unwrap().unwrap_err();
    assert_eq!(refused.to_string(), format!("{}: no", path.display()));

    let whole = archive(&[("a", "one\ntwo\n")], CompressionMethod::Stored);
    let mut damaged = whole.clone();
    let directory = whole.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    damaged[directory + 16] ^= 1;
    fs::write(&path, damaged).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shown = Arc::clone(&seen);
    let mut chunks = open().sniffed_by(Box::new(move |start, whole| {
        shown.lock().unwrap().push((start.to_vec(), whole));
        if whole { Sniffed::Read { format: Format::V2, skip: 0 } } else { Sniffed::NeedMore }
    }));
    assert_eq!(&chunks.next().unwrap().unwrap().bytes[..], b"one\n");
    assert_eq!(&chunks.next().unwrap().unwrap().bytes[..], b"two\n");
    assert!(matches!(chunks.next(), Some(Err(InputError::Zip { line: 2, .. }))));
    assert!(chunks.next().is_none());
    assert_eq!(*seen.lock().unwrap(), [(b"one\ntwo\n".to_vec(), false), (b"one\ntwo\n".to_vec(), true)]);
}
