//! Length of a common prefix.

/// The number of bytes at the beginning that both have.
#[inline]
pub(crate) fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let (a_words, b_words) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let mut same = 0;
    for (a, b) in a_words.iter().zip(b_words) {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return same + differing.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + a[same..].iter().zip(&b[same..]).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_number_of_equal_bytes_before_the_first_that_differ(a in "[ab]{0,30}", b in "[ab]{0,30}") {
            let expected = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(common_prefix(a.as_bytes(), b.as_bytes()), expected);
            let (longer, shorter) = (format!("{a}{b}"), &a);
            prop_assert_eq!(common_prefix(longer.as_bytes(), shorter.as_bytes()), a.len());
        }
    }
}
