//! Notes on changes of files that did no harm to the reading.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::FileChange;
use super::source::Source;

/// A file that changed while it was read, though what was there at its first opening was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The input as it was named.
    pub file: Source,
    /// What happened to it.
    pub change: FileChange,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.change)?;
        match self.change {
            FileChange::Grown { from } => write!(f, "; only its first {from} bytes count"),
            _ => f.write_str("; the one that was opened first counts"),
        }
    }
}

/// The notes of a run, each once. Clones share them.
///
/// ```
/// use ngramcount::input::Control;
/// assert!(Control::new().notes.all().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Vec<Note>>>);

impl Notes {
    /// The notes so far.
    pub fn all(&self) -> Vec<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, note: Note) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}
