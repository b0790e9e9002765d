//! Rules for dividing text into n-grams.

use serde::{Deserialize, Serialize};

use super::{NormalForm, Pattern, StopWords};
use crate::record::{Document, FieldPath};

/// How text is divided into documents and n-grams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextRules {
    /// Words of the shortest n-gram, at least 1.
    pub shortest: u32,
    /// Words of the longest n-gram.
    pub longest: u32,
    /// The definition of a word.
    pub tokens: Tokens,
    /// Where the text of a record is; `None` is the field `text`.
    pub field: Option<FieldPath>,
    /// The documents of plain text; see [`document`](Self::document).
    pub documents: Option<Document>,
    /// Whether n-grams cross the ends of lines within a document.
    pub across_lines: bool,
    /// Whether no n-gram crosses the end of a sentence.
    pub sentences: bool,
    /// Words that are in no n-gram.
    pub stop_words: Option<StopWords>,
    /// The normal form to which text is brought before it is divided.
    pub normalize: Option<NormalForm>,
}

impl Default for TextRules {
    /// Single words at Unicode's word boundaries.
    fn default() -> Self {
        Self {
            shortest: 1,
            longest: 1,
            tokens: Tokens::Words,
            field: None,
            documents: None,
            across_lines: false,
            sentences: false,
            stop_words: None,
            normalize: None,
        }
    }
}

impl TextRules {
    /// What a document of plain text is: a line, unless something else is asked for. N-grams across lines are those of a
    /// paragraph.
    pub fn document(&self) -> Document {
        let usual = if self.across_lines { Document::Paragraph } else { Document::Line };
        self.documents.unwrap_or(usual)
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
