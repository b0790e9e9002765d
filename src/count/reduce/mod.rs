//! The reduce step: sums of partial counts.
//!
//! The module owns the sum of all partial counts of a job ([`Reducer`]) and the sum of as many as fit a memory limit
//! ([`Combiner`]). It never looks at text.

mod combiner;
mod reducer;
mod sorted;
mod sum_table;

pub use combiner::Combiner;
pub use reducer::Reducer;
pub(crate) use sorted::visit_sorted;
