//! Cutting: every byte of the input is in exactly one chunk, in order, and every chunk says where it came from.

use std::fs;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ngramcount::input::{Chunk, Chunks, Control, InputError, Limits, Origin, Source, read_ahead};
use ngramcount::record::Format;
use proptest::prelude::*;
use tempfile::TempDir;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn write(dir: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn limits(lines: u64) -> Limits {
    Limits::lines(NonZeroU64::new(lines).unwrap())
}

fn open(path: &Path, limits: Limits) -> Chunks {
    Chunks::open(vec![path.into()], limits, Control::new()).unwrap()
}

fn read(path: &Path, limits: Limits) -> Result<Vec<Chunk>, InputError> {
    open(path, limits).collect()
}

fn texts(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| std::str::from_utf8(&chunk.bytes).unwrap()).collect()
}

#[test]
fn a_chunk_has_exactly_the_lines_asked_for_and_the_last_has_the_rest() {
    let dir = TempDir::new().unwrap();
    for count in [0u64, 1, 2, 3, 6, 7, 8, 14, 1000, 20_000] {
        let text: String = (1..=count).map(|n| format!("line {n}\n")).collect();
        let plain = write(&dir, "plain", text.as_bytes());
        let packed = write(&dir, "packed", &gzip(text.as_bytes()));
        for per_chunk in [1u64, 2, 3, 7, 999, 1000, 1001, 1 << 40] {
            for path in [&plain, &packed] {
                let chunks = read(path, limits(per_chunk)).unwrap();
                assert_eq!(chunks.len() as u64, count.div_ceil(per_chunk), "{count} lines by {per_chunk}");
                let mut next = Origin { file: 0, first_line: 1, offset: 0, format: Format::Text };
                for (id, chunk) in chunks.iter().enumerate() {
                    assert_eq!(chunk.id, id as u64);
                    assert_eq!(chunk.origin, next);
                    assert_eq!(chunk.lines, per_chunk.min(count + 1 - next.first_line));
                    assert!(chunk.bytes.starts_with(format!("line {}\n", next.first_line).as_bytes()));
                    next.first_line += chunk.lines;
                    next.offset += chunk.bytes.len() as u64;
                }
                assert_eq!(texts(&chunks).concat(), text);
            }
        }
    }
}

#[test]
fn bytes_are_handed_on_as_they_are() {
    let dir = TempDir::new().unwrap();
    let cases: &[(&str, &[&str])] = &[
        ("a\r\nb\r\nc", &["a\r\nb\r\n", "c"]),
        ("a\nb", &["a\nb"]),
        ("a\nb\n", &["a\nb\n"]),
        ("\n\n\n", &["\n\n", "\n"]),
        ("\n", &["\n"]),
        ("x", &["x"]),
        ("", &[]),
        ("a\rb\u{85}c\u{2028}d\0\n\u{feff}", &["a\rb\u{85}c\u{2028}d\0\n\u{feff}"]),
        ("\u{1f}x", &["\u{1f}x"]),
    ];
    for (text, expected) in cases {
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            let path = write(&dir, "file", &bytes);
            assert_eq!(&texts(&read(&path, limits(2)).unwrap()), expected, "{text:?}");
        }
    }
}

#[test]
fn no_chunk_spans_two_files_and_each_file_counts_its_own_lines() {
    let dir = TempDir::new().unwrap();
    let sources = vec![
        write(&dir, "one", b"a\nb\nc").into(),
        write(&dir, "empty", b"").into(),
        write(&dir, "two.gz", &gzip(b"d\ne\nf\n")).into(),
    ];
    let control = Control::new();
    let chunks: Vec<Chunk> =
        Chunks::open(sources, limits(2), control.clone()).unwrap().map(Result::unwrap).collect();

    assert_eq!(texts(&chunks), ["a\nb\n", "c", "d\ne\n", "f\n"]);
    let origins: Vec<_> =
        chunks.iter().map(|c| (c.id, c.origin.file, c.origin.first_line, c.origin.offset)).collect();
    assert_eq!(origins, [(0, 0, 1, 0), (1, 0, 3, 4), (2, 2, 1, 0), (3, 2, 3, 4)]);
    assert_eq!((control.progress.lines(), control.progress.unpacked_bytes()), (6, 11));
    assert!(control.progress.total_bytes() > 5);
    assert_eq!(
        control.progress.read_bytes(),
        control.progress.total_bytes(),
        "every byte of every file was read, once"
    );
}

#[test]
fn a_chunk_ends_before_the_line_that_would_pass_the_byte_limit() {
    let dir = TempDir::new().unwrap();
    let path = write(&dir, "file", b"aaa\nbbb\nccccccccc\nd\ne\nf\n");
    let cases: &[(usize, &[&str])] = &[
        (1, &["aaa\n", "bbb\n", "ccccccccc\n", "d\n", "e\n", "f\n"]),
        (7, &["aaa\n", "bbb\n", "ccccccccc\n", "d\ne\nf\n"]),
        (8, &["aaa\nbbb\n", "ccccccccc\n", "d\ne\nf\n"]),
        (9, &["aaa\nbbb\n", "ccccccccc\n", "d\ne\nf\n"]),
        (12, &["aaa\nbbb\n", "ccccccccc\nd\n", "e\nf\n"]),
        (24, &["aaa\nbbb\nccccccccc\nd\ne\nf\n"]),
    ];
    for (bytes, expected) in cases {
        let chunks = read(&path, Limits { bytes: *bytes, ..limits(100) }).unwrap();
        assert_eq!(&texts(&chunks), expected, "{bytes} bytes");
    }
}

#[test]
fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
    let dir = TempDir::new().unwrap();
    // Around the sizes in which the reader works: a block of 4 KiB, a step of 128 KiB.
    for limit in [1usize, 5, 4095, 4096, 4097, 131_072, 300_000] {
        let limits = Limits { line_bytes: limit, ..limits(10) };
        for end in ["", "\n", "\nlast\n"] {
            let end = if limit < 5 { end.trim_end_matches("last\n") } else { end };
            let start = "a\n".repeat(25);
            let fits = format!("{start}{}{end}", "x".repeat(limit));
            let path = write(&dir, "fits", fits.as_bytes());
            assert_eq!(texts(&read(&path, limits).unwrap()).concat(), fits);

            let path = write(&dir, "long", format!("{start}{}{end}", "x".repeat(limit + 1)).as_bytes());
            let error = read(&path, limits).unwrap_err();
            assert!(matches!(error, InputError::LineTooLong { line: 26, .. }), "{error}");
            assert_eq!(error.to_string(), format!("{}: line 26: longer than {limit} bytes", path.display()));
        }
    }
}

#[test]
fn an_endless_line_is_given_up_at_the_limit() {
    // If the reader wanted to see the end of the line, this would never return.
    let control = Control::new();
    let limits = Limits { line_bytes: 1 << 20, ..limits(10) };
    let mut chunks = Chunks::open(vec!["/dev/zero".into()], limits, control.clone()).unwrap();
    assert!(matches!(chunks.next(), Some(Err(InputError::LineTooLong { line: 1, .. }))));
    assert!(chunks.next().is_none(), "after an error there is nothing more");
    assert!(
        control.progress.read_bytes() <= (1 << 20) + (256 << 10),
        "read {} bytes",
        control.progress.read_bytes()
    );
    assert_eq!(control.progress.total_bytes(), 0, "a device has no size");
}

#[test]
fn the_real_samples_have_the_lines_that_their_readme_says() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let cases = [
        ("googlebooks-eng-all-1gram-20120701-a.sample.gz", 50_029, 1_041_402, &b"\n"[..]),
        ("googlebooks-eng-all-1gram-20120701-q.selected.crlf.gz", 18_203, 409_484, b"\r\n"),
        ("kjv.txt.gz", 31_102, 4_137_850, b"\n"),
    ];
    for (name, lines, bytes, line_end) in cases {
        let chunks = read(&data.join(name), limits(1000)).unwrap();
        assert_eq!(chunks.iter().map(|chunk| chunk.lines).sum::<u64>(), lines, "{name}");
        assert_eq!(chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>(), bytes, "{name}");
        assert!(chunks[0].bytes.ends_with(line_end), "{name}");
    }
}

#[test]
fn chunks_read_ahead_are_the_same_chunks() {
    let dir = TempDir::new().unwrap();
    let text: String = (0..10_000).map(|n| format!("{n}\n")).collect();
    let path = write(&dir, "file", text.as_bytes());
    let chunks: Vec<Chunk> = std::thread::scope(|scope| {
        read_ahead(scope, open(&path, limits(7)), 3).map(Result::unwrap).collect()
    });
    assert_eq!(texts(&chunks).concat(), text);
    assert!(chunks.iter().enumerate().all(|(n, chunk)| chunk.id == n as u64));
}

proptest! {
    #[test]
    fn the_chunks_of_any_bytes_are_those_bytes_for_all_limits(
        // Few letters and many line ends, so that the limits are met often.
        bytes in prop::collection::vec(prop::sample::select(b"\n\n\r\tab".to_vec()), 0..3000),
        // The reader counts by blocks of 4 KiB; so some chunks lie within one, and some span several.
        copies in 1..10usize,
        lines in prop_oneof![1..60u64, 1000..9000u64],
        chunk_bytes in prop_oneof![1..400usize, 3000..20_000usize],
        pack in any::<bool>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = bytes.repeat(copies);
        let dir = TempDir::new().unwrap();
        let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
        let stored = if pack { [gzip(left), gzip(right)].concat() } else { bytes.clone() };
        let path = write(&dir, "file", &stored);
        let chunks = read(&path, Limits { bytes: chunk_bytes, ..limits(lines) }).unwrap();

        let joined: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
        prop_assert_eq!(&joined, &bytes);
        // What a chunk may be, in the words of the documentation of `Limits`.
        for (n, chunk) in chunks.iter().enumerate() {
            let count = chunk.bytes.split_inclusive(|&b| b == b'\n').count() as u64;
            prop_assert_eq!(count, chunk.lines);
            prop_assert!(count == 1 || chunk.bytes.len() <= chunk_bytes);
            if let Some(next) = chunks.get(n + 1) {
                prop_assert!(chunk.bytes.ends_with(b"\n"));
                let first = next.bytes.split_inclusive(|&b| b == b'\n').next().unwrap();
                prop_assert!(count == lines || chunk.bytes.len() + first.len() > chunk_bytes, "cut too early");
            }
        }
    }
}

#[test]
fn a_source_displays_as_it_was_named() {
    assert_eq!(Source::from("-").to_string(), "standard input");
    assert_eq!(Source::from("./-").to_string(), "./-");
    assert_eq!(Source::from(Path::new("dir/a.gz")).to_string(), "dir/a.gz");
}
