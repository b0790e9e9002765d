//! Gzip and zip files to attack with, and an unpacker of gzip that shares no code with the program.

use std::io::{Cursor, Write};

use anyhow::Result;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::case::Case;

/// One member.
pub fn gzip(case: &mut Case, bytes: &[u8]) -> Result<Vec<u8>> {
    let level = flate2::Compression::new(case.random.u32(0..=9));
    let mut builder = flate2::GzBuilder::new();
    if case.chance(0.2) {
        builder = builder.filename("a name").comment("a comment").extra(b"extra".to_vec());
    }
    let mut packer = builder.write(Vec::new(), level);
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

/// Some members, cut anywhere.
pub fn gzip_members(case: &mut Case, bytes: &[u8]) -> Result<Vec<u8>> {
    let members = case.pick(&[1, 1, 2, 3, 50]);
    let mut cuts: Vec<usize> = (1..members).map(|_| case.random.usize(..=bytes.len())).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let mut packed = Vec::new();
    for cut in cuts.windows(2) {
        packed.extend(gzip(case, &bytes[cut[0]..cut[1]])?);
    }
    Ok(packed)
}

/// An archive of entries of these names and bytes.
pub fn zip(case: &mut Case, entries: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let method = case.pick(&[CompressionMethod::Deflated, CompressionMethod::Stored]);
        archive.start_file(name, SimpleFileOptions::default().compression_method(method))?;
        archive.write_all(bytes)?;
    }
    if case.chance(0.2) {
        archive.set_comment("a comment")?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The bytes of a whole and sound gzip file by RFC 1952, zeros behind its last member allowed.
pub fn gunzip(mut packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut body = gzip_body(packed)?;
        let member = inflate(&mut body)?;
        let (trailer, behind) = body.split_at_checked(8)?;
        let length = (member.len() as u32).to_le_bytes();
        if trailer != [crc32fast::hash(&member).to_le_bytes(), length].concat() {
            return None;
        }
        bytes.extend(member);
        if behind.iter().all(|&byte| byte == 0) {
            return Some(bytes);
        }
        packed = behind;
    }
}

/// What follows the header of a member.
fn gzip_body(packed: &[u8]) -> Option<&[u8]> {
    let (&[0x1f, 0x8b, 8, flags, ..], mut rest) = packed.split_at_checked(10)? else { return None };
    if flags & 4 != 0 {
        let (length, behind) = rest.split_first_chunk()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [8, 16] {
        if flags & text != 0 {
            rest = &rest[rest.iter().position(|&byte| byte == 0)? + 1..];
        }
    }
    rest.get(if flags & 2 != 0 { 2 } else { 0 }..)
}

fn inflate(packed: &mut &[u8]) -> Option<Vec<u8>> {
    let mut state = DecompressorOxide::new();
    let (mut bytes, mut length) = (vec![0; 4096], 0);
    loop {
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, taken, written) = decompress(&mut state, packed, &mut bytes, length, flags);
        *packed = &packed[taken..];
        length += written;
        match status {
            TINFLStatus::Done => {
                bytes.truncate(length);
                return Some(bytes);
            }
            TINFLStatus::HasMoreOutput => bytes.resize(2 * bytes.len(), 0),
            _ => return None,
        }
    }
}

/// Damages bytes at some places.
pub fn damage(case: &mut Case, bytes: &mut Vec<u8>) {
    for _ in 0..case.pick(&[1, 1, 1, 2, 5]) {
        let at = case.random.usize(..=bytes.len());
        match case.random.u32(..7) {
            0 => bytes.truncate(at),
            1 => bytes.extend(vec![0; case.random.usize(1..1024)]),
            2 => bytes.insert(at, case.random.u8(..)),
            3 => drop(bytes.drain(at..(at + case.random.usize(1..20)).min(bytes.len()))),
            4 if at > 0 => bytes.extend_from_within(at - 1..),
            5 if at < bytes.len() => bytes[at] = case.random.u8(..),
            _ if at < bytes.len() => bytes[at] ^= 1 << case.random.u32(..8),
            _ => bytes.push(case.random.u8(..)),
        }
    }
}
