//! A chunk and its provenance.

use serde::{Deserialize, Serialize};

use super::buffer::Buffer;
use crate::record::Format;

/// Some whole lines of one file.
#[derive(Debug)]
pub struct Chunk {
    /// Its number in the whole input, the first is 0.
    pub id: u64,
    /// The provenance of its bytes.
    pub origin: Origin,
    /// The number of its lines.
    pub lines: u64,
    /// The lines as they are in the file, each with its LF, which only the last line of a file may lack.
    pub bytes: Buffer,
}

impl Chunk {
    /// Where the next chunk of the file begins.
    pub fn end(&self) -> Origin {
        let Origin { first_line, offset, .. } = self.origin;
        Origin {
            first_line: first_line + self.lines,
            offset: offset + self.bytes.len() as u64,
            ..self.origin
        }
    }
}

/// Provenance of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Index of the file in the list that [`Chunks::open`](super::Chunks::open) was given.
    pub file: u32,
    /// Number of the chunk's first line in its file, where the first is 1.
    pub first_line: u64,
    /// Offset of the chunk's first byte in its file, after unpacking.
    pub offset: u64,
    /// Format of the file, as its [`Sniffer`](crate::input::Sniffer) decided; [`Format::Text`] without one.
    pub format: Format,
}

impl Origin {
    /// The place of the chunk's first byte.
    pub fn place(&self) -> Place {
        Place { file: self.file, offset: self.offset }
    }
}

/// Place of a byte in the input. Places are ordered as the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index of the file.
    pub file: u32,
    /// Offset in it, after unpacking.
    pub offset: u64,
}

impl Place {
    /// Behind all of the input.
    pub const END: Self = Self { file: u32::MAX, offset: u64::MAX };
}
