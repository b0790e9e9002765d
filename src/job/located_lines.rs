//! Lines that were left out, with the file that they are in.

use std::fmt;

use crate::count::LineError;
use crate::exec::QuarantinedLines;
use crate::input::Source;

/// Bad line that was left out, with its place in the input.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedBadLine {
    /// The file, as it was given.
    pub source: Source,
    /// The line's number in it, from 1.
    pub line: u64,
    /// Its error.
    pub error: LineError,
}

impl fmt::Display for LocatedBadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}: {}", self.source, self.error.unit(), self.line, self.error)
    }
}

/// Lines that crashed every worker that counted them, with their file.
#[derive(Debug)]
pub struct PoisonLines {
    /// The file, as it was given.
    pub source: Source,
    /// The lines, and how they ended the last worker.
    pub quarantined: QuarantinedLines,
}

impl PoisonLines {
    pub(super) fn new(sources: &[Source], quarantined: QuarantinedLines) -> Self {
        Self { source: sources[quarantined.range.origin.file as usize].clone(), quarantined }
    }
}

impl fmt::Display for PoisonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.quarantined)
    }
}
