//! Text index: the words of a text as numbers, from which its n-grams are sorted without a table.

use crate::count::ngram_table::{KeyArena, NgramTable};
use crate::count::partial::{BadLine, LineTally, Partial};
use crate::count::plan::{Measure, Measures, Plan, TextRules};

/// The words of a text by rank, that is by their place in the order of their bytes, and the text as ranks.
///
/// If nearly every n-gram of a text is new, a table of them is filled and hardly ever found to have one. Sorting needs no table,
/// and with ranks in place of words three or four words fit in one number.
pub(crate) struct TextIndex {
    /// The words in the order of their bytes, each with a blank behind it. The first one has rank 1.
    words: KeyArena,
    /// The rank of each word of the text, and a 0 behind each segment.
    text: Vec<u32>,
    /// The number of the document at each place of the text, if documents are counted.
    documents: Vec<u32>,
    rules: TextRules,
    measures: Measures,
    lines: LineTally,
    bad: Vec<BadLine>,
}

/// The place of an n-gram in the text, and the ranks of its next words.
#[derive(Clone, Copy)]
struct SortItem {
    key: u64,
    at: u32,
}

/// A text as the slots of its words in a table.
#[derive(Default)]
pub(super) struct IndexedText {
    /// The slot of each word, and a [`SEGMENT_END`] behind each segment.
    pub slots: Vec<u32>,
    /// The number of the document of each slot; empty if documents are not counted.
    pub documents: Vec<u32>,
}

/// Stands for the end of a segment among the slots of words.
pub(super) const SEGMENT_END: u32 = u32::MAX;

impl TextIndex {
    /// An index of a text that consists of these words. `None` if the order of n-grams would not follow from that of their words: one
    /// has a blank or a byte that is less.
    pub(super) fn new(
        words: NgramTable,
        text: IndexedText,
        plan: &Plan,
        lines: LineTally,
        bad: Vec<BadLine>,
    ) -> Option<Self> {
        let IndexedText { slots: mut text, documents } = text;
        let (unsorted, _) = words.into_parts();
        if unsorted.bytes.iter().any(|&byte| byte <= b' ') || u32::try_from(text.len()).is_err() {
            return None;
        }
        let mut order: Vec<(u64, u32)> =
            (0..unsorted.len() as u32).map(|slot| (first_bytes(unsorted.get(slot)), slot)).collect();
        order.sort_unstable();
        for equals in order.chunk_by_mut(|a, b| a.0 == b.0) {
            equals.sort_unstable_by_key(|&(_, slot)| unsorted.get(slot));
        }
        let mut ranks = vec![0; unsorted.len()];
        let mut words = KeyArena::default();
        words.bytes.reserve(unsorted.bytes.len() + unsorted.len());
        for (rank, &(_, slot)) in (1..).zip(&order) {
            ranks[slot as usize] = rank;
            words.bytes.extend_from_slice(unsorted.get(slot));
            words.push(b" ");
        }
        for slot in &mut text {
            *slot = ranks.get(*slot as usize).copied().unwrap_or(0);
        }
        let (rules, measures) = (plan.text.clone(), plan.measures.clone());
        Some(Self { words, text, documents, rules, measures, lines, bad })
    }

    /// The lengths of n-grams that are counted.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = usize> + use<> {
        self.rules.shortest as usize..=self.rules.longest as usize
    }

    /// The account of the lines, without n-grams.
    pub(crate) fn into_partial(self) -> Partial {
        Partial::of_bad_lines(self.lines, self.bad)
    }

    /// Calls `visit` with each n-gram of `length` words and its sums, one for each measure, in the order of the bytes of the n-grams.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub(crate) fn visit_sorted<E>(
        &self,
        length: usize,
        mut visit: impl FnMut(&[u8], &[u64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let bits = u32::BITS - (self.words.len() as u32).leading_zeros();
        let sort = NgramSort {
            index: self,
            length,
            bits,
            words_in_key: length.min((u64::BITS / bits.max(1)) as usize),
        };
        let mut items = Vec::new();
        let mut at = 0;
        for segment in self.text.split(|&rank| rank == 0) {
            items.extend(
                (at..).zip(segment.windows(length)).map(|(at, ngram)| SortItem { key: sort.key(ngram), at }),
            );
            at += segment.len() as u32 + 1;
        }
        items.sort_unstable_by_key(|item| item.key);
        let (mut ngram, mut sums) = (Vec::new(), Vec::new());
        sort.visit_groups(&mut items, sort.words_in_key, &mut |equals| {
            ngram.clear();
            for &rank in &self.text[equals[0].at as usize..][..length] {
                ngram.extend_from_slice(self.words.get(rank - 1));
            }
            ngram.pop();
            sums.clear();
            sums.extend(self.measures.iter().map(|measure| match measure {
                Measure::Matches => equals.len() as u64,
                // A line is a document wherever both can be counted.
                _ => self.documents_of(equals),
            }));
            visit(&ngram, &sums)
        })
    }

    /// The number of documents in which an n-gram occurs, by its places.
    fn documents_of(&self, places: &mut [SortItem]) -> u64 {
        if places.len() > 1 {
            places.sort_unstable_by_key(|place| place.at);
        }
        let document = |place: &SortItem| self.documents[place.at as usize];
        places.chunk_by(|a, b| document(a) == document(b)).count() as u64
    }
}

/// The sort of the n-grams of one length.
struct NgramSort<'i> {
    index: &'i TextIndex,
    length: usize,
    /// Bits of a rank.
    bits: u32,
    /// Words whose ranks are in a key.
    words_in_key: usize,
}

impl NgramSort<'_> {
    /// The ranks of the first words.
    #[inline(always)]
    fn key(&self, ranks: &[u32]) -> u64 {
        ranks.iter().take(self.words_in_key).fold(0, |key, &rank| key << self.bits | u64::from(rank))
    }

    /// Calls `visit` with the places of each n-gram. `items` are sorted by their keys, and those with equal
    /// keys agree in the first `depth` words.
    fn visit_groups<E>(
        &self,
        items: &mut [SortItem],
        depth: usize,
        visit: &mut impl FnMut(&mut [SortItem]) -> Result<(), E>,
    ) -> Result<(), E> {
        for equals in items.chunk_by_mut(|a, b| a.key == b.key) {
            if equals.len() == 1 || depth >= self.length {
                visit(equals)?;
                continue;
            }
            for item in &mut *equals {
                item.key = self.key(&self.index.text[item.at as usize..][depth..self.length]);
            }
            equals.sort_unstable_by_key(|item| item.key);
            self.visit_groups(equals, depth + self.words_in_key, visit)?;
        }
        Ok(())
    }
}

/// The first eight bytes as a number that compares as they do.
fn first_bytes(word: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = word.len().min(8);
    bytes[..len].copy_from_slice(&word[..len]);
    u64::from_be_bytes(bytes)
}
