//! Lines that no worker survives.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::input::Origin;
use crate::pool::{Crash, Ending};

/// Range of lines in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRange {
    /// Number of the chunk that they belong to.
    pub chunk: u64,
    /// Provenance of the first line.
    pub origin: Origin,
    /// Number of lines.
    pub lines: u64,
}

impl fmt::Display for LineRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.origin.format.has_documents() { "document" } else { "line" };
        match (self.origin.first_line, self.lines) {
            (first, 1) => write!(f, "{unit} {first}"),
            (first, lines) => write!(f, "{unit}s {first} to {}", first + lines - 1),
        }
    }
}

/// Lines that crashed every worker that counted them.
#[derive(Debug)]
pub struct QuarantinedLines {
    /// Which lines.
    pub range: LineRange,
    /// The lines themselves, as they are in the file.
    pub lines: Vec<u8>,
    /// Number of attempts.
    pub attempts: u32,
    /// How the last attempt ended.
    pub last: Box<Crash>,
}

impl fmt::Display for QuarantinedLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, attempts, last, .. } = self;
        let these = if range.lines == 1 { "this line" } else { "these lines" };
        write!(f, "{range}: {these} ")?;
        match &last.ending {
            Ending::Panicked { message } => write!(f, "made {attempts} attempts panic ({message})"),
            _ => {
                let workers = if *attempts == 1 { "worker" } else { "workers" };
                write!(f, "crashed {attempts} {workers} ({last})")
            }
        }
    }
}
