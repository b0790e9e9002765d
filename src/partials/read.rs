//! From lines of partial sums to partial counts.

use std::num::NonZeroU64;

use super::PartialsError;
use crate::count::{LineTally, Measure, Measures, Partial, Plan};
use crate::input::{Chunks, Control, Limits, Source};
use crate::record::partials::{MOST_SUMS, PartialsLayout};
use crate::record::{LineError, lines};

/// What the columns are taken for. They have no names of their own.
const COLUMNS: [Measure; MOST_SUMS] = [Measure::Matches, Measure::Volumes, Measure::Pages, Measure::Lines];

/// The column that a measure stands for.
pub(super) fn column(measure: Measure) -> usize {
    COLUMNS.iter().position(|&column| column == measure).unwrap_or_default()
}

/// The rows of some lines of one file, none of them blank.
#[derive(Debug)]
pub struct Block {
    /// Index of the file in the list that [`Reader::open`] was given.
    pub file: usize,
    /// Number of the first line in its file, where the first is 1.
    pub first_line: u64,
    /// The rows. A line is a row, and rows that follow each other may share an n-gram.
    pub rows: Partial,
}

/// Reads files of partial sums, plain or packed, one after another.
pub struct Reader {
    sources: Vec<Source>,
    chunks: Chunks,
    layout: PartialsLayout,
}

impl Reader {
    /// Checks that every source can be opened.
    ///
    /// # Errors
    /// The first source that is missing, a directory, or not readable.
    pub fn open(sources: Vec<Source>, by_year: bool, control: &Control) -> Result<Self, PartialsError> {
        let limits = Limits::lines(NonZeroU64::MAX);
        let chunks = Chunks::open(sources.clone(), limits, control.clone())?.sized_for(1);
        Ok(Self { sources, chunks, layout: PartialsLayout::new(by_year) })
    }

    /// The next rows; `None` at the end of the last file.
    ///
    /// # Errors
    /// What is wrong with the input, or with a line.
    pub fn next_block(&mut self) -> Result<Option<Block>, PartialsError> {
        let Some(chunk) = self.chunks.next().transpose()? else { return Ok(None) };
        let (file, first_line) = (chunk.origin.file as usize, chunk.origin.first_line);
        let rows = rows(&mut self.layout, &chunk.bytes).map_err(|(line, error)| PartialsError::BadLine {
            file: self.sources[file].clone(),
            line: first_line + line,
            error,
        })?;
        Ok(Some(Block { file, first_line, rows }))
    }

    /// What the rows are the sums of, so that they can be added up as any partial count: as many things as the first
    /// line has sums. Without a line it is one.
    pub fn plan(&self) -> Plan {
        let columns = COLUMNS[..self.layout.width.unwrap_or(1)].to_vec();
        Plan {
            measures: Measures::new(columns).unwrap_or_default(),
            by_year: self.layout.by_year,
            ..Plan::default()
        }
    }

    /// A file, as it was given.
    pub fn source(&self, file: usize) -> &Source {
        &self.sources[file]
    }
}

fn rows(layout: &mut PartialsLayout, bytes: &[u8]) -> Result<Partial, (u64, LineError)> {
    let mut rows = Partial::default();
    // The years of the n-gram at hand, as far as they ascend, and their sums.
    let (mut at_hand, mut years, mut sums): (&[u8], Vec<u32>, Vec<u64>) = Default::default();
    for (number, line) in (0..).zip(lines(bytes)) {
        let to = if layout.by_year { &mut sums } else { &mut rows.tallies };
        let before = to.len();
        let (ngram, year) = layout.parse(line, to).map_err(|error| (number, error))?;
        rows.lines.read += 1;
        if !layout.by_year {
            rows.push(ngram, &[], &[]);
            continue;
        }
        if ngram != at_hand || years.last().is_some_and(|&last| last >= year) {
            if !years.is_empty() {
                rows.push(at_hand, &years, &sums[..before]);
            }
            years.clear();
            sums.drain(..before);
            at_hand = ngram;
        }
        years.push(year);
    }
    if !years.is_empty() {
        rows.push(at_hand, &years, &sums);
    }
    rows.lines = LineTally { counted: rows.lines.read, ..rows.lines };
    Ok(rows)
}
