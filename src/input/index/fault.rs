//! Faults of an index.

use serde::{Deserialize, Serialize};

/// Version of the layout. A program that does not know it ignores the index.
pub(super) const VERSION: u32 = 1;

/// Why bytes are no index that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum IndexFault {
    /// The file begins with other bytes, or is too short.
    #[error("it is not an index")]
    NotAnIndex,
    /// Another version of the program wrote it.
    #[error("its layout has version {0}, not {VERSION}")]
    Version(u32),
    /// A checksum does not match, or the parts do not fit together.
    #[error("it is damaged")]
    Damaged,
    /// It was made of another file, or the file has changed since.
    #[error("it was made of another state of the file")]
    Stale,
    /// What it says of the contents of the file is not so.
    #[error("the contents of the file are not those that it was made of")]
    Contents,
}
