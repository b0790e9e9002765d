//! Part-of-speech tags: `watch_NOUN`.
//!
//! Tagged rows count the same words again: the matches of `watch` are those of `watch_NOUN`, `watch_VERB` and so on.

use serde::{Deserialize, Serialize};

/// The twelve tags. A set of them is a bit mask of their indices here.
pub const TAGS: [&str; 12] =
    ["NOUN", "VERB", "ADJ", "ADV", "PRON", "DET", "ADP", "NUM", "CONJ", "PRT", "X", "."];

/// A condition on the tags of an n-gram.
///
/// ```
/// use ngramcount::count::Pos;
///
/// assert_eq!(Pos::tags(["NOUN", "VERB"]), Some(Pos::Tags(0b11)));
/// assert_eq!(Pos::tags(["noun"]), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Pos {
    /// All n-grams, with tags and without.
    #[default]
    All,
    /// No word has a tag, and none is a placeholder for a class of words.
    Untagged,
    /// Every word has a tag. A row where only some words have one is neither tagged nor untagged: it counts the same text
    /// again.
    Tagged,
    /// Every word has one of these tags: a bit mask of indices in [`TAGS`].
    Tags(u16),
}

impl Pos {
    /// The condition that every word has one of the named tags; `None` if a name is not one of the twelve.
    pub fn tags<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let place = |name| TAGS.iter().position(|&tag| tag == name).map(|place| 1 << place);
        names.into_iter().map(place).try_fold(0, |set, tag| Some(set | tag?)).map(Self::Tags)
    }

    /// Whether `ngram` meets the condition.
    ///
    /// ```
    /// use ngramcount::count::Pos;
    ///
    /// assert!(Pos::Tagged.accepts(b"watch_NOUN") && !Pos::Tagged.accepts(b"watch"));
    /// ```
    pub fn accepts(self, ngram: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Untagged => words(ngram).all(|word| !is_marker(word) && split_tag(word).is_none()),
            Self::Tagged => words(ngram).all(|word| split_tag(word).is_some()),
            Self::Tags(set) => {
                words(ngram).all(|word| split_tag(word).is_some_and(|(_, place)| set >> place & 1 == 1))
            }
        }
    }
}

/// The words of an n-gram. `=>` separates the two words of a dependency.
fn words(ngram: &[u8]) -> impl Iterator<Item = &[u8]> {
    ngram.split(|&byte| byte == b' ').flat_map(|word| {
        let arrow = memchr::memmem::find(word, b"=>").filter(|&at| at > 0 && at + 2 < word.len());
        let (head, tail) = arrow.map_or((word, None), |at| (&word[..at], Some(&word[at + 2..])));
        std::iter::once(head).chain(tail)
    })
}

/// The word before the tag and the index of the tag in [`TAGS`]; `None` if `word` has no tag or nothing before it.
pub(crate) fn split_tag(word: &[u8]) -> Option<(&[u8], usize)> {
    let at = memchr::memrchr(b'_', word).filter(|&at| at > 0)?;
    let place = TAGS.iter().position(|tag| tag.as_bytes() == &word[at + 1..])?;
    Some((&word[..at], place))
}

/// Whether `word` is a placeholder for a class of words (`_NOUN_`) or for the start, the end or the root of a sentence.
pub(crate) fn is_marker(word: &[u8]) -> bool {
    let name = word.strip_prefix(b"_").and_then(|word| word.strip_suffix(b"_"));
    name.is_some_and(|name| {
        TAGS.iter().chain(&["START", "END", "ROOT"]).any(|marker| marker.as_bytes() == name)
    })
}

/// Appends `ngram` to `stripped` without the tags of its words.
pub(crate) fn strip_tags(ngram: &[u8], stripped: &mut Vec<u8>) {
    for (index, word) in ngram.split(|&byte| byte == b' ').enumerate() {
        if index > 0 {
            stripped.push(b' ');
        }
        for (index, word) in words(word).enumerate() {
            if index > 0 {
                stripped.extend_from_slice(b"=>");
            }
            stripped.extend_from_slice(split_tag(word).map_or(word, |(word, _)| word));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_of_the_twelve_at_the_end_of_a_word() {
        let cases: [(&str, Option<(&str, &str)>); 17] = [
            ("watch_NOUN", Some(("watch", "NOUN"))),
            ("____VERB", Some(("___", "VERB"))),
            ("_____X", Some(("____", "X"))),
            ("__PRT", Some(("_", "PRT"))),
            ("_._._.__X", Some(("_._._._", "X"))),
            (",_.", Some((",", "."))),
            ("=>_X", Some(("=>", "X"))),
            ("HKEY_LOCAL_MACHINE", None),
            ("_NOUN", None),
            ("_NOUN_", None),
            ("_.", None),
            ("watch_noun", None),
            ("watch_NOUNS", None),
            ("watchNOUN", None),
            ("NOUN", None),
            ("_", None),
            ("", None),
        ];
        for (word, expected) in cases {
            let found = split_tag(word.as_bytes())
                .map(|(word, place)| (std::str::from_utf8(word).unwrap(), TAGS[place]));
            assert_eq!(found, expected, "{word:?}");
        }
    }

    #[test]
    fn placeholders_are_told_from_words() {
        for marker in ["_NOUN_", "_._", "_X_", "_START_", "_END_", "_ROOT_"] {
            assert!(is_marker(marker.as_bytes()), "{marker}");
        }
        for word in ["_", "__", "NOUN", "_noun_", "_NOUN", "_HKEY_", "START"] {
            assert!(!is_marker(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn a_condition_is_checked_on_every_word_of_an_n_gram() {
        let nouns_and_verbs = Pos::tags(["NOUN", "VERB"]).unwrap();
        // untagged, tagged, nouns and verbs
        let cases = [
            ("watch", [true, false, false]),
            ("watch_NOUN", [false, true, true]),
            ("watch_ADJ", [false, true, false]),
            ("_NOUN_", [false, false, false]),
            ("_START_ The", [false, false, false]),
            ("the watch", [true, false, false]),
            ("the watch_NOUN", [false, false, false]),
            ("the_DET watch_NOUN", [false, true, false]),
            ("dog_NOUN barks_VERB", [false, true, true]),
            ("dog_NOUN=>big_ADJ", [false, true, false]),
            ("dog=>big", [true, false, false]),
            ("=>", [true, false, false]),
            ("HKEY_LOCAL_MACHINE", [true, false, false]),
            ("____VERB", [false, true, true]),
            (",_.", [false, true, false]),
        ];
        for (ngram, expected) in cases {
            let found =
                [Pos::Untagged, Pos::Tagged, nouns_and_verbs].map(|pos| pos.accepts(ngram.as_bytes()));
            assert_eq!(found, expected, "{ngram:?}");
            assert!(Pos::All.accepts(ngram.as_bytes()));
        }
        assert_eq!(Pos::tags(["NOUN", "noun"]), None);
    }

    #[test]
    fn tags_are_removed_from_every_word() {
        let cases = [
            ("watch_NOUN", "watch"),
            ("the_DET watch_NOUN", "the watch"),
            ("dog_NOUN=>big_ADJ", "dog=>big"),
            ("__PRT", "_"),
            ("HKEY_LOCAL_MACHINE", "HKEY_LOCAL_MACHINE"),
            (" ", " "),
        ];
        for (ngram, expected) in cases {
            let mut stripped = Vec::new();
            strip_tags(ngram.as_bytes(), &mut stripped);
            assert_eq!(stripped, expected.as_bytes());
        }
    }
}
