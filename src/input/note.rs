//! Notes on files and indexes that did no harm to the count.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::FileChange;
use super::index::{IndexFault, IndexRules, index_of};
use super::source::Source;

/// What happened besides, and did no harm to the count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A file changed while it was read, though what was there at its first opening was read.
    Changed {
        /// The input as it was named.
        file: Source,
        /// What happened to it.
        change: FileChange,
    },
    /// An index was not used. The file was read without it.
    IndexIgnored {
        /// The index file.
        index: Source,
        /// Why it was not used.
        reason: String,
    },
}

impl Note {
    pub(super) fn index(index: Source, reason: &impl fmt::Display) -> Self {
        Note::IndexIgnored { index, reason: reason.to_string() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Changed { file, change } => {
                write!(f, "{file}: {change}")?;
                match change {
                    FileChange::Grown { from } => write!(f, "; only its first {from} bytes count"),
                    _ => f.write_str("; the one that was opened first counts"),
                }
            }
            Note::IndexIgnored { index, reason } => {
                write!(f, "{index} is not used: {reason}")
            }
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

    /// Adds that the index of a file was not used.
    pub(crate) fn index_ignored(&self, file: &Source, rules: &IndexRules, fault: IndexFault) {
        if let Some(index) = index_of(file, rules.folder.as_deref()) {
            self.add(Note::index(index, &fault));
        }
    }

    pub(super) fn add(&self, note: Note) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}
