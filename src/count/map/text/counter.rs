//! Text counter: counts the n-grams of one chunk of text.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::index::{IndexedText, SEGMENT_END, TextIndex};
use super::segments::{DividedText, Segment, lines_as_segments, needs_division};
use super::short_key_cache::{ShortKey, ShortKeyCache};
use super::stop_set::BREAK;
use super::tokenizer::Tokenizer;
use crate::count::error::CountError;
use crate::count::map::key_filter::KeyFilter;
use crate::count::ngram_table::{NgramTable, TableError};
use crate::count::partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
use crate::count::plan::{BadLines, Measure, Plan};
use crate::record::{Format, LineError};

/// The size of the last chunk's table. The next one reserves as much at once, and need not grow step by step.
#[derive(Default)]
pub(in crate::count::map) struct TableSizeHint {
    ngrams: AtomicUsize,
    key_bytes: AtomicUsize,
}

/// Counts the lines of a text, each a document. One is bad if it is not in the format, or not UTF-8 and the plan needs that.
///
/// # Errors
/// [`CountError::TooManyNgrams`] if the table is full.
pub(in crate::count::map) fn count_text(
    plan: &Plan,
    keys: &KeyFilter,
    size: &TableSizeHint,
    format: Format,
    bytes: &[u8],
) -> Result<Partial, CountError> {
    let mut counter = TextCounter::new(plan, keys);
    // Without that much memory the table grows as n-grams come.
    let _ = counter
        .table
        .try_reserve(size.ngrams.load(Ordering::Relaxed), size.key_bytes.load(Ordering::Relaxed));
    let counted = match needs_division(format, &plan.text) {
        false => counter.count(bytes, lines_as_segments(bytes, plan.needs_utf8())),
        true => {
            let divided = DividedText::new(plan, format, bytes);
            counter.count(divided.bytes(), divided.segments())
        }
    };
    // A chunk has fewer bytes than a sum can count, so the error is not an overflow.
    counted.map_err(|error| CountError::of_table(error, &[], &plan.measures))?;
    size.ngrams.store(counter.table.len(), Ordering::Relaxed);
    size.key_bytes.store(counter.table.key_bytes(), Ordering::Relaxed);
    Ok(Partial::of_table(counter.table, counter.tally, counter.bad))
}

/// Indexes the words of a text, for counts of all its n-grams. `None` if they cannot be sorted by their words.
///
/// # Errors
/// As [`count_text`].
pub(in crate::count::map) fn index_text(
    plan: &Plan,
    keys: &KeyFilter,
    format: Format,
    bytes: &[u8],
) -> Result<Option<TextIndex>, CountError> {
    let mut counter = TextCounter::new(plan, keys);
    let text = match needs_division(format, &plan.text) {
        false => counter.index_words(bytes, lines_as_segments(bytes, plan.needs_utf8())),
        true => {
            let divided = DividedText::new(plan, format, bytes);
            counter.index_words(divided.bytes(), divided.segments())
        }
    };
    let text = text.map_err(|error| CountError::of_table(error, &[], &plan.measures))?;
    let TextCounter { table, tally, bad, .. } = counter;
    Ok(TextIndex::new(table, text, plan, tally, bad))
}

/// The count of one chunk while it is read.
struct TextCounter<'m> {
    plan: &'m Plan,
    keys: &'m KeyFilter,
    table: NgramTable,
    tally: LineTally,
    bad: Vec<BadLine>,
    /// The index of the sum of matches, and of those of lines and documents, which are the same: a document is a line.
    matches: Option<usize>,
    documents: [Option<usize>; 2],
    /// The number of the last document that held an n-gram, by slot, the first is 1.
    last_documents: Vec<u64>,
    /// Whether the current document has n-grams that are counted, and others.
    has_counted: bool,
    has_filtered: bool,
}

impl<'m> TextCounter<'m> {
    fn new(plan: &'m Plan, keys: &'m KeyFilter) -> Self {
        let index = |wanted| plan.measures.iter().position(|measure| measure == wanted);
        Self {
            plan,
            keys,
            table: NgramTable::with_width(plan.measures.count()),
            tally: LineTally::default(),
            bad: Vec::new(),
            matches: index(Measure::Matches),
            documents: [index(Measure::Lines), index(Measure::Documents)],
            last_documents: Vec::new(),
            has_counted: false,
            has_filtered: false,
        }
    }

    /// Counts the n-grams of segments, which are slices of `bytes`.
    fn count<'a>(
        &mut self,
        bytes: &'a [u8],
        segments: impl Iterator<Item = Result<Segment<'a>, LineError>>,
    ) -> Result<(), TableError> {
        let mut tokenizer = Tokenizer::new(self.plan);
        if tokenizer.makes_single_words() {
            self.count_words(bytes, segments, &mut tokenizer)
        } else if self.keys.accepts_all && self.plan.measures.iter().eq([Measure::Matches]) {
            self.count_all_ngrams(segments, &mut tokenizer)
        } else {
            self.count_ngrams(segments, &mut tokenizer)
        }
    }

    fn count_words<'a>(
        &mut self,
        bytes: &'a [u8],
        segments: impl Iterator<Item = Result<Segment<'a>, LineError>>,
        tokenizer: &mut Tokenizer<'a>,
    ) -> Result<(), TableError> {
        let mut scratch = Vec::new();
        // The slots of recent words; `None` for a word that is not counted.
        let mut recent: ShortKeyCache<Option<u32>> = ShortKeyCache::new();
        for segment in segments {
            let segment = match segment {
                Ok(segment) => segment,
                Err(error) if self.add_bad(&error).is_continue() => continue,
                Err(_) => break,
            };
            for word in tokenizer.words(segment.text) {
                // The words are slices of the chunk.
                let start = word.as_ptr().addr() - bytes.as_ptr().addr();
                let short = ShortKey::of(bytes, start..start + word.len());
                let slot = match short.and_then(|short| recent.get(short)) {
                    Some(slot) => slot,
                    None => {
                        let slot = self.slot(word, &mut scratch)?;
                        if let Some(short) = short {
                            recent.insert(short, slot);
                        }
                        slot
                    }
                };
                self.add(slot);
            }
            self.end_segment(segment);
        }
        Ok(())
    }

    /// The slot of each word of the text in the table, and a mark behind each segment.
    fn index_words<'a>(
        &mut self,
        bytes: &'a [u8],
        segments: impl Iterator<Item = Result<Segment<'a>, LineError>>,
    ) -> Result<IndexedText, TableError> {
        let mut tokenizer = Tokenizer::new(self.plan);
        let mut scratch = Vec::new();
        let mut recent: ShortKeyCache<u32> = ShortKeyCache::new();
        let has_documents = self.documents != [None; 2];
        let mut text = IndexedText::default();
        text.slots.reserve(bytes.len() / 6);
        for segment in segments {
            let segment = match segment {
                Ok(segment) => segment,
                Err(error) if self.add_bad(&error).is_continue() => continue,
                Err(_) => break,
            };
            for &word in tokenizer.words(segment.text) {
                if word == BREAK {
                    text.slots.push(SEGMENT_END);
                    continue;
                }
                let start = word.as_ptr().addr() - bytes.as_ptr().addr();
                let short = ShortKey::of(bytes, start..start + word.len());
                text.slots.push(match short.and_then(|short| recent.get(short)) {
                    Some(slot) => slot,
                    None => {
                        let slot = self.table.slot(self.keys.word_key(word, &mut scratch))?;
                        if let Some(short) = short {
                            recent.insert(short, slot);
                        }
                        slot
                    }
                });
            }
            text.slots.push(SEGMENT_END);
            if has_documents {
                text.documents.resize(text.slots.len(), self.tally.read as u32);
            }
            self.end_segment(segment);
        }
        Ok(text)
    }

    /// Counts n-grams without the cache: an n-gram of several words seldom is a recent one.
    fn count_ngrams<'a>(
        &mut self,
        segments: impl Iterator<Item = Result<Segment<'a>, LineError>>,
        tokenizer: &mut Tokenizer<'a>,
    ) -> Result<(), TableError> {
        let mut scratch = Vec::new();
        for segment in segments {
            let segment = match segment {
                Ok(segment) => segment,
                Err(error) if self.add_bad(&error).is_continue() => continue,
                Err(_) => break,
            };
            for ngram in tokenizer.ngrams(segment.text) {
                let slot = self.slot(ngram, &mut scratch)?;
                self.add(slot);
            }
            self.end_segment(segment);
        }
        Ok(())
    }

    /// Counts the matches of all n-grams, without filter and cache. The table soon outgrows the processor's caches, so
    /// the n-grams of a segment are looked up together. With this, and in larger pieces (see
    /// [`Plan::piece_bytes`]), 3-grams of 160 MB take 1.2 s instead of 1.7.
    fn count_all_ngrams<'a>(
        &mut self,
        segments: impl Iterator<Item = Result<Segment<'a>, LineError>>,
        tokenizer: &mut Tokenizer<'a>,
    ) -> Result<(), TableError> {
        for segment in segments {
            let segment = match segment {
                Ok(segment) => segment,
                Err(error) if self.add_bad(&error).is_continue() => continue,
                Err(_) => break,
            };
            let ngrams = tokenizer.ngrams(segment.text).map(|ngram| (ngram, &[1][..]));
            self.table.add_many(ngrams).map_err(|(_, error)| error)?;
            self.end_segment(segment);
        }
        Ok(())
    }

    /// The slot of an n-gram; `None` if it is not counted.
    #[inline(always)]
    fn slot(&mut self, ngram: &[u8], scratch: &mut Vec<u8>) -> Result<Option<u32>, TableError> {
        self.keys.key(ngram, scratch).map(|key| self.table.slot(key)).transpose()
    }

    /// Adds a bad document, and says whether the count goes on.
    #[cold]
    fn add_bad(&mut self, error: &LineError) -> ControlFlow<()> {
        if self.bad.len() < SHOWN_BAD_LINES {
            self.bad.push(BadLine { line: self.tally.read, error: error.clone() });
        }
        self.tally.read += 1;
        self.tally.bad += 1;
        match self.plan.bad_lines {
            BadLines::Fail => ControlFlow::Break(()),
            BadLines::Skip => ControlFlow::Continue(()),
        }
    }

    /// Adds an n-gram of the current document, by its slot; `None` is one that is not counted.
    #[inline(always)]
    fn add(&mut self, slot: Option<u32>) {
        let Some(slot) = slot else {
            self.has_filtered = true;
            return;
        };
        self.has_counted = true;
        let sums = self.table.sums_mut(slot);
        if let Some(matches) = self.matches {
            sums[matches] += 1;
        }
        if self.documents != [None; 2] {
            self.last_documents.resize(self.last_documents.len().max(slot as usize + 1), 0);
            let (last, current) = (&mut self.last_documents[slot as usize], self.tally.read + 1);
            if *last != current {
                *last = current;
                self.documents.into_iter().flatten().for_each(|documents| sums[documents] += 1);
            }
        }
    }

    #[inline(always)]
    fn end_segment(&mut self, segment: Segment<'_>) {
        if !segment.ends_document {
            return;
        }
        self.tally.read += 1;
        // A document without n-grams is counted: nothing of it is missing.
        if self.has_filtered && !self.has_counted {
            self.tally.filtered += 1;
        } else {
            self.tally.counted += 1;
        }
        (self.has_counted, self.has_filtered) = (false, false);
    }
}
