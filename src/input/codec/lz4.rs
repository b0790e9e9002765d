//! LZ4 frame decoder: the frames are read here, their blocks are unpacked by lz4_flex, which is Rust.
//!
//! The frame decoder of that crate takes a file that is cut between two blocks for a whole one, and ends after the first frame.
//! The format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>.

use std::io::Read;

use lz4_flex::block::{decompress_into, decompress_into_with_dict};
use xxhash_rust::xxh32::{Xxh32, xxh32};

use super::skippable;
use super::streams::PackedStreams;
use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// The first bytes of a frame. No text begins with them: 0x04 is a control character.
pub(super) const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// The first bytes of a file in the format that came before frames. It has neither checksums nor an end mark.
pub(super) const LEGACY_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// Bytes that a block can refer back to.
const WINDOW_BYTES: usize = 64 << 10;

const PACKING: Packing = Packing::Lz4;

const TRUNCATED: PackedFault = PackedFault::Truncated(PACKING);

/// The frames of a file.
pub(super) struct Lz4 {
    raw: RawReader,
    frame: Frame,
    /// The block as it is stored.
    packed: Vec<u8>,
    /// The block, of which `block[given..]` was not given yet.
    block: Vec<u8>,
    given: usize,
    /// The last bytes of the frame before the block, if blocks may refer to them.
    window: Vec<u8>,
    /// Checksum and length of what was unpacked of the frame.
    checksum: Xxh32,
    unpacked: u64,
}

/// What the header of a frame says.
#[derive(Default)]
struct Frame {
    has_linked_blocks: bool,
    has_block_checksums: bool,
    has_checksum: bool,
    bytes: Option<u64>,
    block_bytes: usize,
}

impl Lz4 {
    pub(super) fn new(raw: RawReader) -> Self {
        Lz4 {
            raw,
            frame: Frame::default(),
            packed: Vec::new(),
            block: Vec::new(),
            given: 0,
            window: Vec::new(),
            checksum: Xxh32::new(0),
            unpacked: 0,
        }
    }

    fn take<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], ReadError> {
        let mut bytes = [0; BYTES];
        fill(&mut self.raw, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads the header behind the magic number.
    fn read_header(&mut self) -> Result<Frame, ReadError> {
        let header = PackedFault::Header(PACKING);
        let mut seen = self.take::<2>()?.to_vec();
        let [flags, sizes] = seen[..] else { return Err(header.into()) };
        let bytes = match flags & 0x08 {
            0 => None,
            _ => {
                let bytes = self.take::<8>()?;
                seen.extend(bytes);
                Some(u64::from_le_bytes(bytes))
            }
        };
        let dictionary = match flags & 0x01 {
            0 => None,
            _ => {
                let id = self.take::<4>()?;
                seen.extend(id);
                Some(u32::from_le_bytes(id))
            }
        };
        let [checksum] = self.take::<1>()?;
        if checksum != xxh32(&seen, 0).to_le_bytes()[1] {
            return Err(PackedFault::Checksum(PACKING).into());
        }
        // The version is 1, and the reserved bits are 0.
        if flags & 0xc2 != 0x40 || sizes & 0x8f != 0 || sizes < 0x40 {
            return Err(header.into());
        }
        if let Some(id) = dictionary {
            return Err(PackedFault::Dictionary { packing: PACKING, id }.into());
        }
        Ok(Frame {
            has_linked_blocks: flags & 0x20 == 0,
            has_block_checksums: flags & 0x10 != 0,
            has_checksum: flags & 0x04 != 0,
            bytes,
            // 64 KiB, 256 KiB, 1 MiB or 4 MiB.
            block_bytes: 1 << (8 + 2 * (sizes >> 4)),
        })
    }

    /// Unpacks the next block into `self.block`; false if there is none.
    fn next_block(&mut self) -> Result<bool, ReadError> {
        self.keep_window();
        let size = u32::from_le_bytes(self.take()?);
        if size == 0 {
            return Ok(false);
        }
        let is_packed = size >> 31 == 0;
        let size = (size & 0x7fff_ffff) as usize;
        if size > self.frame.block_bytes {
            return Err(PackedFault::Data(PACKING).into());
        }
        self.packed.resize(size, 0);
        fill(&mut self.raw, &mut self.packed)?;
        if self.frame.has_block_checksums && u32::from_le_bytes(self.take()?) != xxh32(&self.packed, 0) {
            return Err(PackedFault::Checksum(PACKING).into());
        }
        self.given = 0;
        if is_packed {
            self.block.resize(self.frame.block_bytes, 0);
            let unpacked = if self.window.is_empty() {
                decompress_into(&self.packed, &mut self.block)
            } else {
                decompress_into_with_dict(&self.packed, &mut self.block, &self.window)
            };
            self.block.truncate(unpacked.map_err(|_| PackedFault::Data(PACKING))?);
        } else {
            std::mem::swap(&mut self.block, &mut self.packed);
        }
        if self.frame.has_checksum {
            self.checksum.update(&self.block);
        }
        self.unpacked += self.block.len() as u64;
        Ok(true)
    }

    /// Keeps what the next block may refer to.
    fn keep_window(&mut self) {
        if !self.frame.has_linked_blocks {
            return;
        }
        let new = &self.block[self.block.len().saturating_sub(WINDOW_BYTES)..];
        let kept = (self.window.len() + new.len()).saturating_sub(WINDOW_BYTES);
        self.window.drain(..kept);
        self.window.extend_from_slice(new);
    }

    /// Checks what follows the last block.
    fn check_end(&mut self) -> Result<(), ReadError> {
        if self.frame.has_checksum && u32::from_le_bytes(self.take()?) != self.checksum.digest() {
            return Err(PackedFault::Checksum(PACKING).into());
        }
        match self.frame.bytes {
            Some(bytes) if bytes != self.unpacked => Err(PackedFault::Data(PACKING).into()),
            _ => Ok(()),
        }
    }
}

impl PackedStreams for Lz4 {
    fn begin(&mut self) -> Result<bool, ReadError> {
        skippable::skip(&mut self.raw, PACKING)?;
        match self.raw.peek(MAGIC.len())? {
            [] => return Ok(false),
            // A part of a magic number at the end of the file is a frame that was cut short.
            start if MAGIC.starts_with(start) || skippable::is_cut(start) => {}
            _ => return Err(PackedFault::TrailingData(PACKING).into()),
        }
        self.take::<{ MAGIC.len() }>()?;
        self.frame = self.read_header()?;
        self.block.clear();
        self.window.clear();
        self.given = 0;
        self.checksum.reset(0);
        self.unpacked = 0;
        Ok(true)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        while self.given == self.block.len() {
            if !self.next_block()? {
                self.check_end()?;
                return Ok(0);
            }
        }
        let left = &self.block[self.given..];
        let count = left.len().min(into.len());
        into[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}

/// Fills `into` from the file.
fn fill(raw: &mut RawReader, mut into: &mut [u8]) -> Result<(), ReadError> {
    while !into.is_empty() {
        match raw.read(into)? {
            0 => return Err(TRUNCATED.into()),
            count => into = &mut into[count..],
        }
    }
    Ok(())
}
