//! Line accounting: every line that was read is counted, filtered, bad or quarantined, exactly once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::JobError;
use super::located_lines::{LocatedBadLine, PoisonLines};
use crate::count::{BadLines, Format, LineError, LineTally, Plan};
use crate::exec::{ExecError, Mapped, QuarantinedLines};
use crate::input::{SkippedLines, Source};

/// Bad lines that are reported with their place; the others are only counted.
const REPORTED_BAD_LINES: usize = 5;

/// Line totals of the results so far. They do not depend on the order in which results arrive.
pub(super) struct LineAccounting<'a> {
    sources: &'a [Source],
    bad_lines: BadLines,
    arrived: ArrivedChunks,
    handed_out: u64,
    tally: LineTally,
    /// The first `REPORTED_BAD_LINES` bad lines as (file, line number, error), in input order.
    bad: Vec<(u32, u64, LineError)>,
    quarantined: Vec<QuarantinedLines>,
    /// Format of each file that has a line.
    formats: BTreeMap<u32, Format>,
}

/// The account of the lines that are kept in a checkpoint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct AccountingState {
    handed_out: u64,
    pub(super) tally: LineTally,
    bad: Vec<(u32, u64, LineError)>,
    formats: BTreeMap<u32, Format>,
}

impl<'a> LineAccounting<'a> {
    /// The account so far; `None` once lines were quarantined, which are not kept.
    pub(super) fn state(&self) -> Option<AccountingState> {
        self.quarantined.is_empty().then(|| AccountingState {
            handed_out: self.handed_out,
            tally: self.tally,
            bad: self.bad.clone(),
            formats: self.formats.clone(),
        })
    }

    /// Goes on from an account that was kept, with these splits counted before. Returns the lines in it.
    pub(super) fn resume(&mut self, state: AccountingState, splits: impl Iterator<Item = u64>) -> u64 {
        let AccountingState { handed_out, tally, bad, formats } = state;
        (self.handed_out, self.tally, self.bad, self.formats) = (handed_out, tally, bad, formats);
        for split in splits {
            self.arrived.insert(split);
        }
        handed_out
    }

    pub(super) fn new(plan: &Plan, sources: &'a [Source]) -> Self {
        Self {
            sources,
            bad_lines: plan.bad_lines,
            arrived: ArrivedChunks::default(),
            handed_out: 0,
            tally: LineTally::default(),
            bad: Vec::new(),
            quarantined: Vec::new(),
            formats: BTreeMap::new(),
        }
    }

    /// Adds the result of one chunk.
    ///
    /// Fails on a chunk that was added before and, if bad lines are to fail the job, on the
    /// chunk's first bad line.
    pub(super) fn add(&mut self, mapped: &mut Mapped) -> Result<(), JobError> {
        if !self.arrived.insert(mapped.chunk) {
            return Err(JobError::CountedTwice { chunk: mapped.chunk });
        }
        // A split of an empty file comes back too.
        if mapped.lines > 0 {
            self.formats.insert(mapped.origin.file, mapped.origin.format);
        }
        self.handed_out += mapped.lines;
        self.tally += mapped.partial.lines;
        self.quarantined.append(&mut mapped.quarantined);
        for bad in &mapped.partial.bad {
            let file = mapped.origin.file;
            let line = mapped.origin.first_line + bad.line;
            if self.bad_lines == BadLines::Fail {
                return Err(JobError::bad_line(self.located(file, line, &bad.error)));
            }
            self.bad.push((file, line, bad.error.clone()));
        }
        self.bad.sort_by_key(|&(file, line, _)| (file, line));
        self.bad.truncate(REPORTED_BAD_LINES);
        Ok(())
    }

    /// Adds lines that were not read, because an index shows that the plan filters all of them.
    pub(super) fn add_skipped(&mut self, skipped: &SkippedLines) {
        let SkippedLines { file, format, lines, .. } = *skipped;
        self.formats.insert(file, format);
        self.handed_out += lines;
        self.tally += LineTally { read: lines, filtered: lines, ..LineTally::default() };
    }

    /// Checks the balance, once all chunks are in: lines read = counted + filtered + bad +
    /// quarantined, and the three counts of lines (reader, hand-out, workers) agree.
    pub(super) fn check_balance(&self, read: u64) -> Result<(), JobError> {
        let agreed = read == self.handed_out && read == self.tally.read;
        if agreed && self.tally.is_balanced() && self.arrived.none_missing() {
            return Ok(());
        }
        Err(JobError::Unbalanced { read, handed_out: self.handed_out, accounted: self.tally.read })
    }

    /// The job's error for an error of the executor.
    pub(super) fn to_job_error(&self, error: ExecError) -> JobError {
        match error {
            ExecError::Input(error) => JobError::Input(error),
            ExecError::Poison(lines) => JobError::Poison(Box::new(PoisonLines::new(self.sources, lines))),
            error @ ExecError::ResultTooLarge { range, .. } => {
                JobError::ResultTooLarge { file: self.source(range.origin.file).clone(), error }
            }
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

    pub(super) fn bad_lines(&self) -> Vec<LocatedBadLine> {
        self.bad.iter().map(|(file, line, error)| self.located(*file, *line, error)).collect()
    }

    fn located(&self, file: u32, line: u64, error: &LineError) -> LocatedBadLine {
        let unit = self.formats.get(&file).map_or("line", |format| format.unit());
        LocatedBadLine { source: self.source(file).clone(), line, error: error.clone(), unit }
    }

    pub(super) fn into_quarantined(mut self) -> Vec<PoisonLines> {
        self.quarantined.sort_by_key(|lines| (lines.range.origin.file, lines.range.origin.first_line));
        self.quarantined.into_iter().map(|lines| PoisonLines::new(self.sources, lines)).collect()
    }

    fn source(&self, file: u32) -> &'a Source {
        &self.sources[file as usize]
    }
}

/// Set of the chunks that have come back. Only those that overtook an earlier one are remembered, so this
/// stays as small as the number of chunks in flight.
#[derive(Default)]
struct ArrivedChunks {
    /// All chunks before this one have arrived.
    next: u64,
    /// Chunks after it that have arrived.
    ahead: BTreeSet<u64>,
}

impl ArrivedChunks {
    /// Adds a chunk; false if it was added before.
    fn insert(&mut self, chunk: u64) -> bool {
        let new = chunk >= self.next && self.ahead.insert(chunk);
        while self.ahead.remove(&self.next) {
            self.next += 1;
        }
        new
    }

    /// Whether no chunk is missing among those that came.
    fn none_missing(&self) -> bool {
        self.ahead.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::LineRange;
    use crate::input::Origin;

    #[test]
    fn a_count_that_cannot_be_sent_is_named_by_its_file_and_lines() {
        let sources = ["first.tsv", "second.txt"].map(|name| Source::Path(name.into()));
        let accounting = LineAccounting::new(&Plan::default(), &sources);
        let origin = Origin { file: 1, first_line: 7, offset: 90, format: Format::Text };
        let range = LineRange { chunk: 3, origin, lines: 2 };
        let error = accounting.to_job_error(ExecError::ResultTooLarge { range, bytes: 1 << 35 });
        let wanted =
            "second.txt: lines 7 to 8: their count takes 34359738368 bytes, more than the parent can receive";
        assert_eq!(error.to_string(), wanted);
    }

    #[test]
    fn a_chunk_may_overtake_another_but_not_arrive_twice() {
        let mut arrived = ArrivedChunks::default();
        assert!(arrived.insert(1));
        assert!(!arrived.none_missing());
        assert!(!arrived.insert(1));
        assert!(arrived.insert(0));
        assert!(arrived.none_missing());
        assert!(!arrived.insert(0));
        assert!(!arrived.insert(1));
        assert!(arrived.insert(2));
        assert_eq!(arrived.next, 3);
    }
}
