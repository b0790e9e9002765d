//! Partial sums as a stream: the lines that `ngramcount map` writes and a cluster's engine carries from step to step.
//!
//! The room owns reading them ([`Reader`]), adding them up in constant memory where they come sorted ([`Sorted`]) and in
//! the memory that it takes where they do not ([`reduce`]). It never writes, and knows of no engine in particular.

mod add;
mod error;
mod read;
mod sorted;

pub use add::{combine, reduce, reduce_sorted};
pub use error::PartialsError;
pub use read::{Block, Reader};
pub use sorted::Sorted;
