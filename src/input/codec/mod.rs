//! Codecs: one file a compression format, behind the trait [`Decoder`]. [`open`] chooses by the first bytes.
//!
//! The module owns checksums, the names of what can be wrong with compressed data, and the conversion to UTF-8. It never looks
//! for lines.

mod bzip2;
mod decoder;
mod detect;
mod gzip;
#[allow(unsafe_code, reason = "zlib's interface, which flate2 has only in part, is that of C")]
mod inflate;
#[cfg(feature = "isal")]
#[allow(unsafe_code, reason = "a C library with no safe interface that fits")]
mod isal;
mod lz4;
mod padding;
mod seek_point;
mod seekable_gzip;
mod skippable;
mod streams;
mod transcode;
mod watched;
mod xz;
mod zip;
mod zlib;
mod zstd;

pub(super) use decoder::{Decoder, Divisibility};
pub(crate) use detect::is_packed;
pub(super) use detect::open;
pub(super) use inflate::WINDOW_BYTES;
pub(super) use seek_point::SeekPoint;
pub(super) use seekable_gzip::SeekableGzip;
