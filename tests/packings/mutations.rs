//! Every cut and every changed byte of a small file of several streams, beside the program of its format: what that refuses
//! is refused, and what it unpacks is unpacked to the same bytes.
//!
//! Without the programs (`zstd`, `bzip2`, `xz`, `lz4`) the tests fail under `CI=true`, and are left out elsewhere.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::pack::{lines, read, skippable};

/// A program that packs and unpacks a format.
struct Reference {
    program: &'static str,
    unpack: &'static [&'static str],
    /// Bytes by which a file is known.
    magic_bytes: usize,
    /// It takes what follows a stream and begins no other for padding. That is refused here, unless it is zeros.
    ignores_what_follows: bool,
}

impl Reference {
    fn is_there(&self) -> bool {
        let there = Command::new(self.program).arg("--version").output().is_ok();
        assert!(there || std::env::var("CI").is_err(), "{} is not installed", self.program);
        there
    }

    /// What the program writes for `input`; `None` if it fails.
    fn run(&self, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
        let mut child = Command::new(self.program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It may end early. A pipe holds more than these files have.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        output.status.success().then_some(output.stdout)
    }

    fn pack(&self, args: &[&str], text: &[u8]) -> Vec<u8> {
        self.run(args, text).unwrap()
    }

    /// Compares what the program and the reader make of all mutants of a file.
    fn compare(&self, whole: &[u8]) {
        let text = self.run(self.unpack, whole).unwrap();
        assert_eq!(read(whole).unwrap(), text);
        let cuts = (1..whole.len()).map(|length| whole[..length].to_vec());
        let flips = (0..whole.len()).flat_map(|at| [1 << (at % 8), 0xff].map(|mask| (at, mask)));
        let flips = flips.map(|(at, mask)| {
            let mut flipped = whole.to_vec();
            flipped[at] ^= mask;
            flipped
        });
        let tails = [&b"x"[..], b"\0", b"\0\0\0\0", b"text\n"];
        let longer = tails.into_iter().map(|tail| [whole, tail].concat());
        for (number, mutant) in cuts.chain(flips).chain(longer).enumerate() {
            let what = format!("{} mutant {number}", self.program);
            match (self.run(self.unpack, &mutant), read(&mutant)) {
                (None, Err(_)) => {}
                (Some(expected), Ok(found)) => assert_eq!(found, expected, "{what}"),
                // It does not begin as a packed file any more, or is so short that it may be text, and is read as it is.
                (None, Ok(found)) => {
                    let has_magic = mutant.starts_with(&whole[..self.magic_bytes]);
                    assert!(found == mutant && !has_magic, "{what}: {found:x?}");
                }
                // The program took damaged data for sound ones, or left out a stream that it did not recognize.
                (Some(expected), Err(error)) => {
                    assert!(expected != text || self.ignores_what_follows, "{what}: {error}");
                }
            }
        }
    }
}

#[test]
fn zstd_files() {
    let zstd = Reference {
        program: "zstd",
        unpack: &["-dcq", "--long=31"],
        magic_bytes: 4,
        ignores_what_follows: false,
    };
    if zstd.is_there() {
        let frames = [
            zstd.pack(&["-cq", "--check"], &lines(3, 20)),
            skippable(b"a note"),
            zstd.pack(&["-cq", "-19", "--no-check"], &lines(5, 30)),
            zstd.pack(&["-cq", "--check"], b""),
            zstd.pack(&["-cq", "--check", "--long=27"], b"the last"),
        ];
        zstd.compare(&frames.concat());
    }
}

#[test]
fn bzip2_files() {
    let bzip2 = Reference { program: "bzip2", unpack: &["-dc"], magic_bytes: 10, ignores_what_follows: true };
    if bzip2.is_there() {
        let streams = [
            bzip2.pack(&["-c"], &lines(3, 40)),
            bzip2.pack(&["-c"], b""),
            bzip2.pack(&["-1c"], &lines(7, 9)),
        ];
        bzip2.compare(&streams.concat());
    }
}

#[test]
fn xz_files() {
    let xz = Reference { program: "xz", unpack: &["-dc"], magic_bytes: 6, ignores_what_follows: false };
    if xz.is_there() {
        let streams = [
            xz.pack(&["-c", "--check=crc64"], &lines(3, 20)),
            xz.pack(&["-c", "--check=crc32", "--block-size=256"], &lines(5, 40)),
            vec![0; 8],
            xz.pack(&["-c", "--check=sha256"], b""),
            xz.pack(&["-c", "--check=sha256"], b"the last"),
        ];
        xz.compare(&streams.concat());
    }
}

#[test]
fn lz4_files() {
    let lz4 = Reference { program: "lz4", unpack: &["-dcq"], magic_bytes: 4, ignores_what_follows: false };
    if lz4.is_there() {
        let frames = [
            lz4.pack(&["-cq"], &lines(3, 20)),
            skippable(b"a note"),
            lz4.pack(&["-cq", "-BX", "-B4", "-BD", "--content-size"], &lines(5, 30)),
            lz4.pack(&["-cq"], b""),
            lz4.pack(&["-cq", "--no-frame-crc", "-9"], &lines(7, 9)),
        ];
        lz4.compare(&frames.concat());
    }
}
