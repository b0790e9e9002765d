//! Why there is no picture.

use super::MAX_SERIES;
use crate::output::NotText;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// More lines than can be told apart.
    #[error("{0} n-grams are too many for one picture, which has room for {MAX_SERIES}")]
    TooMany(usize),
    /// No line at all.
    #[error("there is nothing to draw: the answer has no rows")]
    Empty,
    /// The answer has no years.
    #[error("a picture needs an answer by years")]
    NoYears,
    /// The answer has more than one number a row.
    #[error("a picture shows one measure, and {0} were asked for")]
    SeveralMeasures(usize),
    /// A number that has no place on its axis.
    #[error("{0} has no place on the axis")]
    OffTheAxis(f64),
    /// An n-gram that is no text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// The drawing library failed.
    #[error("cannot draw: {0}")]
    Drawing(String),
}
