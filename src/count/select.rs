use serde::{Deserialize, Serialize};

/// What is counted, and what happens to a line that cannot be read. All that a worker must know before its first chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which n-grams are counted.
    pub selection: Selection,
    /// What happens to malformed lines.
    pub bad_lines: BadLines,
}

/// Which n-grams are counted. Every line is read and checked in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// Every n-gram there is.
    All,
    /// These n-grams, byte for byte, in the order in which the answer lists them. One may stand here twice.
    Words(Vec<Vec<u8>>),
}

/// What happens to a malformed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BadLines {
    /// The first one ends the count.
    Fail,
    /// They are counted and left out.
    Skip,
}
