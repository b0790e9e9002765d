//! Codecs: one file a compression format, behind the trait [`Decoder`]. [`open`] chooses by the first bytes.
//!
//! The module owns checksums, the names of what can be wrong with compressed data, and the conversion to UTF-8. It never looks
//! for lines.

mod decoder;
mod detect;
mod gzip;
#[cfg(feature = "isal")]
#[allow(unsafe_code, reason = "a C library with no safe interface that fits")]
mod isal;
mod transcode;
mod zip;
mod zlib;

pub(super) use decoder::{Decoder, Divisibility};
pub(super) use detect::open;
