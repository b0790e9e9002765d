//! The job's books: every line that was read is entered once, and at the end they must balance.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::JobError;
use crate::count::{BadLines, Format, LineError, LineTally, Plan};
use crate::exec::{ExecError, Mapped, Quarantined};
use crate::input::Source;

/// Bad lines that are named; the rest are only counted.
const NAMED: usize = 5;

/// A line that was left out, with the place where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedBadLine {
    /// The file, as it was given.
    pub source: Source,
    /// The line's number in it, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub error: LineError,
}

impl fmt::Display for NamedBadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}: {}", self.source, self.line, self.error)
    }
}

/// Lines that crashed every worker that counted them, with the place where they stand.
#[derive(Debug)]
pub struct PoisonLines {
    /// The file, as it was given.
    pub source: Source,
    /// Which lines, and what they do.
    pub quarantined: Quarantined,
}

impl PoisonLines {
    fn new(sources: &[Source], quarantined: Quarantined) -> Self {
        Self { source: sources[quarantined.place.origin.file as usize].clone(), quarantined }
    }
}

impl fmt::Display for PoisonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.quarantined)
    }
}

/// What has come back so far. Results arrive in any order; what is asked of the books does not
/// depend on it.
pub(super) struct Books<'a> {
    sources: &'a [Source],
    bad_lines: BadLines,
    arrived: Arrivals,
    handed_out: u64,
    tally: LineTally,
    /// The first `NAMED` bad lines as (file, line number, what is wrong), in that order.
    bad: Vec<(u32, u64, LineError)>,
    quarantined: Vec<Quarantined>,
    /// By the file, the format of each that has a line.
    formats: BTreeMap<u32, Format>,
}

impl<'a> Books<'a> {
    pub(super) fn new(plan: &Plan, sources: &'a [Source]) -> Self {
        Self {
            sources,
            bad_lines: plan.bad_lines,
            arrived: Arrivals::default(),
            handed_out: 0,
            tally: LineTally::default(),
            bad: Vec::new(),
            quarantined: Vec::new(),
            formats: BTreeMap::new(),
        }
    }

    /// Enters one chunk's result.
    ///
    /// Fails on a chunk that has been entered before and, if bad lines are to fail the job, on the
    /// chunk's first bad line.
    pub(super) fn enter(&mut self, mapped: &mut Mapped) -> Result<(), JobError> {
        if !self.arrived.note(mapped.chunk) {
            return Err(JobError::CountedTwice { chunk: mapped.chunk });
        }
        self.formats.extend(Format::of_label(mapped.origin.label).map(|format| (mapped.origin.file, format)));
        self.handed_out += mapped.lines;
        self.tally += mapped.partial.lines;
        self.quarantined.append(&mut mapped.quarantined);
        for bad in &mapped.partial.bad {
            let file = mapped.origin.file;
            let line = mapped.origin.first_line + bad.line;
            if self.bad_lines == BadLines::Fail {
                return Err(JobError::bad_line(self.source(file), line, bad.error.clone()));
            }
            self.bad.push((file, line, bad.error.clone()));
        }
        self.bad.sort_by_key(|&(file, line, _)| (file, line));
        self.bad.truncate(NAMED);
        Ok(())
    }

    /// Checks the balance, once all chunks are in: lines read = counted + filtered + bad +
    /// quarantined, and the three who count lines (the reader, the hand-out, the workers) agree.
    pub(super) fn close(&self, read: u64) -> Result<(), JobError> {
        let agreed = read == self.handed_out && read == self.tally.read;
        if agreed && self.tally.is_conserved() && self.arrived.all() {
            return Ok(());
        }
        Err(JobError::Unbalanced { read, handed_out: self.handed_out, accounted: self.tally.read })
    }

    /// The executor's failure in the job's words.
    pub(super) fn explain(&self, error: ExecError) -> JobError {
        match error {
            ExecError::Input(error) => JobError::Input(error),
            ExecError::Poison(lines) => JobError::Poison(Box::new(PoisonLines::new(self.sources, lines))),
            ExecError::Stopped => JobError::Stopped { lines: self.tally.read },
            error => JobError::Exec(error),
        }
    }

    pub(super) fn tally(&self) -> &LineTally {
        &self.tally
    }

    pub(super) fn chunks(&self) -> u64 {
        self.arrived.next
    }

    /// The names of the formats, each once, in the order of the files.
    pub(super) fn formats(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for format in self.formats.values() {
            if !names.contains(&format.name()) {
                names.push(format.name());
            }
        }
        names
    }

    pub(super) fn bad_lines(&self) -> Vec<NamedBadLine> {
        let named = |&(file, line, ref error): &(u32, u64, LineError)| NamedBadLine {
            source: self.source(file).clone(),
            line,
            error: error.clone(),
        };
        self.bad.iter().map(named).collect()
    }

    pub(super) fn into_quarantined(mut self) -> Vec<PoisonLines> {
        self.quarantined.sort_by_key(|lines| (lines.place.chunk, lines.place.origin.first_line));
        self.quarantined.into_iter().map(|lines| PoisonLines::new(self.sources, lines)).collect()
    }

    fn source(&self, file: u32) -> &'a Source {
        &self.sources[file as usize]
    }
}

/// Which chunks have come back. Only those that overtook an earlier one are remembered, so this
/// stays as small as the number of chunks in flight.
#[derive(Default)]
struct Arrivals {
    /// All chunks before this one are in.
    next: u64,
    /// Chunks after it that are in.
    ahead: BTreeSet<u64>,
}

impl Arrivals {
    /// Notes a chunk; false if it was here before.
    fn note(&mut self, chunk: u64) -> bool {
        let new = chunk >= self.next && self.ahead.insert(chunk);
        while self.ahead.remove(&self.next) {
            self.next += 1;
        }
        new
    }

    /// Whether no chunk is missing among those that came.
    fn all(&self) -> bool {
        self.ahead.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Arrivals;

    #[test]
    fn a_chunk_may_overtake_another_but_not_come_twice() {
        let mut arrived = Arrivals::default();
        assert!(arrived.note(1));
        assert!(!arrived.all());
        assert!(!arrived.note(1));
        assert!(arrived.note(0));
        assert!(arrived.all());
        assert!(!arrived.note(0));
        assert!(!arrived.note(1));
        assert!(arrived.note(2));
        assert_eq!(arrived.next, 3);
    }
}
