//! Sentences of a text.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Calls `each` with the place of each sentence of `text`, by the rules of Unicode (UAX #29). Bytes that are not UTF-8 end a
/// sentence.
pub(super) fn for_each_sentence(text: &[u8], mut each: impl FnMut(Range<usize>)) {
    let mut at = 0;
    for chunk in text.utf8_chunks() {
        for sentence in chunk.valid().split_sentence_bounds() {
            each(at..at + sentence.len());
            at += sentence.len();
        }
        at += chunk.invalid().len();
    }
}
