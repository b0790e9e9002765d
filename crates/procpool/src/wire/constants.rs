//! Constants of the wire format.

/// First bytes of every frame.
pub(crate) const MAGIC: [u8; 4] = *b"PPFR";
/// Version of the frame layout and of the messages in it.
pub(crate) const VERSION: u8 = 1;
/// Bytes of a header.
pub(crate) const HEADER_LEN: usize = 28;
/// Largest payload, in bytes, that either side sends or accepts: 1 GiB. The limit stops a damaged length
/// before it becomes an allocation.
pub(crate) const MAX_PAYLOAD: u32 = 1 << 30;
/// Largest piece of a result, in bytes: 16 MiB. A larger result is sent in pieces of this size, so that the other workers
/// are served in between.
pub(crate) const MAX_PIECE: usize = 16 << 20;
/// Largest result, in bytes, that the parent joins from pieces: 16 GiB.
pub(crate) const MAX_RESULT: u64 = 16 << 30;
