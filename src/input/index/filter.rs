//! Filters of the n-grams in a part of a file whose n-grams stand in no order: one byte an n-gram says of most others that
//! they do not occur.
//!
//! Binary fuse filters with fingerprints of 8 bits (Graf and Lemire, "Binary fuse filters", 2022) over XXH3 hashes of 64 bits. One
//! of 256 n-grams that do not occur is not recognised as such.

use xorf::{BinaryFuse8, BinaryFuse8Ref, Descriptor, DmaSerializable, Filter, FilterRef};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of an encoded filter before its fingerprints.
const DESCRIPTOR_BYTES: usize = Descriptor::DMA_LEN;

/// The value by which filters know an n-gram.
pub(super) fn hash(ngram: &[u8]) -> u64 {
    xxh3_64(ngram)
}

/// The filter of n-grams with these hashes, as bytes: seed, length of a segment, its mask, length of all segments but two,
/// fingerprints. Empty if there is none.
pub(super) fn encode(mut hashes: Vec<u64>) -> Vec<u8> {
    hashes.sort_unstable();
    hashes.dedup();
    let Ok(filter) = BinaryFuse8::try_from(&hashes[..]) else { return Vec::new() };
    let mut bytes = vec![0; DESCRIPTOR_BYTES];
    filter.dma_copy_descriptor_to(&mut bytes);
    bytes.extend(filter.dma_fingerprints());
    bytes
}

/// Whether one of the n-grams with these hashes may be among those of the filter. Bytes that are no filter exclude nothing.
pub(super) fn may_hold(filter: &[u8], hashes: &[u64]) -> bool {
    decode(filter).is_none_or(|filter| hashes.iter().any(|hash| filter.contains(hash)))
}

fn decode(bytes: &[u8]) -> Option<BinaryFuse8Ref<'_>> {
    let (descriptor, fingerprints) = bytes.split_at_checked(DESCRIPTOR_BYTES)?;
    let number = |at: usize| Some(u32::from_le_bytes(*descriptor.get(at..)?.first_chunk()?));
    let (length, mask, count) = (number(8)?, number(12)?, number(16)?);
    // Otherwise a look-up would read behind the end.
    let fits = length.is_power_of_two()
        && mask == length - 1
        && count.is_multiple_of(length)
        && u64::from(count) + 2 * u64::from(length) <= fingerprints.len() as u64;
    fits.then(|| BinaryFuse8Ref::from_dma(descriptor, fingerprints))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_in_a_filter_is_found_and_most_else_is_not(
            words in prop::collection::vec("[a-z]{1,6}", 1..300),
            damaged in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let filter = encode(words.iter().map(|word| hash(word.as_bytes())).collect());
            for word in &words {
                prop_assert!(may_hold(&filter, &[hash(word.as_bytes())]));
            }
            let others = (0..500_u32).filter(|n| may_hold(&filter, &[hash(n.to_string().as_bytes())])).count();
            prop_assert!(others < 50, "{others} of 500");
            // Any bytes are harmless.
            may_hold(&damaged, &[hash(b"a")]);
            may_hold(&[&filter[..20], &damaged].concat(), &[hash(b"a")]);
        }
    }
}
