//! Text: from the lines of a chunk to the counts of its n-grams.
//!
//! `segments` divides the chunk into segments, which no n-gram crosses; `tokenizer` divides a segment into words and n-grams; `counter` counts
//! them, or numbers the words for `index`, which sorts n-grams.

mod counter;
mod index;
mod segments;
mod sentences;
mod short_key_cache;
mod stop_set;
mod tokenizer;

pub(super) use counter::{TableSizeHint, count_text, index_text};
pub(crate) use index::TextIndex;
