//! Normal forms of Unicode.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

use crate::record::UnknownName;

/// Normal form of Unicode (UAX #15), in which one character is always the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NormalForm {
    /// Composed: `ï` is one character, and not an `i` with a diaeresis.
    Nfc,
    /// Composed, and without differences of form: the ligature `ﬁ` becomes `fi`.
    Nfkc,
}

impl NormalForm {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Nfc, Self::Nfkc];

    /// The name of the form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nfc => "nfc",
            Self::Nfkc => "nfkc",
        }
    }

    /// `text` in this form. Bytes that are not UTF-8 stay as they are.
    ///
    /// ```
    /// use ngramcount::count::NormalForm;
    ///
    /// assert_eq!(NormalForm::Nfc.apply("nai\u{308}ve".as_bytes()), "naïve".as_bytes());
    /// ```
    pub fn apply(self, text: &[u8]) -> Vec<u8> {
        let mut normal = Vec::with_capacity(text.len());
        self.append(text, &mut normal);
        normal
    }

    /// Appends `text` in this form.
    pub(crate) fn append(self, text: &[u8], normal: &mut Vec<u8>) {
        for chunk in text.utf8_chunks() {
            let valid = chunk.valid();
            let mut push = |c: char| normal.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            match self {
                _ if self.has(valid) => normal.extend_from_slice(valid.as_bytes()),
                Self::Nfc => valid.nfc().for_each(&mut push),
                Self::Nfkc => valid.nfkc().for_each(&mut push),
            }
            normal.extend_from_slice(chunk.invalid());
        }
    }

    /// Whether `text` is in this form, as far as that can be told without the conversion.
    fn has(self, text: &str) -> bool {
        let quick = match self {
            _ if text.is_ascii() => IsNormalized::Yes,
            Self::Nfc => is_nfc_quick(text.chars()),
            Self::Nfkc => is_nfkc_quick(text.chars()),
        };
        quick == IsNormalized::Yes
    }
}

impl FromStr for NormalForm {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("normal form", &Self::ALL, Self::name, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_normalized_as_by_python() {
        // python3 -c 'import unicodedata, sys; print(unicodedata.normalize(sys.argv[1].upper(), sys.argv[2]))' FORM TEXT
        for (form, text, expected) in [
            (NormalForm::Nfc, "nai\u{308}ve", "na\u{ef}ve"),
            (NormalForm::Nfc, "\u{212b} \u{fb01}", "\u{c5} \u{fb01}"),
            (NormalForm::Nfkc, "\u{fb01} \u{ff21}\u{bd}", "fi A1\u{2044}2"),
            (NormalForm::Nfc, "a\u{323}\u{307}", "\u{1ea1}\u{307}"),
            (NormalForm::Nfc, "\u{1100}\u{1161}\u{11a8}", "\u{ac01}"),
            (NormalForm::Nfc, "plain", "plain"),
        ] {
            assert_eq!(form.apply(text.as_bytes()), expected.as_bytes(), "{text:?}");
        }
        assert_eq!(NormalForm::Nfc.apply(b"i\xcc\x88\xff\xcc\x88"), b"\xc3\xaf\xff\xcc\x88");
    }
}
