//! Skippable frames, which Zstandard (RFC 8878, 3.1.2) and LZ4 have in common: they hold no data of the file.

use std::io::BufRead;

use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// Bytes of a header: the magic number and the length of what follows.
const HEADER_BYTES: usize = 8;

/// Whether a frame that begins with these bytes is skippable.
pub(super) fn is_skippable(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Whether all that is left of a file is a part of such a magic number.
pub(super) fn is_cut(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5f] | [0x50..=0x5f, 0x2a] | [0x50..=0x5f, 0x2a, 0x4d])
}

/// Skips all skippable frames that come next.
pub(super) fn skip(raw: &mut RawReader, packing: Packing) -> Result<(), ReadError> {
    while is_skippable(raw.peek(4)?) {
        let header = raw.peek(HEADER_BYTES)?;
        let Some(&length) = header.last_chunk().filter(|_| header.len() == HEADER_BYTES) else {
            return Err(PackedFault::Truncated(packing).into());
        };
        let mut left = HEADER_BYTES as u64 + u64::from(u32::from_le_bytes(length));
        while left > 0 {
            let seen = raw.fill_buf()?.len();
            if seen == 0 {
                return Err(PackedFault::Truncated(packing).into());
            }
            let skipped = left.min(seen as u64);
            raw.consume(skipped as usize);
            left -= skipped;
        }
    }
    Ok(())
}
