//! Key ranges: which n-grams, by their bytes, a plan can count at all.
//!
//! An index knows the smallest and the largest n-gram of a part of a file. A part is left out if no n-gram between the two
//! can be counted. The ranges may hold more than is counted, never less.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, Look};

use super::{Filter, Plan, Selection};

/// Characters of a word that are expanded to all their cases: each at most trebles the number of ranges.
const EXPANDED_CHARS: usize = 3;
/// Characters from here on are not expanded. What folds to one of those before has been so for many versions of Unicode, so
/// that the two tables of case that are used here agree.
const END_OF_OLD_SCRIPTS: char = '\u{0530}';

/// With more n-grams it does not pay to look for each of them in each part of a file.
const FEW: usize = 1000;

/// A set of n-grams: ranges of byte strings that are sorted and do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ranges(Vec<Range>);

/// From the start to before the end; without an end, to the largest n-gram.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

/// The n-grams that a plan can count.
///
/// ```
/// use ngramcount::count::{KeyRanges, Plan};
///
/// let mut plan = Plan::default();
/// assert!(KeyRanges::of(&plan).is_none());
/// plan.filter.prefix = Some(b"Aard".to_vec());
/// let ranges = KeyRanges::of(&plan).unwrap();
/// assert!(ranges.meet(b"Aalst", b"Abel") && !ranges.meet(b"Abbot", b"Zebra"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRanges {
    /// An n-gram must be in all of them.
    conditions: Vec<Ranges>,
    /// The n-grams, if they are few.
    ngrams: Option<Vec<Vec<u8>>>,
}

impl KeyRanges {
    /// The n-grams that `plan` can count; `None` if that may be any.
    pub fn of(plan: &Plan) -> Option<Self> {
        let filter = &plan.filter;
        let words = match &plan.selection {
            Selection::All => None,
            Selection::Words(words) => {
                let keys = words.iter().map(|word| Literal { bytes: filter.query_key(word), exact: true });
                ranges_of(keys.collect(), filter)
            }
        };
        let prefix = filter.prefix.as_ref().map(|prefix| filter.query_key(prefix));
        let prefix = prefix.and_then(|bytes| ranges_of(vec![Literal { bytes, exact: false }], filter));
        let pattern =
            filter.pattern.as_ref().and_then(|pattern| beginnings(pattern.as_str(), filter.ignore_case));
        let pattern = pattern.and_then(|beginnings| ranges_of(beginnings, filter));
        let all: Vec<Ranges> = [words, prefix, pattern].into_iter().flatten().collect();
        let exact = !filter.ignore_case && !filter.strip_pos;
        let ngrams = match &plan.selection {
            Selection::Words(words) if exact && words.len() <= FEW => Some(words.clone()),
            _ => None,
        };
        (!all.is_empty()).then_some(KeyRanges { conditions: all, ngrams })
    }

    /// All n-grams that the plan can count, if they are no more than a thousand.
    pub fn ngrams(&self) -> Option<&[Vec<u8>]> {
        self.ngrams.as_deref()
    }

    /// Whether an n-gram from `smallest` to `largest`, both included, may be counted.
    pub fn meet(&self, smallest: &[u8], largest: &[u8]) -> bool {
        self.conditions.iter().all(|ranges| ranges.meet(smallest, largest))
    }
}

impl Ranges {
    fn new(mut ranges: Vec<Range>) -> Self {
        ranges.sort();
        let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if last.end.as_ref().is_none_or(|end| range.start <= *end) => {
                    last.end = last.end.take().zip(range.end).map(|(one, other)| one.max(other));
                }
                _ => merged.push(range),
            }
        }
        Ranges(merged)
    }

    fn meet(&self, smallest: &[u8], largest: &[u8]) -> bool {
        let is_behind = |range: &Range| range.end.as_ref().is_some_and(|end| &end[..] <= smallest);
        let first = self.0.partition_point(is_behind);
        self.0.get(first).is_some_and(|range| &range.start[..] <= largest)
    }
}

/// Bytes that a key is or begins with.
struct Literal {
    bytes: Vec<u8>,
    exact: bool,
}

impl Literal {
    fn range(self) -> Range {
        let end = match self.exact {
            // The next byte string of all.
            true => Some([&self.bytes[..], &[0]].concat()),
            false => {
                let mut end = self.bytes.clone();
                while end.last() == Some(&u8::MAX) {
                    end.pop();
                }
                end.last_mut().map(|last| *last += 1).map(|()| end)
            }
        };
        Range { start: self.bytes, end }
    }
}

/// The n-grams whose keys are or begin with one of these; `None` if that may be any.
fn ranges_of(keys: Vec<Literal>, filter: &Filter) -> Option<Ranges> {
    let mut ranges = Vec::with_capacity(keys.len());
    for key in keys {
        let key = match filter.strip_pos {
            // An n-gram begins with the first word of its key: tags are behind the words.
            true => {
                let word = key.bytes.iter().position(|byte| b" =".contains(byte)).unwrap_or(key.bytes.len());
                Literal { bytes: key.bytes[..word].to_vec(), exact: false }
            }
            false => key,
        };
        let variants = if filter.ignore_case { case_variants(&key.bytes) } else { vec![key] };
        if variants.iter().any(|variant| variant.bytes.is_empty() && !variant.exact) {
            return None;
        }
        ranges.extend(variants.into_iter().map(Literal::range));
    }
    Some(Ranges::new(ranges))
}

/// The beginnings of all n-grams that begin with these bytes when their case is folded.
fn case_variants(folded: &[u8]) -> Vec<Literal> {
    let mut variants = vec![Vec::new()];
    let chars = folded.utf8_chunks().next().map_or("", |chunk| chunk.valid()).chars();
    // Tags and placeholders have a case of their own.
    let plain = |&c: &char| c < END_OF_OLD_SCRIPTS && c != '_';
    for c in chars.take_while(plain).take(EXPANDED_CHARS) {
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        class.case_fold_simple();
        let cases: Vec<char> = class.iter().flat_map(|range| range.start()..=range.end()).collect();
        let with_case = |variant: &Vec<u8>| {
            let variant = variant.clone();
            cases
                .iter()
                .map(move |case| [&variant[..], case.encode_utf8(&mut [0; 4]).as_bytes()].concat())
                .collect::<Vec<_>>()
        };
        variants = variants.iter().flat_map(with_case).collect();
    }
    variants.into_iter().map(|bytes| Literal { bytes, exact: false }).collect()
}

/// What a key must begin with to match a pattern that is bound to the beginning; `None` if that may be anything.
fn beginnings(pattern: &str, ignore_case: bool) -> Option<Vec<Literal>> {
    let hir = ParserBuilder::new().utf8(false).case_insensitive(ignore_case).build().parse(pattern).ok()?;
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let found = Extractor::new().extract(&hir);
    let literals = found.literals()?;
    Some(
        literals.iter().map(|literal| Literal { bytes: literal.as_bytes().to_vec(), exact: false }).collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::count::map::KeyFilter;
    use crate::count::plan::{Pattern, Pos};

    fn ranges(build: impl FnOnce(&mut Plan)) -> Option<KeyRanges> {
        let mut plan = Plan::default();
        build(&mut plan);
        KeyRanges::of(&plan)
    }

    #[test]
    fn a_question_meets_the_n_grams_that_it_can_count() {
        let words =
            |words: &[&str]| Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect());
        let asked = ranges(|plan| plan.selection = words(&["Aardvark", "zebra"])).unwrap();
        // smallest, largest, whether one of them may be asked for
        let cases = [
            ("Aardvark", "Aardvark", true),
            ("Aardvarks", "yak", false),
            ("Aalst", "Aardvarj", false),
            ("A", "B", true),
            ("zebra\u{0}", "zz", false),
            ("z", "zebra", true),
        ];
        for (smallest, largest, may) in cases {
            assert_eq!(asked.meet(smallest.as_bytes(), largest.as_bytes()), may, "{smallest} {largest}");
        }
        let pattern = |text: &str| Some(Pattern::new(text).unwrap());
        let begins = ranges(|plan| plan.filter.pattern = pattern("^(Aard|ze)")).unwrap();
        assert!(begins.meet(b"ze", b"ze") && !begins.meet(b"Ab", b"z"));
        for anywhere in ["Aard", "^.a", "(?m)^Aard", "^Aard|x", "^"] {
            assert_eq!(ranges(|plan| plan.filter.pattern = pattern(anywhere)), None, "{anywhere}");
        }
    }

    proptest! {
        /// The rule that all rests on: an n-gram that counts is in the ranges.
        #[test]
        fn an_n_gram_that_is_counted_is_never_out_of_range(
            ngram in "[aAkKſK_ΣσςéÉ.N]{1,4}(_NOUN|_X)?( [aAb]{1,2}(_VERB)?)?",
            query in "[aAkKſK_ΣσςéÉ.N]{1,4}( [aAb]{1,2})?",
            shape in 0..4,
            ignore_case: bool,
            strip_pos: bool,
        ) {
            let mut plan = Plan::default();
            (plan.filter.ignore_case, plan.filter.strip_pos) = (ignore_case, strip_pos);
            if strip_pos {
                plan.filter.pos = Pos::Tagged;
            }
            match shape {
                0 => plan.selection = Selection::Words(vec![query.clone().into_bytes()]),
                1 => plan.filter.prefix = Some(query.clone().into_bytes()),
                2 => plan.filter.pattern = Some(Pattern::new(&format!("^{}", regex::escape(&query))).unwrap()),
                _ => plan.filter.pattern = Some(Pattern::new(&format!("^(?:{}|b)", regex::escape(&query))).unwrap()),
            }
            let counted = KeyFilter::new(&plan).unwrap().key(ngram.as_bytes(), &mut Vec::new()).is_some();
            if let Some(ranges) = KeyRanges::of(&plan) {
                prop_assert!(!counted || ranges.meet(ngram.as_bytes(), ngram.as_bytes()));
            }
        }
    }
}
