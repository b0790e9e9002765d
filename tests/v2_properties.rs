//! The two readers of the v2 format agree on every input, however broken.

use std::iter;

use ngramcount::record::{lines, v2};
use proptest::prelude::*;

/// Text that is nearly v2: n-grams that repeat and share beginnings, numbers around every limit.
fn nearly_v2() -> impl Strategy<Value = Vec<u8>> {
    let ngram = prop_oneof![
        8 => "a|ab|of the|Где|exactly 15 byte|exactly 16 bytes|exactly 16 bytes, then|exactly 16 bytes, else",
        1 => "[a-z_]{0,20}",
    ];
    let number = prop_oneof![
        8 => "[0-9]{4}",
        8 => "[0-9]{1,10}",
        1 => "[0-9]{0,22}",
        1 => "429496729[56]|1844674407370955161[56]",
        1 => "[-+ 0-9./:]{0,6}",
    ];
    let numbers = prop_oneof![
        8 => prop::collection::vec(number.clone(), 3),
        1 => prop::collection::vec(number, 0..6),
    ];
    let end = prop_oneof![8 => Just("\n"), 4 => Just("\r\n"), 1 => Just("\r\r\n"), 1 => Just("\t\n"), 1 => Just("")];
    let line = (ngram, numbers, 1..4_usize, end);
    prop::collection::vec(line, 0..30).prop_map(|lines| {
        let mut text = String::new();
        for (ngram, numbers, times, end) in lines {
            let fields: Vec<&str> = iter::once(&ngram).chain(&numbers).map(String::as_str).collect();
            text.push_str(&(fields.join("\t") + end).repeat(times));
        }
        text.into_bytes()
    })
}

fn assert_readers_agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut plain = lines(bytes).map(v2::parse);
    for (line, fast) in v2::records(bytes).enumerate() {
        prop_assert_eq!(Some(fast), plain.next(), "line {}", line);
    }
    prop_assert_eq!(plain.next(), None, "the fast reader stopped early");
    Ok(())
}

proptest! {
    #[test]
    fn the_fast_reader_agrees_with_the_plain_one_on_any_bytes(bytes: Vec<u8>) {
        assert_readers_agree(&bytes)?;
    }

    #[test]
    fn the_fast_reader_agrees_with_the_plain_one_on_text_that_is_nearly_v2(text in nearly_v2()) {
        assert_readers_agree(&text)?;
    }

    #[test]
    fn the_fast_reader_agrees_with_the_plain_one_after_any_change_of_bytes(
        mut text in nearly_v2(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            any::<u8>(), prop::sample::select(b"\t\n\r \0/09:\x7f\x80\x8a\xba\xff".to_vec())
        ]), 1..8),
    ) {
        prop_assume!(!text.is_empty());
        for (at, byte) in changes {
            let at = at.index(text.len());
            text[at] = byte;
        }
        assert_readers_agree(&text)?;
    }
}

#[test]
fn no_single_byte_put_anywhere_in_a_row_makes_the_readers_differ() {
    let text = b"Aardvark\t1822\t2\t1\nAardvark\t1824\t12345\t678\nAardvark\t1827\t10\t9\nAardvark_NOUN\t1827\t10\t9\n";
    for at in 0..text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = *text;
            changed[at] = byte;
            assert_readers_agree(&changed).unwrap();
        }
    }
}
