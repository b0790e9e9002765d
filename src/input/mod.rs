//! The bytes of the input: files, pipes and standard input, plain, gzip or zip, cut into [`Chunk`]s of whole lines.
//!
//! The room owns opening, unpacking and cutting, and where each chunk came from ([`Origin`]). It knows that a line
//! ends at LF and nothing else about what the lines say: it never parses, decodes or changes a byte, and it does not know what the labels
//! mean that a [`Labeller`] gives to its chunks.

mod buffer;
mod chunks;
mod cutter;
mod error;
mod gzip;
#[cfg(feature = "isal")]
#[allow(unsafe_code, reason = "a C library with no safe interface that fits")]
mod isal;
mod label;
mod mapped;
mod packed;
mod read_ahead;
mod reader;
mod shares;
mod sizing;
mod source;
mod watch;
mod zip;
mod zlib;

pub use buffer::Buffer;
pub use chunks::{Chunk, Chunks, Origin};
pub use cutter::Limits;
pub use error::{GzipFault, InputError, ZipFault};
pub use label::{Labeller, Look};
pub use read_ahead::{ReadAhead, read_ahead};
pub use shares::Share;
pub use source::Source;
pub use watch::{Reading, Watch};
