//! Errors of drawing.

use std::fmt::Display;

use super::MAX_SERIES;
use crate::output::NgramError;

/// The reason why a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// There are more lines than a reader can tell apart.
    #[error("{0} n-grams are too many for one picture, which has room for {MAX_SERIES}")]
    TooMany(usize),
    /// There is no line.
    #[error("there is nothing to draw: the answer has no rows")]
    Empty,
    /// The answer has no years.
    #[error("a picture needs an answer by years")]
    NoYears,
    /// The answer has more than one number in a row.
    #[error("a picture shows one measure, and {0} were asked for")]
    SeveralMeasures(usize),
    /// A number cannot be placed on its axis: it is infinite or NaN, or not above 0 on a logarithmic axis.
    #[error("{0} cannot be shown on the axis")]
    OffTheAxis(f64),
    /// An n-gram is not text.
    #[error(transparent)]
    Ngram(#[from] NgramError),
    /// The drawing library failed.
    #[error("cannot draw: {0}")]
    Drawing(String),
}

impl PlotError {
    /// A failure of the drawing library.
    pub(super) fn drawing(error: impl Display) -> Self {
        Self::Drawing(error.to_string())
    }
}
