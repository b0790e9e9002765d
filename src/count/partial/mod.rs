//! The count of one chunk, and the account of its lines.
//!
//! The module owns the layout of a partial count as a message ([`Partial`]) and the validation of one that comes from
//! another process. It never sums partial counts.

mod line_tally;
mod ngram_sums;
mod partial_count;

pub use line_tally::{BadLine, LineTally, SHOWN_BAD_LINES};
pub(crate) use ngram_sums::NgramSums;
pub use partial_count::Partial;
