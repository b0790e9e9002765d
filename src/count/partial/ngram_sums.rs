//! The sums of one n-gram.

/// The sums of one n-gram, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NgramSums<'a> {
    /// Over all years, one for each measure.
    AllYears(&'a [u64]),
    /// By year, encoded: see [`YearRows`](crate::count::encoding::YearRows).
    ByYear(&'a [u8]),
}
