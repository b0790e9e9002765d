//! Sources: the names of inputs, how they are opened, and their bytes before unpacking.
//!
//! The module owns file descriptors, waiting for pipes, and memory maps. It never unpacks and never looks for lines.

#[allow(unsafe_code, reason = "a memory map is sound only under conditions that the compiler cannot check")]
pub(super) mod memory_map;
mod name;
mod open;
mod raw_reader;

pub use name::Source;
pub(super) use raw_reader::RawReader;
