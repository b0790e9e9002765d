//! Shape of an answer, as far as it is known before the count.

/// What is known of an answer before the count.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "plot"), allow(dead_code, reason = "only pictures depend on it"))]
pub(super) struct AnswerShape {
    /// Whether it has one row per year.
    pub by_year: bool,
    /// Over how many years on each side a number is a mean.
    pub smoothing: Option<u32>,
    /// The number of measures in a row.
    pub measures: usize,
    /// The largest possible number of n-grams, where it is known that there are so many.
    pub ngrams: Option<usize>,
}
