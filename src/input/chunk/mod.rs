//! Chunks: the unpacked bytes of the input, cut at line ends.
//!
//! The module owns the size of a chunk, its number and its provenance, and the buffers that chunks are read into. It
//! never opens a file itself and never interprets a line.

mod buffer;
mod chunks;
mod cutter;
mod file_reader;
mod origin;
mod read_ahead;
mod sizing;

pub use buffer::Buffer;
pub(super) use buffer::BufferPool;
pub use chunks::Chunks;
pub(super) use chunks::PendingFile;
pub use cutter::Limits;
pub(super) use cutter::{Cut, Cutter};
pub(super) use file_reader::FileReader;
pub use origin::{Chunk, Origin, Place};
pub use read_ahead::{ChunkStream, ReadAhead, read_ahead};
pub use sizing::ChunkBytes;
