//! Zstandard decoder over structured-zstd, which is Rust: frames with their checksums.

use std::io::Read;

use structured_zstd::decoding::errors::FrameDecoderError;
use structured_zstd::decoding::{
    BlockDecodingStrategy, ContentChecksum, FrameDecoder, MAX_DECODER_WINDOW_SIZE, frame_header_input_needed,
    read_frame_header_info,
};

use super::skippable;
use super::streams::PackedStreams;
use super::watched::Watched;
use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// The first bytes of a frame (RFC 8878, 3.1.1). No text begins with them: 0xB5 begins no character in UTF-8.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Windows beyond this size are asked of the system before the decoder asks for them, because it panics if there is no
/// memory. What `zstd -19` makes is within it.
const CHECKED_WINDOW: u64 = 16 << 20;

/// Memory beside the window: a block, and some room at its end.
const BESIDE_WINDOW: u64 = 1 << 20;

const PACKING: Packing = Packing::Zstd;

/// The frames of a file.
pub(super) struct Zstd {
    raw: Watched,
    decoder: Box<FrameDecoder>,
    /// The largest window that a frame may have.
    window_limit: u64,
}

impl Zstd {
    pub(super) fn new(raw: RawReader, window_limit: u64) -> Self {
        let mut decoder = Box::new(FrameDecoder::new());
        decoder.set_content_checksum(ContentChecksum::Verify);
        // Within the range that the decoder allows.
        let _ = decoder.set_max_window_size(MAX_DECODER_WINDOW_SIZE);
        Zstd { raw: Watched::new(raw), decoder, window_limit: window_limit.min(MAX_DECODER_WINDOW_SIZE) }
    }

    /// Checks what a frame asks for, by its header, which is not consumed.
    fn check_header(&mut self) -> Result<(), ReadError> {
        let raw = &mut self.raw.raw;
        let mut length = MAGIC.len() + 1;
        let start = loop {
            let start = raw.peek(length)?;
            if start.len() < length {
                return Err(PackedFault::Truncated(PACKING).into());
            }
            let needed = frame_header_input_needed(start, false);
            match needed.map_err(|_| PackedFault::Header(PACKING))? {
                needed if needed > length => length = needed,
                _ => break raw.peek(length)?,
            }
        };
        let header = read_frame_header_info(start, false).map_err(|_| PackedFault::Header(PACKING))?;
        if let Some(id) = header.dictionary_id.filter(|&id| id != 0) {
            return Err(PackedFault::Dictionary { packing: PACKING, id }.into());
        }
        let window = header.window_size;
        if window > self.window_limit {
            let (bytes, limit) = (Some(window), self.window_limit);
            return Err(PackedFault::Window { packing: PACKING, bytes, limit }.into());
        }
        if window > CHECKED_WINDOW {
            let bytes = usize::try_from(window + BESIDE_WINDOW).unwrap_or(usize::MAX);
            if Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
                return Err(PackedFault::NoMemory { packing: PACKING, bytes: Some(window) }.into());
            }
        }
        Ok(())
    }
}

impl PackedStreams for Zstd {
    fn begin(&mut self) -> Result<bool, ReadError> {
        skippable::skip(&mut self.raw.raw, PACKING)?;
        match self.raw.raw.peek(MAGIC.len())? {
            [] => return Ok(false),
            // A part of a magic number at the end of the file is a frame that was cut short.
            start if MAGIC.starts_with(start) || skippable::is_cut(start) => {}
            _ => return Err(PackedFault::TrailingData(PACKING).into()),
        }
        self.check_header()?;
        let begun = self.decoder.init(&mut self.raw);
        begun.map_err(|_| self.raw.blame(PACKING, PackedFault::Header(PACKING)))?;
        Ok(true)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            if self.decoder.can_collect() > 0 {
                return Ok(self.decoder.read(into)?);
            }
            let step = if self.decoder.is_finished() {
                let whole = self.decoder.verify_content_size();
                match whole.and_then(|()| self.decoder.verify_content_checksum()) {
                    Ok(()) => return Ok(0),
                    Err(error) => Err(error),
                }
            } else {
                self.decoder.decode_blocks(&mut self.raw, BlockDecodingStrategy::UptoBlocks(1))
            };
            step.map_err(|error| self.raw.blame(PACKING, fault(&error)))?;
        }
    }
}

fn fault(error: &FrameDecoderError) -> PackedFault {
    match error {
        FrameDecoderError::ChecksumMismatch { .. } => PackedFault::Checksum(PACKING),
        _ => PackedFault::Data(PACKING),
    }
}
