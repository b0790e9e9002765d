//! The sums of one n-gram.

/// The sums of one n-gram, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NgramSums<'a> {
    /// Over all years, one for each measure.
    AllYears(&'a [u64]),
    /// By year, encoded: see [`YearRows`](crate::count::encoding::YearRows).
    ByYear(&'a [u8]),
}

impl NgramSums<'_> {
    /// The bytes that they take in memory.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::AllYears(sums) => size_of_val(*sums),
            Self::ByYear(rows) => rows.len(),
        }
    }
}
