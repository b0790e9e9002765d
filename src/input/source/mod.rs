//! Sources: the names of inputs, how they are opened, and their bytes before unpacking.
//!
//! The module owns file descriptors, waiting for pipes, memory maps, the network, and the check that a file stays the one that
//! was opened first. It never unpacks and never looks for lines.

mod checked;
#[allow(unsafe_code, reason = "a memory map is sound only under conditions that the compiler cannot check")]
pub(super) mod memory_map;
mod name;
mod raw_reader;
mod remote;
mod snapshot;
mod source_file;

pub(super) use checked::{CheckedSource, Snapshot};
pub use name::Source;
pub(super) use raw_reader::RawReader;
pub(super) use remote::{FetchStop, HEAD_BYTES, RemoteFile};
pub use remote::{HttpRules, RemoteFault, RemoteUrl};
pub(super) use source_file::SourceFile;
