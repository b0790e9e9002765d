//! Seek point of a gzip file.

/// Place in a gzip file where unpacking can begin: between two blocks of compressed data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input) struct SeekPoint {
    /// Offset in the file, in bits.
    pub(in crate::input) bit: u64,
    /// Offset in the unpacked bytes.
    pub(in crate::input) unpacked: u64,
    /// Unpacked bytes before it that the blocks behind it may refer to.
    pub(in crate::input) window: Vec<u8>,
}
