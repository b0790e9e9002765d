//! Case folding of n-grams. This is the only definition of case in the crate.

use super::pos::{is_marker, split_tag};

/// Appends `ngram` to `folded` in Unicode's simple case folding: one character for one, so that `ß` stays, and `Σ`, `σ`
/// and `ς` become one. Part-of-speech tags keep their case. Bytes that are not UTF-8 stay as they are.
pub(crate) fn fold_case(ngram: &[u8], folded: &mut Vec<u8>) {
    if !ngram.contains(&b'_') {
        fold_word(ngram, folded);
        return;
    }
    for (index, token) in ngram.split(|&byte| byte == b' ').enumerate() {
        if index > 0 {
            folded.push(b' ');
        }
        if is_marker(token) {
            folded.extend_from_slice(token);
        } else {
            let word = split_tag(token).map_or(token, |(word, _)| word);
            fold_word(word, folded);
            folded.extend_from_slice(&token[word.len()..]);
        }
    }
}

fn fold_word(word: &[u8], folded: &mut Vec<u8>) {
    if word.is_ascii() {
        folded.extend(word.iter().map(u8::to_ascii_lowercase));
        return;
    }
    for chunk in word.utf8_chunks() {
        for c in chunk.valid().chars() {
            folded.extend_from_slice(fold_char(c).encode_utf8(&mut [0; 4]).as_bytes());
        }
        folded.extend_from_slice(chunk.invalid());
    }
}

/// Unicode's simple case folding by the two mappings that the standard library has: to upper case and back.
fn fold_char(c: char) -> char {
    // In Unicode the dotless i folds to itself, although its upper case is I.
    if c == 'ı' {
        return c;
    }
    let single = |mut chars: Box<dyn Iterator<Item = char>>| chars.next().filter(|_| chars.next().is_none());
    let upper = single(Box::new(c.to_uppercase())).unwrap_or(c);
    single(Box::new(upper.to_lowercase())).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &[u8]) -> Vec<u8> {
        let mut folded = Vec::new();
        fold_case(text, &mut folded);
        folded
    }

    #[test]
    fn letters_lose_their_case_and_tags_keep_it() {
        let cases = [
            ("Watch_NOUN the_DET", "watch_NOUN the_DET"),
            ("WATCH", "watch"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδός", "οδόσ"),
            ("ÉTÉ", "été"),
            ("Straße", "straße"),
            ("STRAẞE", "straße"),
            ("ДОМ_NOUN", "дом_NOUN"),
            ("_NOUN_ Of", "_NOUN_ of"),
            ("_START_ The", "_START_ the"),
            ("HKEY_LOCAL_MACHINE", "hkey_local_machine"),
            ("\u{212a}", "k"),
        ];
        for (ngram, expected) in cases {
            assert_eq!(folded(ngram.as_bytes()), expected.as_bytes(), "{ngram}");
        }
        assert_eq!(folded(b"A\xffB\xc3"), b"a\xffb\xc3");
    }

    #[test]
    fn each_character_matches_its_folded_one_in_the_regex_crate() {
        // The standard library may know a newer Unicode.
        let known = regex::Regex::new(r"^\P{Cn}$").unwrap();
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| known.is_match(&c.to_string())) {
            let fold = fold_char(c);
            if fold != c {
                let pattern = regex::Regex::new(&format!("(?i)^\\x{{{:x}}}$", u32::from(fold))).unwrap();
                assert!(pattern.is_match(&c.to_string()), "{c:?} {fold:?}");
            }
        }
    }
}
