//! Packers, and what the reader makes of their files.

use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use lzma_rust2::{XzOptions, XzWriter};
use ngramcount::input::{Chunks, Control, InputError, Limits, Source};
use structured_zstd::encoding::{CompressionLevel, StreamingEncoder};

use crate::common::{Scratch, gzip};

/// Packs a text.
pub type Pack = fn(&[u8]) -> Vec<u8>;

/// Each packing: the ending of its files, its name in messages, and a packer.
pub const PACKINGS: [(&str, &str, Pack); 5] = [
    ("gz", "gzip", gzip),
    ("zst", "zstd", zstd),
    ("bz2", "bzip2", bzip2),
    ("xz", "xz", xz),
    ("lz4", "lz4", lz4),
];

pub fn zstd(text: &[u8]) -> Vec<u8> {
    let mut packer = StreamingEncoder::new(Vec::new(), CompressionLevel::Default);
    packer.set_content_checksum(true).unwrap();
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

pub fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut packer = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::default());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

pub fn xz(text: &[u8]) -> Vec<u8> {
    let mut packer = XzWriter::new(Vec::new(), XzOptions::with_preset(1)).unwrap();
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

pub fn lz4(text: &[u8]) -> Vec<u8> {
    lz4_with(FrameInfo::new().content_checksum(true), text)
}

/// LZ4 with blocks of 64 KiB that refer to those before them, each with a checksum.
pub fn linked_lz4(text: &[u8]) -> Vec<u8> {
    let info = FrameInfo::new().block_mode(BlockMode::Linked).block_size(BlockSize::Max64KB);
    lz4_with(info.block_checksums(true).content_checksum(true), text)
}

fn lz4_with(info: FrameInfo, text: &[u8]) -> Vec<u8> {
    let mut packer = FrameEncoder::with_frame_info(info, Vec::new());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

/// A frame without data, for zstd and lz4.
pub fn skippable(content: &[u8]) -> Vec<u8> {
    [b"\x5b\x2a\x4d\x18", &(content.len() as u32).to_le_bytes()[..], content].concat()
}

/// All that can be read of a file of these bytes.
pub fn read(stored: &[u8]) -> Result<Vec<u8>, InputError> {
    let scratch = Scratch::new();
    let file = Source::from(scratch.file("file", stored));
    let mut bytes = Vec::new();
    for chunk in Chunks::open(vec![file], Limits::lines(std::num::NonZeroU64::MAX), Control::new())? {
        bytes.extend_from_slice(&chunk?.bytes);
    }
    Ok(bytes)
}

/// Some lines that pack well, which no two seeds have in common.
pub fn lines(seed: usize, count: usize) -> Vec<u8> {
    (0..count).flat_map(|n| format!("{} fish of {}\n", n * seed % 17, n * n % 7).into_bytes()).collect()
}
