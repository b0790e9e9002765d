//! Format detection: the interface between the reader and the code that knows the formats.

use std::error::Error;

use crate::record::Format;

/// Verdict of a [`Sniffer`] on the first bytes of a file.
#[derive(Debug)]
pub enum Sniffed {
    /// The file is to be read.
    Read {
        /// The format of all its lines.
        format: Format,
        /// Bytes at its beginning, among those that were shown, that are no part of any chunk: a byte order mark or a
        /// line of headings. A skipped line keeps its number.
        skip: usize,
    },
    /// More of the file must be seen first.
    NeedMore,
    /// The file is not to be read, for this reason.
    Refuse(Box<dyn Error + Send + Sync>),
}

/// Decides on the format of each file. It is shown the first bytes of the file, unpacked, and then more of them until it
/// decides. The flag says that there are no more bytes, and that [`Sniffed::NeedMore`] is no answer.
///
/// The format is decided before the file is cut, because a chunk by itself may be too small or too late to tell, and
/// because all chunks of a file must have the same format.
pub type Sniffer = Box<dyn FnMut(&[u8], bool) -> Sniffed + Send>;

/// Most bytes that a sniffer is shown. Without a limit a file of blank lines would be held in memory to its end. A line
/// of the largest size that is allowed is seen whole.
pub(super) const SNIFF_BYTES: usize = 17 << 20;
