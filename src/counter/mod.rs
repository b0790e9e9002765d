//! API for Rust programs: [`Counter`] holds a question, [`Counts`] the answer.
//!
//! The module checks that the parts of a question fit together, and translates it into a [`job::Config`](crate::job::Config).
//! It reads no arguments, prints nothing and writes no file.

mod builder;
mod counts;
mod error;

pub use builder::{Counter, Isolation};
pub use counts::Counts;
pub use error::{CounterError, QuestionError};
