//! Gzip decoder that can note seek points, and begin at one.

use std::io::{BufRead, Seek, SeekFrom};

use super::decoder::{Decoder, Divisibility};
use super::gzip::MAGIC;
use super::inflate::{Inflate, StepEnd, Wrapper};
use super::padding::skip_to_end;
use super::seek_point::SeekPoint;
use crate::input::error::ReadError;
use crate::input::source::{RawReader, SourceFile};
use crate::input::{Control, PackedFault, Packing};

/// Bytes behind the compressed data of a member: a checksum and a length (RFC 1952, 2.3.1).
const TRAILER_BYTES: usize = 8;

/// The unpacked bytes of a gzip file, from its beginning or from a seek point.
pub(in crate::input) struct SeekableGzip {
    raw: RawReader,
    inflate: Inflate,
    stage: Stage,
    /// Offsets of the next byte, in the file and unpacked.
    stored: u64,
    unpacked: u64,
    /// Distance between two seek points, and the offset behind which the next one is wanted.
    wanted: Option<(u64, u64)>,
    points: Vec<SeekPoint>,
}

/// Where the decoder is in its file.
enum Stage {
    /// Before a member or the end of the file.
    BetweenMembers,
    /// In a member that was begun at its header.
    InMember,
    /// In a member that was begun in its middle. Its trailer is skipped, because the checksum is that of the whole member.
    InRestOfMember,
    /// Before data that are wrong.
    Faulty(PackedFault),
    End,
}

impl SeekableGzip {
    /// Reads from the beginning, and notes a seek point about every `spacing` bytes.
    pub(in crate::input) fn noting(raw: RawReader, spacing: u64) -> Self {
        SeekableGzip {
            raw,
            inflate: Inflate::new(Wrapper::Gzip),
            stage: Stage::BetweenMembers,
            stored: 0,
            unpacked: 0,
            wanted: Some((spacing.max(1), 0)),
            points: Vec::new(),
        }
    }

    /// Reads from a seek point.
    pub(in crate::input) fn from_point(mut file: SourceFile, point: &SeekPoint) -> Result<Self, ReadError> {
        let stored = point.bit / 8;
        file.seek(SeekFrom::Start(stored))?;
        let mut raw = RawReader::of_file(file, Control::new());
        let mut inflate = Inflate::new(Wrapper::None);
        // The byte in which the block begins belongs to the block before as well.
        let bits = (8 - point.bit % 8) as u32 % 8;
        let mut first = 0;
        if bits > 0 {
            first = *raw.fill_buf()?.first().ok_or(PackedFault::Truncated(Packing::Gzip))?;
            raw.consume(1);
        }
        inflate.reset_to_block(bits, first, &point.window)?;
        Ok(SeekableGzip {
            raw,
            inflate,
            stage: Stage::InRestOfMember,
            stored: point.bit.div_ceil(8),
            unpacked: point.unpacked,
            wanted: None,
            points: Vec::new(),
        })
    }

    fn begin_member(&mut self) -> Result<Stage, ReadError> {
        match self.raw.peek(MAGIC.len())? {
            [] => Ok(Stage::End),
            // The first magic byte alone is a member that was cut short, as will show.
            start if MAGIC.starts_with(start) => {
                self.inflate.reset(Wrapper::Gzip);
                Ok(Stage::InMember)
            }
            _ => skip_to_end(&mut self.raw, Packing::Gzip).map(|()| Stage::End),
        }
    }

    fn skip_trailer(&mut self) -> Result<(), ReadError> {
        for _ in 0..TRAILER_BYTES {
            if self.raw.fill_buf()?.is_empty() {
                return Err(PackedFault::Truncated(Packing::Gzip).into());
            }
            self.raw.consume(1);
        }
        self.stored += TRAILER_BYTES as u64;
        Ok(())
    }

    fn note_point(&mut self, unused_bits: u32) {
        let Some((spacing, _)) = self.wanted.filter(|&(_, from)| self.unpacked >= from) else { return };
        self.wanted = Some((spacing, self.unpacked + spacing));
        let bit = self.stored * 8 - u64::from(unused_bits);
        self.points.push(SeekPoint { bit, unpacked: self.unpacked, window: self.inflate.window() });
    }
}

impl Decoder for SeekableGzip {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            match self.stage {
                Stage::End => return Ok(0),
                Stage::Faulty(fault) => return Err(fault.into()),
                Stage::BetweenMembers => self.stage = self.begin_member()?,
                Stage::InMember | Stage::InRestOfMember => {
                    let wants_point = self.wanted.is_some_and(|(_, from)| self.unpacked >= from);
                    let input = self.raw.fill_buf()?;
                    if input.is_empty() {
                        return Err(PackedFault::Truncated(Packing::Gzip).into());
                    }
                    let step = self.inflate.run(input, into, wants_point);
                    self.raw.consume(step.consumed);
                    self.stored += step.consumed as u64;
                    self.unpacked += step.written as u64;
                    match step.end {
                        StepEnd::Anywhere => {}
                        // The lines before it are looked at first.
                        StepEnd::Fault(fault) => self.stage = Stage::Faulty(fault),
                        StepEnd::Block { unused_bits } => self.note_point(unused_bits),
                        StepEnd::Stream => {
                            if matches!(self.stage, Stage::InRestOfMember) {
                                self.skip_trailer()?;
                            }
                            self.stage = Stage::BetweenMembers;
                        }
                    }
                    if step.written > 0 {
                        return Ok(step.written);
                    }
                }
            }
        }
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::SeekPoints
    }

    fn take_points(&mut self) -> Vec<SeekPoint> {
        std::mem::take(&mut self.points)
    }
}
