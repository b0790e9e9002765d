//! Indexes that were built in a run.

use std::sync::{Arc, Mutex, PoisonError};

use crate::input::source::Source;

/// Index of a file, as it is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltIndex {
    /// The file.
    pub file: Source,
    /// All bytes of the index file.
    pub bytes: Vec<u8>,
}

/// The indexes that were built in a run. Clones share them.
///
/// ```
/// use ngramcount::input::Control;
/// assert!(Control::new().indexes.take().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct BuiltIndexes(Arc<Mutex<Vec<BuiltIndex>>>);

impl BuiltIndexes {
    /// Removes all indexes and gives them, in the order in which they were built.
    pub fn take(&self) -> Vec<BuiltIndex> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn add(&self, index: BuiltIndex) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(index);
    }
}
