//! Inputs that are not what they should be: each ends in an error that names the file and says what is wrong,
//! and none in a panic, a hang or a shorter answer.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::num::NonZeroU64;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use ngramcount::input::{
    Chunks, Control, FileChange, InputError, Limits, Note, PackedFault, Packing, Source, read_ahead,
};
use rustix::fs::{CWD, FileType, Mode};
use tempfile::TempDir;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn open(sources: Vec<Source>, control: &Control) -> Result<Chunks, InputError> {
    let two_lines = Limits::lines(NonZeroU64::new(2).unwrap());
    Chunks::open(sources, two_lines, control.clone())
}

/// All that can be read from `path`.
fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    for chunk in open(vec![path.into()], &Control::new())? {
        bytes.extend_from_slice(&chunk?.bytes);
    }
    Ok(bytes)
}

fn read_stored(stored: &[u8]) -> Result<Vec<u8>, InputError> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("file.gz");
    fs::write(&path, stored).unwrap();
    read(&path)
}

/// The fault found in a file of these bytes and the number of lines unpacked before it.
fn fault(stored: &[u8]) -> (PackedFault, u64) {
    match read_stored(stored) {
        Err(InputError::Packed { fault, line, .. }) => (fault, line),
        other => panic!("expected a gzip fault, got {other:?}"),
    }
}

#[test]
fn all_members_count_wherever_they_are_cut() {
    let text = b"one\ntwo\nthree\nfour";
    for at in 0..=text.len() {
        let (left, right) = text.split_at(at);
        let members = [gzip(left), gzip(b""), gzip(right)].concat();
        assert_eq!(read_stored(&members).unwrap(), text, "members cut at {at}");
    }
    let many: Vec<u8> = text.iter().flat_map(|&byte| gzip(&[byte])).collect();
    assert_eq!(read_stored(&many).unwrap(), text, "a member a byte");
    assert_eq!(read_stored(&gzip(b"")).unwrap(), b"", "an empty member alone");
}

#[test]
fn all_fields_a_gzip_header_may_have_are_accepted() {
    let mut encoder = GzBuilder::new()
        .filename("name")
        .comment("comment")
        .extra(b"extra".to_vec())
        .write(Vec::new(), Compression::fast());
    encoder.write_all(b"a\nb\n").unwrap();
    let member = encoder.finish().unwrap();
    assert_eq!(read_stored(&[member.clone(), member].concat()).unwrap(), b"a\nb\na\nb\n");
}

#[test]
fn a_file_cut_anywhere_is_truncated_except_between_members() {
    let (first, second) = (gzip(b"one\ntwo\nthree\n"), gzip(b"four\nfive\n"));
    let whole = [&first[..], &second].concat();
    for len in 1..whole.len() {
        let cut = &whole[..len];
        if len == first.len() {
            assert_eq!(read_stored(cut).unwrap(), b"one\ntwo\nthree\n");
        } else {
            let (fault, line) = fault(cut);
            assert_eq!(fault, PackedFault::Truncated(Packing::Gzip), "cut to {len} of {} bytes", whole.len());
            let possible = if len < first.len() { 0..=3 } else { 3..=5 };
            assert!(possible.contains(&line), "cut to {len}: after line {line}");
        }
    }
    assert_eq!(read_stored(b"").unwrap(), b"");
}

#[test]
fn zeros_behind_the_last_member_are_padding() {
    let text = b"one\ntwo\nthree";
    let members = [gzip(b"one\n"), gzip(b"two\nthree")].concat();
    for zeros in [1, 2, 3, 511, 512, 500_000] {
        for member in [&members, &gzip(text)] {
            let padded = [&member[..], &vec![0; zeros]].concat();
            assert_eq!(read_stored(&padded).unwrap(), text, "{zeros} zeros");
        }
    }
}

#[test]
fn each_fault_is_told_apart() {
    let member = gzip(b"one\ntwo\nthree\n");
    let with = |at: usize, byte: u8| {
        let mut copy = member.clone();
        copy[at] = byte;
        copy
    };
    let len = member.len();
    let followed_by = |trailer: &[u8]| [&member[..], trailer].concat();
    let cases: Vec<(&str, Vec<u8>, PackedFault, u64)> = vec![
        ("another method than deflate", with(2, 7), PackedFault::Header(Packing::Gzip), 0),
        ("a reserved flag", with(3, 0x80), PackedFault::Header(Packing::Gzip), 0),
        ("a block of the type that does not exist", with(10, 0xff), PackedFault::Data(Packing::Gzip), 0),
        ("a wrong checksum", with(len - 8, member[len - 8] ^ 1), PackedFault::Checksum(Packing::Gzip), 3),
        ("a wrong length", with(len - 1, 1), PackedFault::Checksum(Packing::Gzip), 3),
        ("one stray byte", followed_by(b"x"), PackedFault::TrailingData(Packing::Gzip), 3),
        ("a line of text", followed_by(b"four\n"), PackedFault::TrailingData(Packing::Gzip), 3),
        ("much text", followed_by(&[b'x'; 500_000]), PackedFault::TrailingData(Packing::Gzip), 3),
        ("zeros, then text", followed_by(b"\0\0x"), PackedFault::TrailingData(Packing::Gzip), 3),
        (
            "many zeros, then text",
            followed_by(&[&[0; 500_000][..], b"x"].concat()),
            PackedFault::TrailingData(Packing::Gzip),
            3,
        ),
        (
            "a zero, then a member",
            followed_by(&[b"\0", &member[..]].concat()),
            PackedFault::TrailingData(Packing::Gzip),
            3,
        ),
        (
            "a zero, then half a magic number",
            followed_by(b"\0\x1f"),
            PackedFault::TrailingData(Packing::Gzip),
            3,
        ),
        (
            "half a magic number, then text",
            followed_by(b"\x1fx"),
            PackedFault::TrailingData(Packing::Gzip),
            3,
        ),
        ("half a magic number", followed_by(b"\x1f"), PackedFault::Truncated(Packing::Gzip), 3),
        ("a magic number and no more", followed_by(b"\x1f\x8b"), PackedFault::Truncated(Packing::Gzip), 3),
        (
            "a magic number, then text",
            followed_by(b"\x1f\x8b some other text"),
            PackedFault::Header(Packing::Gzip),
            3,
        ),
        (
            "a header, then nonsense",
            followed_by(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff"),
            PackedFault::Data(Packing::Gzip),
            3,
        ),
    ];
    for (what, stored, expected, line) in cases {
        assert_eq!(fault(&stored), (expected, line), "{what}");
    }
}

#[test]
fn every_flipped_bit_is_detected() {
    let text = b"one\t1999\t1\t1\none\t2000\t2\t2\nthree\t1888\t3\t3\n";
    let sound = gzip(text);
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut stored = sound.clone();
            stored[at] ^= 1 << bit;
            match (at, read_stored(&stored)) {
                // Without its magic number it is not gzip, and read as the plain bytes that it then is.
                (0 | 1, read) => assert_eq!(read.unwrap(), stored),
                (_, Ok(read)) => assert_eq!(read, text, "byte {at}, bit {bit}"),
                (_, Err(InputError::Packed { .. })) => {}
                (_, Err(other)) => panic!("byte {at}, bit {bit}: {other}"),
            }
        }
    }
}

#[test]
fn messages_name_the_file_and_the_fault() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.gz");
    let name = path.display();
    let member = gzip(b"one\ntwo\nthree\n");
    let message = |stored: &[u8]| {
        fs::write(&path, stored).unwrap();
        read(&path).unwrap_err().to_string()
    };
    assert_eq!(
        message(&member[..member.len() - 3]),
        format!("{name}: truncated: the gzip stream ends in the middle (after line 3)")
    );
    assert_eq!(message(&member[..5]), format!("{name}: truncated: the gzip stream ends in the middle"));
    assert_eq!(
        message(&[&member[..], b"junk"].concat()),
        format!("{name}: there is data after the end of the gzip stream that is not gzip (after line 3)")
    );
    let mut wrong = member.clone();
    wrong[member.len() - 5] ^= 0xff;
    assert_eq!(message(&wrong), format!("{name}: damaged: the gzip checksum does not match (after line 3)"));
}

#[test]
fn a_bad_name_fails_before_anything_is_read() {
    let dir = TempDir::new().unwrap();
    let good = dir.path().join("good");
    fs::write(&good, "a\n").unwrap();
    let control = Control::new();
    let refuse = |bad: &Path| match open(vec![good.clone().into(), bad.into()], &control) {
        Ok(_) => panic!("{} was accepted", bad.display()),
        Err(error) => error.to_string(),
    };

    let missing = dir.path().join("missing");
    assert_eq!(refuse(&missing), format!("{}: no such file", missing.display()));
    assert_eq!(refuse(dir.path()), format!("{}: is a directory", dir.path().display()));
    let below_a_file = good.join("x");
    assert!(refuse(&below_a_file).starts_with(&format!("{}: cannot be opened: ", below_a_file.display())));

    let locked = dir.path().join("locked");
    fs::write(&locked, "a\n").unwrap();
    fs::set_permissions(&locked, Permissions::from_mode(0o000)).unwrap();
    // Root may read everything, and then there is nothing to see here.
    if File::open(&locked).is_err() {
        assert!(refuse(&locked).contains("cannot be opened: Permission denied"));
    }
    assert_eq!(control.progress.read_bytes(), 0);
}

#[test]
fn a_file_that_vanishes_before_its_turn_is_an_error() {
    let dir = TempDir::new().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    fs::write(&first, "a\n").unwrap();
    fs::write(&second, "b\n").unwrap();
    let mut chunks = open(vec![first.into(), second.clone().into()], &Control::new()).unwrap();
    assert_eq!(&chunks.next().unwrap().unwrap().bytes[..], b"a\n");
    fs::remove_file(&second).unwrap();
    assert!(matches!(chunks.next(), Some(Err(InputError::NotFound { .. }))));
    assert!(chunks.next().is_none());
}

/// The chunks of a file to which something happens after its first chunk, and the notes.
fn changed_while_read(
    stored: &[u8],
    change: impl FnOnce(&Path),
) -> (Result<Vec<u8>, InputError>, Vec<FileChange>) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, stored).unwrap();
    // The clock of a file system may be as coarse as a tick of the system.
    thread::sleep(Duration::from_millis(20));
    let control = Control::new();
    let mut chunks = open(vec![path.clone().into()], &control).unwrap();
    let mut bytes = chunks.next().unwrap().unwrap().bytes.to_vec();
    change(&path);
    let rest: Result<Vec<_>, _> = chunks.collect();
    let read = rest.map(|chunks| {
        chunks.iter().for_each(|chunk| bytes.extend_from_slice(&chunk.bytes));
        bytes
    });
    let change = |note| match note {
        Note::Changed { change, .. } => change,
        other => panic!("{other:?}"),
    };
    (read, control.notes.all().into_iter().map(change).collect())
}

#[test]
fn a_file_that_changes_while_it_is_read_is_the_one_that_was_opened_or_an_error() {
    // Packed it is still larger than what the reader has seen of it after one chunk.
    let text: String = (0..100_000_u64).map(|n| format!("{}\n", n * n * n % 999_999_937)).collect();
    for stored in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let from = stored.len() as u64;
        let write = |path: &Path| OpenOptions::new().append(true).open(path).unwrap();
        for to in [0, from / 2, from - 1] {
            let (read, notes) = changed_while_read(&stored, |path| write(path).set_len(to).unwrap());
            let Err(InputError::Changed { change: FileChange::Cut { from: was, to: is }, .. }) = read else {
                panic!("{to}")
            };
            assert_eq!((was, notes), (from, vec![]));
            assert!(is >= to && is < from, "{is} is not between {to} and {from}");
        }
        let (read, notes) = changed_while_read(&stored, |path| write(path).write_all(b"more\n").unwrap());
        assert_eq!((read.unwrap() == text.as_bytes(), notes), (true, vec![FileChange::Grown { from }]));
        let (read, _) = changed_while_read(&stored, |path| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&file, b"0", from - 12).unwrap();
        });
        assert!(
            matches!(read, Err(InputError::Changed { change: FileChange::Altered, .. })),
            "{:?}",
            read.map(|bytes| bytes.len())
        );
        // Written anew, and longer than before.
        let (read, _) =
            changed_while_read(&stored, |path| fs::write(path, "another\n".repeat(200_000)).unwrap());
        assert!(
            matches!(read, Err(InputError::Changed { change: FileChange::Altered, .. })),
            "{:?}",
            read.map(|bytes| bytes.len())
        );
        let (read, notes) = changed_while_read(&stored, |path| fs::remove_file(path).unwrap());
        assert_eq!((read.unwrap() == text.as_bytes(), notes), (true, vec![FileChange::Removed]));
        let (read, notes) = changed_while_read(&stored, |path| {
            let other = path.with_extension("new");
            fs::write(&other, "another\n").unwrap();
            fs::rename(other, path).unwrap();
        });
        assert_eq!((read.unwrap() == text.as_bytes(), notes), (true, vec![FileChange::Replaced]));
    }
}

#[test]
fn a_zip_archive_that_is_cut_while_it_is_read_is_told_as_such() {
    let text: String = (0..300_000_u64).map(|n| format!("{}\n", n * n * n % 999_999_937)).collect();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("a", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(text.as_bytes()).unwrap();
    let stored = archive.finish().unwrap().into_inner();
    let (read, _) = changed_while_read(&stored, |path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(stored.len() as u64 / 2).unwrap();
    });
    assert!(
        matches!(read, Err(InputError::Changed { change: FileChange::Cut { .. }, .. })),
        "{:?}",
        read.map(|bytes| bytes.len())
    );
}

fn fifo(dir: &TempDir) -> PathBuf {
    let path = dir.path().join("fifo");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    path
}

#[test]
fn a_fifo_is_read_to_its_end_in_pieces_of_any_size() {
    let dir = TempDir::new().unwrap();
    for stored in [b"one\ntwo\nthree\n".to_vec(), [gzip(b"one\ntwo\n"), gzip(b"three\n")].concat()] {
        let path = fifo(&dir);
        let bytes = thread::scope(|scope| {
            scope.spawn(|| {
                let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
                for byte in &stored {
                    writer.write_all(&[*byte]).unwrap();
                    thread::sleep(Duration::from_micros(200));
                }
            });
            read(&path)
        });
        assert_eq!(bytes.unwrap(), b"one\ntwo\nthree\n");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn waiting_for_a_fifo_can_be_cancelled() {
    let dir = TempDir::new().unwrap();
    let path = fifo(&dir);
    let started = Instant::now();
    // First with nobody at the other end, then with somebody who stays silent.
    for silent_writer in [false, true] {
        let writer = silent_writer.then(|| OpenOptions::new().read(true).write(true).open(&path).unwrap());
        let control = Control::new();
        let mut chunks = open(vec![path.clone().into()], &control).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(50));
                control.cancel.cancel();
            });
            assert!(matches!(chunks.next(), Some(Err(InputError::Stopped))));
            assert!(chunks.next().is_none(), "said once is enough");
        });
        drop(writer);
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_dropped_read_ahead_ends_its_reader_though_the_fifo_is_silent() {
    let dir = TempDir::new().unwrap();
    let path = fifo(&dir);
    let mut writer = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    writer.write_all(b"a\nb\nc\n").unwrap();
    let control = Control::new();
    let chunks = open(vec![path.into()], &control).unwrap();
    thread::scope(|scope| {
        let mut ahead = read_ahead(scope, chunks, 1).unwrap();
        assert_eq!(&ahead.next().unwrap().unwrap().bytes[..], b"a\nb\n");
    });
    assert!(!control.cancel.is_cancelled(), "that is not what an interrupt looks like");
}
