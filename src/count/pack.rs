//! Numbers in a message, as one blob: seven bits a byte, low ones first (LEB128). Most counts take one byte, and the whole
//! is written and read in a single piece.

/// For `#[serde(with = "pack::counts")]`: numbers as they are.
pub(super) mod counts {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut blob = Vec::with_capacity(2 * numbers.len());
        let (eights, rest) = numbers.as_chunks::<8>();
        for eight in eights {
            // Small ones come together, and go together.
            if eight.iter().fold(0, |all, number| all | number) < 0x80 {
                blob.extend_from_slice(&eight.map(|number| number as u8));
            } else {
                eight.iter().for_each(|&number| super::push(&mut blob, number));
            }
        }
        rest.iter().for_each(|&number| super::push(&mut blob, number));
        serializer.serialize_bytes(&blob)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        super::read(deserializer, Some)
    }
}

/// For `#[serde(with = "pack::lengths")]`: small numbers as they are.
pub(super) mod lengths {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut blob = Vec::with_capacity(numbers.len());
        for &number in numbers {
            super::push(&mut blob, number.into());
        }
        serializer.serialize_bytes(&blob)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        super::read(deserializer, |number| u32::try_from(number).ok())
    }
}

/// Appends a number.
#[inline(always)]
pub(super) fn push(blob: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        blob.push(number as u8 | 0x80);
        number >>= 7;
    }
    blob.push(number as u8);
}

/// Takes a number off the front; of bytes that are none, whatever can be made of them.
#[inline(always)]
pub(super) fn take(bytes: &mut &[u8]) -> u64 {
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 0x80 => {
            *bytes = rest;
            byte.into()
        }
        _ => take_long(bytes),
    }
}

#[inline(never)]
fn take_long(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            break;
        }
        shift += 7;
    }
    number
}

fn read<'de, D: serde::Deserializer<'de>, N>(
    deserializer: D,
    mut number: impl FnMut(u64) -> Option<N>,
) -> Result<Vec<N>, D::Error> {
    let blob: Vec<u8> = serde_bytes::deserialize(deserializer)?;
    let damaged = || serde::de::Error::custom("a packed number is damaged");
    let mut numbers = Vec::with_capacity(blob.len());
    let mut rest = blob.iter();
    while !rest.as_slice().is_empty() {
        if let Some(eight) = rest.as_slice().first_chunk::<8>()
            && u64::from_le_bytes(*eight) & u64::from_le_bytes([0x80; 8]) == 0
        {
            for &byte in eight {
                numbers.push(number(byte.into()).ok_or_else(damaged)?);
            }
            rest = blob[blob.len() - rest.len() + 8..].iter();
            continue;
        }
        let Some(&first) = rest.next() else { break };
        let mut value = u64::from(first & 0x7f);
        let mut byte = first;
        let mut shift = 7;
        while byte >= 0x80 {
            byte = *rest.next().ok_or_else(damaged)?;
            let bits = u64::from(byte & 0x7f);
            if shift > 63 || bits << shift >> shift != bits {
                return Err(damaged());
            }
            value |= bits << shift;
            shift += 7;
        }
        numbers.push(number(value).ok_or_else(damaged)?);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Packed {
        #[serde(with = "super::counts")]
        counts: Vec<u64>,
        #[serde(with = "super::lengths")]
        lengths: Vec<u32>,
    }

    fn config() -> impl bincode::config::Config {
        bincode::config::standard()
    }

    proptest! {
        #[test]
        fn numbers_come_back_as_they_went(
            counts in prop::collection::vec(prop_oneof![0..300_u64, any::<u64>()], 0..20),
            lengths in prop::collection::vec(prop_oneof![0..300_u32, any::<u32>()], 0..20),
        ) {
            let packed = Packed { counts, lengths };
            let bytes = bincode::serde::encode_to_vec(&packed, config()).unwrap();
            let (back, used) = bincode::serde::decode_from_slice::<Packed, _>(&bytes, config()).unwrap();
            prop_assert_eq!((back, used), (packed, bytes.len()));
        }

        #[test]
        fn damaged_bytes_are_an_error_and_never_a_panic(blob in prop::collection::vec(any::<u8>(), 0..20)) {
            let bytes = [&[u8::try_from(blob.len()).unwrap()], &blob[..], &[0]].concat();
            let _ = bincode::serde::decode_from_slice::<Packed, _>(&bytes, config());
            let bytes = [&[0, u8::try_from(blob.len()).unwrap()], &blob[..]].concat();
            let _ = bincode::serde::decode_from_slice::<Packed, _>(&bytes, config());
        }
    }

    #[test]
    fn what_fits_no_number_is_refused() {
        for blob in
            [&[0x80][..], &[0xff; 9], &[0xff; 11], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]]
        {
            let bytes = [&[u8::try_from(blob.len()).unwrap()], blob, &[0]].concat();
            let read = bincode::serde::decode_from_slice::<Packed, _>(&bytes, config());
            assert!(read.is_err(), "{blob:?}");
        }
    }
}
