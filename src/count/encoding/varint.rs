//! Varints: unsigned numbers of seven bits a byte, low bits first (LEB128).
//!
//! A message holds an array of numbers as one blob of varints. Most counts take one byte, and the blob is written and
//! read in one piece.

use serde::de::Error;
use serde::{Deserializer, Serializer};

/// Encoding of `u64` arrays, for `#[serde(with = "varint::u64s")]`.
pub(crate) mod u64s {
    use super::*;

    pub fn serialize<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut blob = Vec::with_capacity(2 * numbers.len());
        let (eights, rest) = numbers.as_chunks::<8>();
        for eight in eights {
            // Small numbers are adjacent, so eight of them often are eight bytes.
            if eight.iter().fold(0, |all, number| all | number) < 0x80 {
                blob.extend_from_slice(&eight.map(|number| number as u8));
            } else {
                eight.iter().for_each(|&number| encode(&mut blob, number));
            }
        }
        rest.iter().for_each(|&number| encode(&mut blob, number));
        serializer.serialize_bytes(&blob)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        decode_blob(deserializer, Some)
    }
}

/// Encoding of `u32` arrays, for `#[serde(with = "varint::u32s")]`.
pub(crate) mod u32s {
    use super::*;

    pub fn serialize<S: Serializer>(numbers: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut blob = Vec::with_capacity(numbers.len());
        numbers.iter().for_each(|&number| encode(&mut blob, number.into()));
        serializer.serialize_bytes(&blob)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        decode_blob(deserializer, |number| u32::try_from(number).ok())
    }
}

/// Appends a number.
#[inline(always)]
pub(crate) fn encode(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front; `None` if the bytes end within it or it does not fit 64 bits.
#[inline(always)]
pub(crate) fn decode(bytes: &mut &[u8]) -> Option<u64> {
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 0x80 => {
            *bytes = rest;
            Some(byte.into())
        }
        _ => decode_long(bytes),
    }
}

#[inline(never)]
fn decode_long(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// Whether `bytes` are numbers that all can be decoded.
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    // Four bytes with the high bit at an aligned place are in every number of more than seven bytes. Numbers of up to
    // seven bytes always fit, so mostly this one pass over whole words is enough.
    const HIGH_BITS: u32 = 0x8080_8080;
    let words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_ne_bytes(*word));
    let has_long = words.fold(false, |found, word| found | (word & HIGH_BITS == HIGH_BITS));
    if !has_long {
        return bytes.last().is_none_or(|&byte| byte < 0x80);
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        if decode(&mut rest).is_none() {
            return false;
        }
    }
    true
}

fn decode_blob<'de, D: Deserializer<'de>, N>(
    deserializer: D,
    convert: impl Fn(u64) -> Option<N>,
) -> Result<Vec<N>, D::Error> {
    let blob: Vec<u8> = serde_bytes::deserialize(deserializer)?;
    let invalid = || D::Error::custom("an encoded number is damaged");
    let mut numbers = Vec::with_capacity(blob.len());
    let mut rest = &blob[..];
    while !rest.is_empty() {
        // Eight numbers of one byte each, which most are.
        if let Some((eight, behind)) = rest.split_first_chunk::<8>()
            && u64::from_le_bytes(*eight) & u64::from_le_bytes([0x80; 8]) == 0
        {
            for &byte in eight {
                numbers.push(convert(byte.into()).ok_or_else(invalid)?);
            }
            rest = behind;
            continue;
        }
        numbers.push(decode(&mut rest).and_then(&convert).ok_or_else(invalid)?);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Message {
        #[serde(with = "super::u64s")]
        counts: Vec<u64>,
        #[serde(with = "super::u32s")]
        lengths: Vec<u32>,
    }

    fn config() -> impl bincode::config::Config {
        bincode::config::standard()
    }

    /// The message with `counts` and `lengths` as its two blobs.
    fn message(counts: &[u8], lengths: &[u8]) -> Option<Message> {
        let length = |blob: &[u8]| u8::try_from(blob.len()).unwrap();
        let bytes = [&[length(counts)], counts, &[length(lengths)], lengths].concat();
        bincode::serde::decode_from_slice(&bytes, config()).ok().map(|(message, _)| message)
    }

    /// The numbers in `bytes` by the definition: groups of seven bits, the lowest first; `None` if there is one of more
    /// than `bits` bits or the last one has no end.
    fn numbers(bytes: &[u8], bits: u32) -> Option<Vec<u64>> {
        if bytes.last().is_some_and(|&byte| byte >= 0x80) {
            return None;
        }
        bytes
            .split_inclusive(|&byte| byte < 0x80)
            .map(|number| {
                let bit = |at: usize| number[at / 7] >> (at % 7) & 1 == 1;
                let set: Vec<_> = (0..7 * number.len()).filter(|&at| bit(at)).collect();
                // Ten bytes hold any number; more of them are never written.
                let fits = number.len() <= 10 && set.iter().all(|&at| at < bits as usize);
                fits.then(|| set.iter().map(|&at| 1 << at).sum())
            })
            .collect()
    }

    proptest! {
        #[test]
        fn decoded_numbers_are_the_encoded_ones(
            counts in prop::collection::vec(prop_oneof![0..300_u64, any::<u64>()], 0..20),
            lengths in prop::collection::vec(prop_oneof![0..300_u32, any::<u32>()], 0..20),
        ) {
            let message = Message { counts, lengths };
            let bytes = bincode::serde::encode_to_vec(&message, config()).unwrap();
            let (back, used) = bincode::serde::decode_from_slice::<Message, _>(&bytes, config()).unwrap();
            prop_assert_eq!((back, used), (message, bytes.len()));
        }

        #[test]
        fn any_bytes_are_the_numbers_of_the_definition_or_an_error(
            blob in prop::collection::vec(prop_oneof![2 => any::<u8>(), 1 => 0x80..=0xff_u8], 0..24),
        ) {
            let expected = numbers(&blob, 64);
            prop_assert_eq!(is_valid(&blob), expected.is_some());
            prop_assert_eq!(message(&blob, &[]).map(|message| message.counts), expected);
            let lengths = numbers(&blob, 32).map(|numbers| numbers.iter().map(|&number| number as u32).collect());
            prop_assert_eq!(message(&[], &blob).map(|message| message.lengths), lengths);
        }
    }

    #[test]
    fn truncated_and_overlong_numbers_are_errors() {
        let too_large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        let eleven_bytes = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
        for blob in [&[0x80][..], &[1, 0x80], &[0xff; 9], &[0xff; 11], &too_large, &eleven_bytes] {
            assert!(!is_valid(blob), "{blob:?}");
            assert_eq!(message(blob, &[]), None, "{blob:?}");
            assert_eq!(message(&[], blob), None, "{blob:?}");
        }
        let largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!((decode(&mut &largest[..]), is_valid(&largest)), (Some(u64::MAX), true));
        assert_eq!(decode(&mut &[][..]), None);
        assert_eq!(message(&[], &largest), None, "a length has 32 bits");
    }
}
