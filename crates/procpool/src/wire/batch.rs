//! Batch: several inputs, or outputs, of one task in one message.
//!
//! The encoding is the number of items, then each item as a byte string. A batch can be halved without
//! knowledge of the items' type.

use super::codec::{decode_prefix, encode, encode_into};
use super::{FrameError, Payload};

/// Both halves of an input, in order, each with its number of items.
pub(crate) type PayloadHalves = [(Payload, u64); 2];

/// Several payloads as one.
pub(crate) fn encode_batch(payloads: &[Payload]) -> Result<Payload, FrameError> {
    let mut bytes = encode(&(payloads.len() as u64))?;
    for payload in payloads {
        encode_into(&mut bytes, &(payload.len() as u64))?;
        payload.append_to(&mut bytes);
    }
    Ok(Payload::from_encoded(bytes))
}

/// The items of a batch.
pub(crate) fn decode_batch(bytes: &[u8]) -> Result<Vec<&[u8]>, FrameError> {
    let (count, mut rest): (u64, &[u8]) = decode_prefix(bytes)?;
    let mut items = Vec::with_capacity((count as usize).min(bytes.len()));
    for _ in 0..count {
        let (length, behind): (u64, &[u8]) = decode_prefix(rest)?;
        let Some((item, behind)) = usize::try_from(length).ok().and_then(|n| behind.split_at_checked(n))
        else {
            return Err(FrameError::Truncated);
        };
        items.push(item);
        rest = behind;
    }
    if rest.is_empty() {
        Ok(items)
    } else {
        Err(FrameError::Payload("a batch is followed by extra bytes".into()))
    }
}

/// The number of items that a batch announces; 1 if the bytes are damaged.
pub(crate) fn batch_len(bytes: &[u8]) -> u64 {
    decode_prefix::<u64>(bytes).map_or(1, |(count, _)| count)
}

/// Both halves of a batch; `None` if it has fewer than two items.
pub(crate) fn split_batch(payload: &Payload) -> Option<PayloadHalves> {
    let bytes = payload.to_vec();
    let part = |item: &[u8]| Payload::from_encoded(item.to_vec());
    let items: Vec<Payload> = decode_batch(&bytes).ok()?.into_iter().map(part).collect();
    let (left, right) = items.split_at_checked(items.len() / 2)?;
    if left.is_empty() {
        return None;
    }
    Some([(encode_batch(left).ok()?, left.len() as u64), (encode_batch(right).ok()?, right.len() as u64)])
}
