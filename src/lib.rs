//! Counts words and n-grams in Google Books Ngram exports and plain text.

pub mod count;
pub mod input;
pub mod record;
