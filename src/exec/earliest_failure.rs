//! Selection of the failure that comes first in input order.

use crate::input::Place;

/// The failure at the earliest place of the input, of all that were recorded.
///
/// Results arrive in any order. The failure that is reported does not depend on it.
///
/// ```
/// use ngramcount::exec::EarliestFailure;
/// use ngramcount::input::Place;
/// let mut failures = EarliestFailure::default();
/// let (first, second) = (Place { file: 0, offset: 900 }, Place { file: 1, offset: 0 });
/// failures.record(Place::END, "behind the input");
/// failures.record(second, "in the second file");
/// failures.record(first, "in the first file");
/// assert!(failures.is_before(second) && !failures.is_before(first));
/// assert_eq!(failures.into_inner(), Some((first, "in the first file")));
/// ```
#[derive(Debug)]
pub struct EarliestFailure<E>(Option<(Place, E)>);

impl<E> Default for EarliestFailure<E> {
    fn default() -> Self {
        EarliestFailure(None)
    }
}

impl<E> EarliestFailure<E> {
    /// Records a failure. Of several at one place the first recorded counts.
    pub fn record(&mut self, place: Place, error: E) {
        if self.0.as_ref().is_none_or(|(earliest, _)| place < *earliest) {
            self.0 = Some((place, error));
        }
    }

    /// Whether there was a failure before this place, so that what is there is not needed any more.
    pub fn is_before(&self, place: Place) -> bool {
        self.0.as_ref().is_some_and(|(earliest, _)| *earliest < place)
    }

    /// Whether there was a failure.
    pub fn has_failed(&self) -> bool {
        self.0.is_some()
    }

    /// The earliest failure and its place.
    pub fn into_inner(self) -> Option<(Place, E)> {
        self.0
    }
}
