//! What a file begins with decides how it is read, whatever its name.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use ngramcount::input::{InputError, PackedFault};

use crate::common::{Scratch, gzip, ngramcount, piped, program};
use crate::pack::{PACKINGS, lines, read, skippable, zstd};

#[test]
fn the_content_of_a_file_decides_and_not_its_name() {
    let scratch = Scratch::new();
    for (ending, _, pack) in PACKINGS {
        let named = scratch.file(&format!("plain.{ending}"), "the fish\n");
        assert_eq!(ngramcount(args![named, "-w", "fish"]).quietly().text(), "fish\t1\n", "{ending}");
        let packed = scratch.file("packed.txt", pack(b"the fish\n"));
        assert_eq!(ngramcount(args![packed, "-w", "fish"]).quietly().text(), "fish\t1\n", "{ending}");
    }
}

#[test]
fn a_file_that_is_a_part_of_a_magic_number_is_cut_off_unless_it_may_be_text() {
    // `(`, and `B`, `BZ` and `BZh`.
    let most_text = |ending| match ending {
        "zst" => 1,
        "bz2" => 3,
        _ => 0,
    };
    for (ending, name, pack) in PACKINGS {
        let packed = pack(b"");
        for length in 1..=8.min(packed.len() - 1) {
            let start = &packed[..length];
            match read(start) {
                Ok(text) => assert!(length <= most_text(ending) && text == start, "{start:x?}"),
                Err(InputError::Packed { fault: PackedFault::Truncated(packing), .. }) => {
                    assert!(length > most_text(ending) && packing.to_string() == name, "{start:x?}");
                }
                Err(other) => panic!("{start:x?}: {other}"),
            }
        }
    }
    for text in ["P", "PK", "P*", "P*M", "Z", "(a", "BZh", "BZhx", "BZh0", "BZh9 ", "\u{1f}a"] {
        assert_eq!(read(text.as_bytes()).unwrap(), text.as_bytes());
    }
}

#[test]
fn a_file_of_the_first_byte_of_gzip_ends_the_run_with_an_error() {
    let scratch = Scratch::new();
    let file = scratch.file("words.gz", b"\x1f");
    let said = format!("ngramcount: {}: truncated: the gzip stream ends in the middle\n", file.display());
    for executor in crate::common::EXECUTORS {
        let run = ngramcount(args![file, "--executor", *executor]);
        assert_eq!((run.code, &*run.stderr, &*run.stdout), (Some(1), &*said, &b""[..]));
    }
}

/// A pipe may have given a byte or two and be silent for long.
#[test]
fn no_more_bytes_are_waited_for_than_tell_text_from_packed_files() {
    for start in ["xyz", "(a", "B\n", "BZip", "P\n", "PKa", "P*a", "BZh91 "] {
        let (reader, writer) = std::io::pipe().unwrap();
        let reader = File::from(std::os::fd::OwnedFd::from(reader));
        (&writer).write_all(start.as_bytes()).unwrap();
        let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
        let control = ngramcount::input::Control::new();
        let limits = ngramcount::input::Limits::lines(std::num::NonZeroU64::MIN);
        let sniffed = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&sniffed);
        let cancel = control.cancel.clone();
        let chunks = ngramcount::input::Chunks::open(vec![path.as_str().into()], limits, control).unwrap();
        let mut chunks = chunks.sniffed_by(Box::new(move |bytes, _| {
            seen.lock().unwrap().extend_from_slice(bytes);
            // It has been shown what there is.
            cancel.cancel();
            ngramcount::input::Sniffed::NeedMore
        }));
        let began = Instant::now();
        assert!(matches!(chunks.next(), Some(Err(InputError::Stopped))), "{start}");
        assert_eq!(*sniffed.lock().unwrap(), start.as_bytes());
        assert!(began.elapsed() < Duration::from_secs(5), "{start}");
    }
}

#[test]
fn skippable_frames_may_come_first() {
    let text = lines(3, 9);
    for pack in [zstd, crate::pack::lz4] {
        let file = [skippable(b"a note"), skippable(b""), pack(&text)].concat();
        assert_eq!(read(&file).unwrap(), text);
        for cut in 4..20 {
            assert!(matches!(read(&file[..cut]), Err(InputError::Packed { .. })) || cut == 14, "{cut}");
        }
    }
    assert_eq!(read(&skippable(b"nothing else")).unwrap(), b"");
    assert!(read(&[skippable(b"then"), b"text\n".to_vec()].concat()).is_err());
}

#[test]
fn a_file_that_is_packed_twice_is_refused_by_name() {
    let scratch = Scratch::new();
    for (outer, _, pack) in PACKINGS {
        for (_, name, pack_inside) in PACKINGS {
            let file = scratch.file(&format!("twice.{outer}"), pack(&pack_inside(b"the fish\n")));
            let run = ngramcount(args![file]);
            let said = format!(
                "ngramcount: {}: what is in it is packed again, with {name}; one layer is unpacked, no more; undo the outer \
                 one, and pipe what comes of it into ngramcount\n",
                file.display()
            );
            assert_eq!((run.code, &*run.stderr), (Some(1), &*said));
        }
    }
}

#[test]
fn a_tar_archive_is_named_with_what_to_type_in_any_packing() {
    // By the layout of POSIX, one file.
    let mut archive = vec![0; 1024];
    archive[..8].copy_from_slice(b"poem.txt");
    archive[100..108].copy_from_slice(b"0000644\0");
    archive[124..136].copy_from_slice(b"00000000010\0");
    archive[257..265].copy_from_slice(b"ustar\x0000");
    archive[512..520].copy_from_slice(b"one two\n");
    let scratch = Scratch::new();
    for (ending, _, pack) in PACKINGS {
        for name in [format!("poem.tar.{ending}"), format!("my poem.tar.{ending}")] {
            let file = scratch.file(&name, pack(&archive));
            let file = file.display().to_string();
            let quoted = if name.contains(' ') { format!("'{file}'") } else { file.clone() };
            let run = ngramcount([&file]);
            let said = format!(
                "ngramcount: {file}: this is a tar archive; to count what is in it type `tar -xOf {quoted} | ngramcount`\n"
            );
            assert_eq!((run.code, &*run.stderr), (Some(1), &*said));
        }
    }
}

#[test]
fn other_archives_are_named() {
    let scratch = Scratch::new();
    for (start, name) in
        [(&b"7z\xbc\xaf\x27\x1c\0\x04"[..], "a 7-Zip archive"), (b"LZIP\x01\x0c\0", "an lzip file")]
    {
        let run = ngramcount(args![scratch.file("in", start)]);
        assert!(
            run.code == Some(1) && run.stderr.contains(&format!("this is {name}, which cannot be unpacked"))
        );
    }
}

#[test]
fn packed_files_are_read_from_pipes() {
    for (_, name, pack) in PACKINGS {
        let packed = pack(b"the fish\nthe sea\n");
        let mut child = piped(program().args(["-w", "the"]));
        let mut stdin = child.stdin.take().unwrap();
        let run = std::thread::scope(|scope| {
            scope.spawn(move || {
                for byte in packed.chunks(7) {
                    stdin.write_all(byte).unwrap();
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            crate::common::Run::from(child.wait_with_output().unwrap())
        });
        assert_eq!(run.quietly().text(), "the\t2\n", "{name}");
    }
    // The bytes of a zip archive in a gzip file, from a pipe.
    let run = crate::common::ngramcount_reading(&gzip(b"PK\x03\x04"), ["-w", "the"]);
    assert_eq!(run.code, Some(1));
}
