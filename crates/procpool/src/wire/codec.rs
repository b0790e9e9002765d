//! Encoding and decoding of values in bincode.
//!
//! This is the only file that names bincode, so that a byte-compatible successor can replace it within a
//! day. The test `golden_bytes` pins the layout.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::FrameError;
use super::constants::MAX_PAYLOAD;

/// `value` in bincode's standard configuration: little endian, integers of variable length.
pub(crate) fn encode(value: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    bincode::serde::encode_to_vec(value, config()).map_err(payload_error)
}

/// Appends `value` to `bytes`. Batches of small items use this to save an allocation for each item.
pub(super) fn encode_into(bytes: &mut Vec<u8>, value: &impl Serialize) -> Result<(), FrameError> {
    bincode::serde::encode_into_std_write(value, bytes, config()).map(drop).map_err(payload_error)
}

/// A value from the front of `bytes`, and the bytes behind it.
pub(super) fn decode_prefix<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), FrameError> {
    let decoded = if bytes.len() <= MAX_PAYLOAD as usize {
        bincode::serde::decode_from_slice(bytes, config())
    } else {
        // Joined from pieces.
        bincode::serde::decode_from_slice(bytes, config().with_no_limit())
    };
    let (value, used) = decoded.map_err(payload_error)?;
    Ok((value, &bytes[used..]))
}

/// The value that fills `bytes` exactly.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    match decode_prefix(bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(FrameError::Payload(format!("{} bytes are left over", rest.len()))),
    }
}

/// Decodes the value of [`Payload::with_bulk`](super::Payload::with_bulk) without a copy of the byte
/// string, which is the rest of `bytes` from the returned offset.
///
/// # Errors
/// `bytes` is not such a pair.
pub fn decode_with_bulk<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), FrameError> {
    let (value, rest) = decode_prefix(bytes)?;
    let (length, bulk): (u64, &[u8]) = decode_prefix(rest)?;
    if length != bulk.len() as u64 {
        let found = bulk.len();
        return Err(FrameError::Payload(format!("a byte string of {length} bytes has {found}")));
    }
    Ok((value, bytes.len() - bulk.len()))
}

/// The limit stops a damaged length inside a payload before it becomes an allocation.
fn config() -> Configuration<LittleEndian, Varint, Limit<{ MAX_PAYLOAD as usize }>> {
    bincode::config::standard().with_limit()
}

fn payload_error(error: impl std::fmt::Display) -> FrameError {
    FrameError::Payload(error.to_string())
}
