//! Packings: the compression formats of files, and what can be wrong with a file in one of them.

use std::fmt;

/// Compression format of a file, which is known by its first bytes.
///
/// ```
/// use ngramcount::input::Packing;
/// assert_eq!(Packing::Zstd.to_string(), "zstd");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// RFC 1952: one member or several.
    Gzip,
    /// RFC 8878: frames, with skippable ones among them.
    Zstd,
    /// Streams of bzip2, one behind the other.
    Bzip2,
    /// The .xz format: streams with padding between them.
    Xz,
    /// Frames of LZ4, with skippable ones among them.
    Lz4,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
        })
    }
}

/// What is wrong with a packed file.
///
/// ```
/// use ngramcount::input::{PackedFault, Packing};
/// let cut = PackedFault::Truncated(Packing::Xz);
/// assert_eq!(cut.to_string(), "truncated: the xz stream ends in the middle");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackedFault {
    /// The file ends before its stream does.
    #[error("truncated: the {0} stream ends in the middle")]
    Truncated(Packing),
    /// The magic bytes are there, the rest of the header is not valid.
    #[error("damaged: the {0} header is not valid")]
    Header(Packing),
    /// The packed data cannot be unpacked.
    #[error("damaged: the {0} data cannot be unpacked")]
    Data(Packing),
    /// The data can be unpacked, and are not those that were packed.
    #[error("damaged: the {0} checksum does not match")]
    Checksum(Packing),
    /// Behind a whole stream there are bytes that do not begin another.
    #[error("there is data after the end of the {0} stream that is not {0}")]
    TrailingData(Packing),
    /// Unpacking takes more memory than is allowed or there.
    #[error("its {packing} window{} is larger than the {} of memory that it may take", OfBytes(*.bytes), Size(*.limit))]
    Window {
        /// The compression format.
        packing: Packing,
        /// The size of the window in bytes, if it is known.
        bytes: Option<u64>,
        /// What it may take, in bytes.
        limit: u64,
    },
    /// The system did not give the memory that unpacking takes.
    #[error("there is no memory for its {packing} window{}", OfBytes(*.bytes))]
    NoMemory {
        /// The compression format.
        packing: Packing,
        /// The size of the window in bytes, if it is known.
        bytes: Option<u64>,
    },
    /// It was packed with a dictionary, which is not in the file.
    #[error("it was packed with the {packing} dictionary {id}, and dictionaries are not supported")]
    Dictionary {
        /// The compression format.
        packing: Packing,
        /// The number of the dictionary.
        id: u32,
    },
    /// It makes use of a part of the format that is not supported.
    #[error("it is {packing} in a form that is not supported: {form}")]
    Unsupported {
        /// The compression format.
        packing: Packing,
        /// What is not supported.
        form: &'static str,
    },
}

/// Displays a number of bytes, if it is known.
struct OfBytes(Option<u64>);

impl fmt::Display for OfBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |bytes| write!(f, " of {}", Size(bytes)))
    }
}

/// Displays a number of bytes in a larger unit.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytesize::ByteSize(self.0).display().iec().fmt(f)
    }
}
