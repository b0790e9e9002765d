//! Errors of the wire format.

/// Error in bytes that should have been a frame or a payload.
///
/// ```
/// use procpool::{FrameError, Wire};
///
/// let error = u64::from_wire(vec![1, 2]).unwrap_err();
/// assert!(matches!(error, FrameError::Payload(_)));
/// assert_eq!(error.to_string(), "a payload does not decode: 1 bytes are left over");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The first four bytes are not the magic number.
    #[error("a frame begins with {found:02x?}, not with the magic {magic:02x?}", magic = super::constants::MAGIC)]
    Magic {
        /// The four bytes.
        found: [u8; 4],
    },
    /// The other side uses another version of the format.
    #[error("frame version {found}, expected {expected}", expected = super::constants::VERSION)]
    Version {
        /// The version of the other side.
        found: u8,
    },
    /// The kind of the frame is unknown.
    #[error("unknown frame kind {found}")]
    Kind {
        /// The byte that names the kind.
        found: u8,
    },
    /// The payload would be longer than the limit of 1 GiB.
    #[error("a frame announces {found} bytes, more than the {limit} allowed", limit = super::constants::MAX_PAYLOAD)]
    Length {
        /// The announced length in bytes.
        found: u32,
    },
    /// The payload has changed on its way.
    #[error("a payload does not match its check sum")]
    Checksum,
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Truncated,
    /// A payload does not decode as the expected type, or a value cannot be encoded.
    #[error("a payload does not decode: {0}")]
    Payload(String),
    /// The frame is valid but not allowed in this place.
    #[error("a frame of kind {kind} was not expected here")]
    Unexpected {
        /// The name of its kind.
        kind: String,
    },
}

impl FrameError {
    pub(crate) fn unexpected(kind: impl std::fmt::Debug) -> Self {
        FrameError::Unexpected { kind: format!("{kind:?}") }
    }
}
