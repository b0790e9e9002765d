//! Plain text, cut into words. Words and n-grams never reach across the end of a line.
//!
//! Bytes that are no UTF-8 belong to no character, so they are no white space and no letter. [`check_utf8`] finds them.

use unicode_segmentation::UnicodeSegmentation;

use super::LineError;

/// Checks that a line is UTF-8.
///
/// # Errors
/// [`LineError::NotUtf8`] with the first byte that is not.
///
/// ```
/// let wrong = ngramcount::record::text::check_utf8(b"Gr\xf6\xdfe").unwrap_err();
/// assert_eq!(wrong.to_string(), "byte 3 of the line, 0xF6, is not UTF-8");
/// ```
pub fn check_utf8(line: &[u8]) -> Result<(), LineError> {
    let wrong = |error: std::str::Utf8Error| {
        let at = error.valid_up_to();
        LineError::NotUtf8 { at: at as u64 + 1, byte: line[at] }
    };
    std::str::from_utf8(line).map(drop).map_err(wrong)
}

/// Appends the pieces of `line` between white space to `tokens`, as Python's `str.split()` cuts them.
///
/// White space is what `str.isspace()` calls so: the Unicode property and U+001C to U+001F.
///
/// ```
/// let mut tokens = Vec::new();
/// ngramcount::record::text::split_whitespace("А свобода,\u{2003}мой кумир ".as_bytes(), &mut tokens);
/// assert_eq!(tokens, ["А", "свобода,", "мой", "кумир"].map(str::as_bytes));
/// ```
pub fn split_whitespace<'a>(line: &'a [u8], tokens: &mut Vec<&'a [u8]>) {
    let mut start = 0;
    for base in (0..line.len()).step_by(BLOCK) {
        let mut found = candidates(line, base);
        while found != 0 {
            let at = base + found.trailing_zeros() as usize;
            found &= found - 1;
            let length = match CLASSES[usize::from(line[at])] {
                Class::Blank => 1,
                Class::Lead => wide_blank(&line[at..]),
                Class::Other => 0,
            };
            if length == 0 {
                continue;
            }
            if start < at {
                tokens.push(&line[start..at]);
            }
            start = at + length;
        }
    }
    if start < line.len() {
        tokens.push(&line[start..]);
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// A bit for each of the 64 bytes from `base` on that may begin white space: a byte of at most 0x20, or one that is not
/// ASCII.
///
/// All at once and not one after the other: where the next word ends does not have to wait for where this one does.
/// Measured on the King James Bible: 3 ns a word in place of 9.
#[inline(always)]
fn candidates(line: &[u8], base: usize) -> u64 {
    if let Some(block) = line[base..].first_chunk() {
        return candidates_of(block);
    }
    let rest = line.len() - base;
    if let Some(block) = line.last_chunk() {
        // The shift drops the bytes of the block before.
        return candidates_of(block) >> (BLOCK - rest);
    }
    let mut block = [b'x'; BLOCK];
    block[..rest].copy_from_slice(&line[base..]);
    candidates_of(&block)
}

#[inline(always)]
fn candidates_of(block: &[u8; BLOCK]) -> u64 {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const FIRST: u64 = u64::from_le_bytes([b' ' + 1; 8]);
    let (eights, _) = block.as_chunks::<8>();
    eights.iter().rev().fold(0, |found, eight| {
        let bytes = u64::from_le_bytes(*eight);
        // The high bit that is set first keeps each byte from borrowing of the next.
        let here = (!((bytes | HIGH) - FIRST) | bytes) & HIGH;
        // Brings the eight high bits together in the highest byte.
        found << 8 | (here >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Other,
    /// A white space of one byte.
    Blank,
    /// May begin a white space of two or three bytes.
    Lead,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte {
            0x09..=0x0d | 0x1c..=0x20 => Class::Blank,
            0xc2 | 0xe1 | 0xe2 | 0xe3 => Class::Lead,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

/// The length of the white space with which `text` begins, beyond ASCII; 0 if it does not.
fn wide_blank(text: &[u8]) -> usize {
    match text {
        [0xc2, 0x85 | 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

/// Appends the words of `line` to `tokens`: the pieces between the word boundaries of Unicode (UAX #29) that hold a
/// letter or a digit. Punctuation and blanks are dropped; `can't` and `3.14` are words.
///
/// ```
/// let mut tokens = Vec::new();
/// ngramcount::record::text::split_words("“Can't pay 3.14?” asked l'été.".as_bytes(), &mut tokens);
/// assert_eq!(tokens, ["Can't", "pay", "3.14", "asked", "l'été"].map(str::as_bytes));
/// ```
pub fn split_words<'a>(line: &'a [u8], tokens: &mut Vec<&'a [u8]>) {
    // Few words of an English text need the Unicode tables. A blank is always a boundary, so each piece between blanks can take the fast path by itself.
    if line.is_ascii() {
        split_ascii_words(line, tokens);
        return;
    }
    for piece in line.split(|&byte| byte == b' ') {
        if piece.is_ascii() {
            split_ascii_words(piece, tokens);
        } else {
            let readable = piece.utf8_chunks().map(|chunk| chunk.valid());
            tokens.extend(readable.flat_map(UnicodeSegmentation::unicode_words).map(str::as_bytes));
        }
    }
}

/// What ASCII characters are to the rules of UAX #29.
mod kind {
    pub(super) const LETTER: u8 = 1;
    pub(super) const DIGIT: u8 = 2;
    /// The underscore: joins letters and digits, and is neither.
    pub(super) const JOINER: u8 = 4;
    /// Between two letters it is a part of the word: `can't`.
    pub(super) const MID_LETTER: u8 = 8;
    /// Between two digits it is a part of the number: `9,000`.
    pub(super) const MID_NUMBER: u8 = 16;
}

const KINDS: [u8; 128] = {
    use kind::{DIGIT, JOINER, LETTER, MID_LETTER, MID_NUMBER};
    let mut kinds = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'_' => JOINER,
            b'\'' | b'.' => MID_LETTER | MID_NUMBER,
            b':' => MID_LETTER,
            b',' | b';' => MID_NUMBER,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// [`split_words`] of text that is ASCII.
fn split_ascii_words<'a>(text: &'a [u8], tokens: &mut Vec<&'a [u8]>) {
    use kind::{DIGIT, JOINER, LETTER, MID_LETTER, MID_NUMBER};
    let kind = |at: usize| text.get(at).map_or(0, |&byte| KINDS[usize::from(byte & 0x7f)]);
    let mut at = 0;
    while at < text.len() {
        let mut last = kind(at);
        if last & (LETTER | DIGIT | JOINER) == 0 {
            at += 1;
            continue;
        }
        let start = at;
        let mut seen = last;
        loop {
            at += 1;
            let here = kind(at);
            if here & (LETTER | DIGIT | JOINER) != 0 {
                last = here;
                seen |= here;
                continue;
            }
            // WB6 and WB7, WB11 and WB12.
            let joins = (last & LETTER != 0 && here & MID_LETTER != 0 && kind(at + 1) & LETTER != 0)
                || (last & DIGIT != 0 && here & MID_NUMBER != 0 && kind(at + 1) & DIGIT != 0);
            if !joins {
                break;
            }
            at += 1;
        }
        if seen & (LETTER | DIGIT) != 0 {
            tokens.push(&text[start..at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut<'a>(cut: fn(&'a [u8], &mut Vec<&'a [u8]>), text: &'a [u8]) -> Vec<&'a [u8]> {
        let mut tokens = Vec::new();
        cut(text, &mut tokens);
        tokens
    }

    #[test]
    fn blanks_are_those_of_python() {
        // python3 -c "print([hex(c) for c in range(0x110000) if chr(c).isspace()])"
        let blanks_of_python: Vec<u32> = (0x9..=0xd)
            .chain(0x1c..=0x20)
            .chain([0x85, 0xa0, 0x1680])
            .chain(0x2000..=0x200a)
            .chain([0x2028, 0x2029, 0x202f, 0x205f, 0x3000])
            .collect();
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let text = format!("a{c}b");
            let expected = if blanks_of_python.contains(&u32::from(c)) { 2 } else { 1 };
            assert_eq!(cut(split_whitespace, text.as_bytes()).len(), expected, "{c:?}");
        }
    }

    #[test]
    fn blanks_are_found_at_every_offset_of_a_long_line() {
        for blank in [" ", "\t", "\u{a0}", "\u{2003}"] {
            for length in [1, 7, 63, 64, 65, 127, 128, 200] {
                for at in 0..=length {
                    let (left, right) = ("é".repeat(at), "b".repeat(length - at));
                    let line = format!("{left}{blank}{right}");
                    let expected = [left, right].map(String::into_bytes);
                    let expected: Vec<&[u8]> =
                        expected.iter().map(Vec::as_slice).filter(|word| !word.is_empty()).collect();
                    assert_eq!(cut(split_whitespace, line.as_bytes()), expected, "{line:?}");
                }
            }
        }
    }

    #[test]
    fn empty_pieces_are_no_tokens_and_damaged_text_is_kept_as_it_is() {
        assert_eq!(cut(split_whitespace, b""), [] as [&[u8]; 0]);
        assert_eq!(cut(split_whitespace, b" \t \r"), [] as [&[u8]; 0]);
        assert_eq!(cut(split_whitespace, b"  a\xff  \xe2\x80 \xc2"), [&b"a\xff"[..], b"\xe2\x80", b"\xc2"]);
        assert_eq!(cut(split_words, b"a\xffb \xff c\xe2\x80"), [&b"a"[..], b"b", b"c"]);
    }

    #[test]
    fn words_are_cut_at_unicode_word_boundaries() {
        let cases: [(&str, &[&str]); 7] = [
            ("In the beginning, God created", &["In", "the", "beginning", "God", "created"]),
            ("LORD's; Beth-el: 9,000 3.14.", &["LORD's", "Beth", "el", "9,000", "3.14"]),
            ("a_b __ _x 1a a1 x.y x:y 1:2", &["a_b", "_x", "1a", "a1", "x.y", "x:y", "1", "2"]),
            ("'tis 'quoted' it''s", &["tis", "quoted", "it", "s"]),
            ("Где веселье — председатель", &["Где", "веселье", "председатель"]),
            ("x@y.com http://a.b", &["x", "y.com", "http", "a.b"]),
            ("...", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<&[u8]> = expected.iter().map(|word| word.as_bytes()).collect();
            assert_eq!(cut(split_words, text.as_bytes()), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn blanks_are_cut_as_the_standard_library_cuts_white_space(text in "([a-c]{1,9}|é| |\u{2003}|\u{3000}|\u{85}|\t){0,60}") {
            let expected: Vec<&[u8]> = text.split_whitespace().map(str::as_bytes).collect();
            prop_assert_eq!(cut(split_whitespace, text.as_bytes()), expected);
        }

        #[test]
        fn cutting_at_blanks_first_changes_no_word(text in "[a-cA1-3_'.:,;\"\\- \u{e9}\u{301}\u{200d}\u{2019}\u{433}\u{5d0}\u{30a2}\u{4e2d}\u{1f600}\u{300}\u{b7}]{0,24}") {
            let expected: Vec<&[u8]> = text.unicode_words().map(str::as_bytes).collect();
            prop_assert_eq!(cut(split_words, text.as_bytes()), expected);
        }

        #[test]
        fn the_fast_path_for_ascii_gives_the_words_of_the_unicode_tables(text in "[ -~\t]{0,24}") {
            let expected: Vec<&[u8]> = text.unicode_words().map(str::as_bytes).collect();
            prop_assert_eq!(cut(split_words, text.as_bytes()), expected);
        }

        #[test]
        fn any_bytes_are_cut_into_pieces_of_themselves(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(cut(split_words, &bytes).concat().len() <= bytes.len());
            prop_assert!(cut(split_whitespace, &bytes).concat().len() <= bytes.len());
        }
    }
}
