//! Counting the n-grams of a chunk of text.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::map::Mapper;
use super::partial::{LineTally, Partial};
use super::plan::{Measure, Measures};
use super::recent::{Head, Recent};
use super::table::Table;
use super::tokens::Cutting;
use crate::record::lines;

/// How many n-grams the last chunk of text had, and of how many bytes: room for the next one, so that its table need
/// not grow step by step.
#[derive(Default)]
pub(super) struct UsualText {
    ngrams: AtomicUsize,
    bytes: AtomicUsize,
}

impl Mapper {
    /// Counts the lines of a text. Every line is a good one.
    pub(super) fn map_text(&self, bytes: &[u8]) -> Partial {
        let measures = &self.plan.measures;
        let mut cutting = Cutting::new(&self.plan.text);
        let mut count = Count::new(measures, &self.usual);
        if cutting.single() {
            self.count_words(bytes, &mut cutting, &mut count);
        } else if self.keys.takes_all && measures.iter().eq([Measure::Matches]) {
            count.all_ngrams(bytes, &mut cutting);
        } else {
            self.count_ngrams(bytes, &mut cutting, &mut count);
        }
        self.usual.ngrams.store(count.table.len(), Ordering::Relaxed);
        self.usual.bytes.store(count.table.key_bytes(), Ordering::Relaxed);
        Partial::of_table(count.table, count.tally, Vec::new())
    }

    fn count_words<'a>(&self, bytes: &'a [u8], cutting: &mut Cutting<'a>, count: &mut Count) {
        let mut scratch = Vec::new();
        // The position of each word that came lately, or that it does not count.
        let mut recent: Recent<Option<u32>> = Recent::new();
        for line in lines(bytes) {
            count.begin_line();
            for word in cutting.words(line) {
                // The words are pieces of the chunk.
                let start = word.as_ptr().addr() - bytes.as_ptr().addr();
                let head = Head::of(bytes, start..start + word.len());
                let slot = head.and_then(|head| recent.find(head)).unwrap_or_else(|| {
                    let slot = self.keys.key(word, &mut scratch).map(|key| count.table.slot(key));
                    if let Some(head) = head {
                        recent.keep(head, slot);
                    }
                    slot
                });
                count.take(slot);
            }
            count.end_line();
        }
    }

    /// An n-gram of several words seldom is one of those that came lately.
    fn count_ngrams<'a>(&self, bytes: &'a [u8], cutting: &mut Cutting<'a>, count: &mut Count) {
        let mut scratch = Vec::new();
        for line in lines(bytes) {
            count.begin_line();
            for ngram in cutting.ngrams(line) {
                let slot = self.keys.key(ngram, &mut scratch).map(|key| count.table.slot(key));
                count.take(slot);
            }
            count.end_line();
        }
    }
}

/// The count of a chunk under way.
struct Count {
    table: Table,
    tally: LineTally,
    /// Which sum is the matches, which the lines.
    matches: Option<usize>,
    lines: Option<usize>,
    /// By the position of an n-gram in the table: the last line that held it.
    last_lines: Vec<u64>,
    /// Whether the line at hand has n-grams that count, and others.
    taken: bool,
    left_out: bool,
}

impl Count {
    fn new(measures: &Measures, usual: &UsualText) -> Self {
        let mut table = Table::with_width(measures.count());
        table.reserve(usual.ngrams.load(Ordering::Relaxed), usual.bytes.load(Ordering::Relaxed));
        let place = |wanted| measures.iter().position(|measure| measure == wanted);
        Self {
            table,
            tally: LineTally::default(),
            matches: place(Measure::Matches),
            lines: place(Measure::Lines),
            last_lines: Vec::new(),
            taken: false,
            left_out: false,
        }
    }

    /// The plain case of n-grams of several words. Their table soon outgrows the caches, so those of a line are looked
    /// up together. With this, and in larger pieces (see [`Plan::piece`](super::Plan::piece)), 3-grams of 160 MB take 1.2 s where they took
    /// 1.7.
    fn all_ngrams<'a>(&mut self, bytes: &'a [u8], cutting: &mut Cutting<'a>) {
        for line in lines(bytes) {
            let ngrams = cutting.ngrams(line).map(|ngram| (ngram, &[1][..]));
            // A chunk has fewer bytes than a sum can count.
            self.table.add_many(ngrams).unwrap_or_else(|_| unreachable!("a sum of a chunk fits 64 bits"));
            self.tally.read += 1;
            self.tally.counted += 1;
        }
    }

    fn begin_line(&mut self) {
        self.tally.read += 1;
        (self.taken, self.left_out) = (false, false);
    }

    /// An n-gram of the line, by its position, or that it does not count.
    #[inline(always)]
    fn take(&mut self, slot: Option<u32>) {
        let Some(slot) = slot else {
            self.left_out = true;
            return;
        };
        self.taken = true;
        let sums = self.table.sums_mut(slot);
        if let Some(matches) = self.matches {
            sums[matches] += 1;
        }
        if let Some(lines) = self.lines {
            self.last_lines.resize(self.last_lines.len().max(slot as usize + 1), 0);
            let last = &mut self.last_lines[slot as usize];
            if *last != self.tally.read {
                *last = self.tally.read;
                sums[lines] += 1;
            }
        }
    }

    fn end_line(&mut self) {
        // A line without n-grams has nothing that is missing from the count.
        if self.left_out && !self.taken {
            self.tally.filtered += 1;
        } else {
            self.tally.counted += 1;
        }
    }
}
