//! Text: from the lines of a chunk to the counts of its n-grams.
//!
//! `runs` divides the chunk into runs, which no n-gram crosses; `tokenizer` divides a run into words and n-grams; `counter` counts
//! them, or numbers the words for `index`, which sorts n-grams.

mod counter;
mod index;
mod runs;
mod sentences;
mod short_key_cache;
mod stop_set;
mod tokenizer;

pub(super) use counter::{TableSizeHint, count_text, index_text};
pub(crate) use index::TextIndex;
