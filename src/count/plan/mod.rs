//! The plan of a count: which n-grams, which years, which numbers, how text is divided into words.
//!
//! The module owns the configuration that a worker gets before its first chunk ([`Plan`]), the rules for tags and case, and
//! the reasons for which an n-gram can never be counted ([`Mismatch`]). It never reads a chunk.

mod case_fold;
mod filter;
mod key_ranges;
mod measure;
mod mismatch;
mod normal_form;
mod pos;
mod spec;
mod stop_words;
mod text_rules;

pub(crate) use case_fold::fold_case;
pub use filter::{Filter, Pattern, Years};
pub use key_ranges::KeyRanges;
pub use measure::{Measure, Measures};
pub use mismatch::{Mismatch, MismatchFinder};
pub use normal_form::NormalForm;
pub(crate) use pos::strip_tags;
pub use pos::{Pos, TAGS};
pub use spec::{BadLines, Plan, Selection};
pub use stop_words::{Stop, StopWords};
pub use text_rules::{TextRules, Tokens};
