//! Decoder of a file that holds packed streams, one behind the other.

use super::decoder::{Decoder, Divisibility};
use crate::input::error::ReadError;

/// A packed file, stream by stream. Formats call a stream a frame, too.
///
/// Library readers of several streams are not used: some end after the first one, some after bytes that begin no other.
pub(super) trait PackedStreams: Send {
    /// Begins the next stream; false at the end of the file. Bytes that begin no stream are an error.
    fn begin(&mut self) -> Result<bool, ReadError>;

    /// Unpacks into `into`, which is not empty. 0 means that the stream has ended and its checksums were right.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError>;
}

/// The unpacked bytes of all streams in a file.
pub(super) struct Streams<S> {
    streams: S,
    stage: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    Between,
    Within,
    /// At the end of the file, and after a fault.
    End,
}

impl<S: PackedStreams> Streams<S> {
    pub(super) fn new(streams: S) -> Self {
        Streams { streams, stage: Stage::Between }
    }

    fn step(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            match self.stage {
                Stage::End => return Ok(0),
                Stage::Between if self.streams.begin()? => self.stage = Stage::Within,
                Stage::Between => self.stage = Stage::End,
                Stage::Within => match self.streams.read(into)? {
                    0 => self.stage = Stage::Between,
                    count => return Ok(count),
                },
            }
        }
    }
}

impl<S: PackedStreams> Decoder for Streams<S> {
    fn decode(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        // Some decoders panic if they are called after an error.
        self.step(into).inspect_err(|_| self.stage = Stage::End)
    }

    fn divisibility(&self) -> Divisibility {
        Divisibility::WholeFile
    }
}
