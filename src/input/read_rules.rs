//! Rules for what the bytes of a file are.

use serde::{Deserialize, Serialize};

use crate::record::{Document, Encoding, FieldPath, Format};

/// What the bytes of all files are, as far as a user says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReadRules {
    /// The format; `None` if that of each file is detected.
    pub format: Option<Format>,
    /// The encoding that files are converted from, before they are sniffed and cut.
    pub encoding: Encoding,
    /// The documents of a text. Each that is not a line is converted to one.
    pub document: Document,
    /// The column of a Parquet file that holds its documents.
    pub field: FieldPath,
}

impl ReadRules {
    /// Text in `encoding`, of which each line is a document, or another format that is detected.
    pub fn of_encoding(encoding: Encoding) -> Self {
        Self { encoding, ..Self::default() }
    }
}
