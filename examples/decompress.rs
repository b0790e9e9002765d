//! Unpacks a gzip file and throws the bytes away: the time that no count of it can beat with the same decoder.
//!
//! ```text
//! cargo run --release --example decompress -- FILE.gz             # flate2 with zlib-rs, alone
//! cargo run --release --example decompress -- FILE.gz --reader    # the reader of this crate, with its decoder
//! ```
//!
//! The second also counts the lines and cuts them into chunks, and unpacks with ISA-L if the feature `isal` is on.

use std::fs::File;
use std::io::{BufReader, Read};
use std::num::NonZeroU64;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use flate2::bufread::MultiGzDecoder;
use ngramcount::input::{Chunks, Control, Limits};

/// Unpack a gzip file and throw the bytes away
#[derive(Parser)]
struct Args {
    /// The gzip file
    file: PathBuf,
    /// With the reader of this crate
    #[arg(long)]
    reader: bool,
    /// Lines in a chunk of that reader
    #[arg(long, default_value = "20000")]
    chunk: NonZeroU64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if args.reader {
        for chunk in Chunks::open(vec![args.file.into()], Limits::lines(args.chunk), Control::new())? {
            std::hint::black_box(&chunk?.bytes);
        }
        return Ok(());
    }
    let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(256 << 10, File::open(args.file)?));
    let mut buffer = vec![0; 256 << 10];
    while decoder.read(&mut buffer)? > 0 {
        std::hint::black_box(&buffer);
    }
    Ok(())
}
