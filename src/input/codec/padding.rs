//! Zeros behind the last stream of a file: tapes and block devices fill their last block.

use std::io::BufRead;

use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// Skips zeros, and gives their number.
pub(super) fn skip_zeros(raw: &mut RawReader) -> Result<u64, ReadError> {
    let mut zeros = 0;
    loop {
        let seen = raw.fill_buf()?;
        let count = seen.iter().position(|&byte| byte != 0).unwrap_or(seen.len());
        let ended = count < seen.len() || seen.is_empty();
        raw.consume(count);
        zeros += count as u64;
        if ended {
            return Ok(zeros);
        }
    }
}

/// Reads to the end of the file, where only zeros may be left.
pub(super) fn skip_to_end(raw: &mut RawReader, packing: Packing) -> Result<(), ReadError> {
    skip_zeros(raw)?;
    if raw.fill_buf()?.is_empty() { Ok(()) } else { Err(PackedFault::TrailingData(packing).into()) }
}
