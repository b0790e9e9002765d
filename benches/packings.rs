//! Time of a look-up in a packed file, relative to that of its decoder alone, for each packing.
//!
//! `cargo bench --bench packings`; an ending after `--` selects the packings, as in `-- zst lz4`. The decoder alone is the crate
//! that the program uses, in a loop; beside it stands the program of the format, if it is installed.

#![allow(clippy::print_stdout, reason = "tables on stdout are what it is for")]

mod common;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Contender, interleaved, machine, print_table, runs, seconds, seconds_of, v2_file};
use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use lzma_rust2::{XzOptions, XzReader, XzWriter};
use structured_zstd::decoding::{ContentChecksum, StreamingDecoder};
use structured_zstd::encoding::{CompressionLevel, StreamingEncoder};

/// A packing: its ending, its program, and the file that is packed. Slow decoders get a smaller one.
struct Packing {
    ending: &'static str,
    program: &'static str,
    is_slow: bool,
    pack: fn(&mut dyn Read, File) -> io::Result<()>,
    unpack: fn(BufReader<File>) -> Box<dyn Read>,
}

const PACKINGS: [Packing; 5] = [
    Packing {
        ending: "gz",
        program: "gzip",
        is_slow: false,
        pack: |text, out| {
            let mut packer = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            io::copy(text, &mut packer).and_then(|_| packer.finish()).map(drop)
        },
        unpack: |file| Box::new(MultiGzDecoder::new(file)),
    },
    Packing {
        ending: "zst",
        program: "zstd",
        is_slow: false,
        pack: |text, out| {
            let mut packer = StreamingEncoder::new(out, CompressionLevel::Default);
            packer.set_content_checksum(true)?;
            io::copy(text, &mut packer).and_then(|_| packer.finish()).map(drop)
        },
        unpack: |file| {
            let mut decoder = StreamingDecoder::new(file);
            decoder.decoder_mut().set_content_checksum(ContentChecksum::Verify);
            Box::new(decoder)
        },
    },
    Packing {
        ending: "lz4",
        program: "lz4",
        is_slow: false,
        pack: |text, out| {
            let mut packer = FrameEncoder::new(out);
            io::copy(text, &mut packer)?;
            packer.finish().map(drop).map_err(io::Error::other)
        },
        unpack: |file| Box::new(FrameDecoder::new(file)),
    },
    Packing {
        ending: "bz2",
        program: "bzip2",
        is_slow: true,
        pack: |text, out| {
            let mut packer = bzip2::write::BzEncoder::new(out, bzip2::Compression::default());
            io::copy(text, &mut packer).and_then(|_| packer.finish()).map(drop)
        },
        unpack: |file| Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
    },
    Packing {
        ending: "xz",
        program: "xz",
        is_slow: true,
        pack: |text, out| {
            let mut packer = XzWriter::new(out, XzOptions::with_preset(1))?;
            io::copy(text, &mut packer).and_then(|_| packer.finish()).map(drop)
        },
        unpack: |file| Box::new(XzReader::new(file, true)),
    },
];

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!("{} runs each, interleaved, {}", runs(), machine());
    for packing in PACKINGS {
        if wanted.is_empty() || wanted.iter().any(|ending| ending == packing.ending) {
            measure(&packing);
        }
    }
}

fn measure(packing: &Packing) {
    let (name, bytes, ngrams) = match packing.is_slow {
        true => ("v2-100MB.gz", "100MB", "48000"),
        false => ("v2-1500MB.gz", "1500MB", "720000"),
    };
    let file = packed(packing, &v2_file(name, bytes, ngrams));
    let mut contenders: Vec<Contender> = vec![(
        "decoder alone".into(),
        Box::new(|| seconds(|| drain((packing.unpack)(open(&file))).expect("the file is sound"))),
    )];
    if Command::new(packing.program).arg("--version").output().is_ok() {
        let mut command = Command::new(packing.program);
        command.arg("-dc").arg(&file);
        contenders.push((format!("{} -dc", packing.program), Box::new(move || seconds_of(&mut command))));
    }
    for executor in ["processes", "threads"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
        command.arg(&file).args(["--quiet", "--word", "Aardvark", "--workers", "2", "--executor", executor]);
        contenders.push((format!("--word, {executor}"), Box::new(move || seconds_of(&mut command))));
    }
    println!("\n## .{}, {bytes} of v2\n", packing.ending);
    print_table(&interleaved(&mut contenders));
}

fn open(file: &Path) -> BufReader<File> {
    BufReader::with_capacity(128 << 10, File::open(file).expect("the file is there"))
}

fn drain(mut decoder: impl Read) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    while decoder.read(&mut buffer)? > 0 {
        std::hint::black_box(&buffer);
    }
    Ok(())
}

/// The text of a gzip file in another packing, which is made once.
fn packed(packing: &Packing, gzip: &Path) -> PathBuf {
    let file = gzip.with_extension(packing.ending);
    if !file.exists() {
        eprintln!("packing {} …", file.display());
        let partly = file.with_extension("part");
        let mut text = MultiGzDecoder::new(open(gzip));
        let made = File::create(&partly).and_then(|out| (packing.pack)(&mut text, out));
        made.and_then(|()| std::fs::rename(&partly, &file)).expect("target/ is writable");
    }
    file
}
