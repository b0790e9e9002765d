//! Reader below a decoder that reads by itself.

use std::io::{self, Read};

use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// Reader that remembers why it gave no more. Decoders report that in ways of their own, if at all.
pub(super) struct Watched {
    pub(super) raw: RawReader,
    stop: Option<Stop>,
}

enum Stop {
    End,
    Failure(io::Error),
}

impl Watched {
    pub(super) fn new(raw: RawReader) -> Self {
        Watched { raw, stop: None }
    }

    /// The fault behind an error of the decoder: that of the reader, the end of the file, or else `fault`.
    pub(super) fn blame(&mut self, packing: Packing, fault: PackedFault) -> ReadError {
        match self.stop.take() {
            Some(Stop::Failure(error)) => error.into(),
            Some(Stop::End) => PackedFault::Truncated(packing).into(),
            None => fault.into(),
        }
    }
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(into);
        match read {
            Ok(0) if !into.is_empty() => self.stop = Some(Stop::End),
            Ok(_) => {}
            Err(error) => {
                let kind = error.kind();
                self.stop = Some(Stop::Failure(error));
                return Err(kind.into());
            }
        }
        read
    }
}
