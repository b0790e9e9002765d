//! Payload of a frame: encoded bytes, and optionally a large byte string that is not copied.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::FrameError;
use super::codec::{encode, encode_into};

/// An encoded input or output of a task. The last part may be a large byte string that stays in its own
/// buffer.
///
/// `head` ends with the length of `bulk` if there is a bulk, so that both together are one bincode value.
/// A vectored write sends them without a copy.
///
/// ```
/// use procpool::{Payload, decode_with_bulk};
///
/// let payload = Payload::with_bulk(&"a name", vec![0_u8; 1 << 20])?;
/// let received = payload.to_vec();
/// let (name, start): (String, usize) = decode_with_bulk(&received)?;
/// assert_eq!((name.as_str(), received[start..].len()), ("a name", 1 << 20));
/// # Ok::<(), procpool::FrameError>(())
/// ```
#[derive(Clone, Default)]
pub struct Payload {
    pub(super) head: Vec<u8>,
    bulk: Option<Arc<dyn Bulk>>,
}

/// A large byte string that a [`Payload`] holds without a copy: any shared buffer of bytes.
///
/// ```
/// use procpool::{Bulk, Payload};
///
/// fn send(bytes: impl Bulk) -> Result<Payload, procpool::FrameError> {
///     Payload::with_bulk(&(), bytes)
/// }
/// assert_eq!(send(vec![1_u8, 2, 3])?.len(), 4);
/// # Ok::<(), procpool::FrameError>(())
/// ```
pub trait Bulk: AsRef<[u8]> + Send + Sync + 'static {}
impl<T: AsRef<[u8]> + Send + Sync + 'static> Bulk for T {}

impl Payload {
    /// `value` in bincode.
    ///
    /// # Errors
    /// serde or bincode cannot express the value, for example a sequence of unknown length.
    pub fn of(value: &impl Serialize) -> Result<Self, FrameError> {
        Ok(Payload { head: encode(value)?, bulk: None })
    }

    /// The pair of `value` and a byte string, in bincode. The byte string is not copied.
    ///
    /// # Errors
    /// As [`Payload::of`].
    pub fn with_bulk(value: &impl Serialize, bulk: impl Bulk) -> Result<Self, FrameError> {
        let mut head = encode(value)?;
        encode_into(&mut head, &(bulk.as_ref().len() as u64))?;
        Ok(Payload { head, bulk: Some(Arc::new(bulk)) })
    }

    /// A payload of bytes that are encoded already.
    pub(crate) fn from_encoded(head: Vec<u8>) -> Self {
        Payload { head, bulk: None }
    }

    /// Bytes on the wire.
    pub fn len(&self) -> usize {
        self.head.len() + self.bulk().len()
    }

    /// Whether the payload has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All bytes in one buffer, as the receiver sees them.
    pub fn to_vec(&self) -> Vec<u8> {
        [&self.head, self.bulk()].concat()
    }

    pub(super) fn bulk(&self) -> &[u8] {
        self.bulk.as_deref().map_or(&[], |bulk| bulk.as_ref())
    }

    /// The bytes in pieces of at most `size` bytes, in order. Each is a copy.
    pub(crate) fn pieces(&self, size: usize) -> impl Iterator<Item = Payload> {
        let pieces = self.head.chunks(size).chain(self.bulk().chunks(size));
        pieces.map(|piece| Payload::from_encoded(piece.to_vec()))
    }

    pub(super) fn checksum(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.head);
        hasher.update(self.bulk());
        hasher.finalize()
    }

    /// All bytes in one buffer; copies only if there is a bulk.
    pub(crate) fn into_vec(self) -> Vec<u8> {
        if self.bulk.is_none() { self.head } else { self.to_vec() }
    }

    pub(super) fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(self.bulk());
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.len())
    }
}
