//! The interface of a conversion to documents.

use crate::input::error::ReadError;

/// Conversion of the unpacked bytes of one file to documents, each a line.
pub(in crate::input) trait Converter: Send {
    /// Converts as much of `bytes` as it can before it sees more, appends whole documents and parts of them to `into`, and gives
    /// the number of bytes that it is done with. `whole` says that there are no more.
    fn convert(&mut self, bytes: &[u8], whole: bool, into: &mut Vec<u8>) -> Result<usize, ReadError>;
}
