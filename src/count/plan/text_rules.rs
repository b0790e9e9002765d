//! Rules for dividing text into n-grams.

use serde::{Deserialize, Serialize};

use super::Pattern;

/// How text is divided into n-grams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextRules {
    /// Words of the shortest n-gram, at least 1.
    pub shortest: u32,
    /// Words of the longest n-gram.
    pub longest: u32,
    /// The definition of a word.
    pub tokens: Tokens,
}

impl Default for TextRules {
    /// Single words at Unicode's word boundaries.
    fn default() -> Self {
        Self { shortest: 1, longest: 1, tokens: Tokens::Words }
    }
}

/// The definition of a word in text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Tokens {
    /// A segment between Unicode's word boundaries with a letter or a digit.
    #[default]
    Words,
    /// A sequence of bytes between white space.
    Blanks,
    /// A match of a pattern, if it is not empty.
    Matching(Pattern),
}
