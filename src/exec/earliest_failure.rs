//! Selection of the failure that comes first in input order.

/// The failure of the earliest chunk, of all that were recorded.
///
/// Results arrive in any order. The failure that is reported does not depend on it.
///
/// ```
/// use ngramcount::exec::EarliestFailure;
/// let mut failures = EarliestFailure::default();
/// failures.record(None, "behind the last chunk");
/// failures.record(Some(7), "in chunk 7");
/// failures.record(Some(8), "in chunk 8");
/// assert!(failures.is_before(8) && !failures.is_before(7));
/// assert_eq!(failures.into_inner(), Some("in chunk 7"));
/// ```
#[derive(Debug)]
pub struct EarliestFailure<E>(Option<(u64, E)>);

impl<E> Default for EarliestFailure<E> {
    fn default() -> Self {
        EarliestFailure(None)
    }
}

impl<E> EarliestFailure<E> {
    /// Records a failure. One without a chunk comes after all chunks; of several in one chunk the first recorded counts.
    pub fn record(&mut self, chunk: Option<u64>, error: E) {
        let chunk = chunk.unwrap_or(u64::MAX);
        if self.0.as_ref().is_none_or(|(earliest, _)| chunk < *earliest) {
            self.0 = Some((chunk, error));
        }
    }

    /// Whether no failure was recorded.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether an earlier chunk than this one failed, so that this one is not needed any more.
    pub fn is_before(&self, chunk: u64) -> bool {
        self.0.as_ref().is_some_and(|(earliest, _)| *earliest < chunk)
    }

    /// The earliest failure.
    pub fn into_inner(self) -> Option<E> {
        self.0.map(|(_, error)| error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_a_chunk_comes_before_one_of_the_input_behind_it() {
        let earliest = |chunks: [Option<u64>; 2]| {
            let mut failures = EarliestFailure::default();
            chunks.into_iter().enumerate().for_each(|(number, chunk)| failures.record(chunk, number));
            failures.into_inner().and_then(|number| chunks[number])
        };
        assert_eq!(earliest([Some(3), Some(2)]), Some(2));
        assert_eq!(earliest([Some(2), Some(3)]), Some(2));
        assert_eq!(earliest([None, Some(3)]), Some(3));
        assert_eq!(earliest([Some(3), None]), Some(3));
    }
}
