//! Reader of partial sums: from lines to partial counts.

use std::num::NonZeroU64;

use super::error::{COLUMNS, PartialsError};
use crate::count::{LineTally, Measures, Partial, Plan};
use crate::input::{Chunks, Control, Limits, Source};
use crate::record::partials::PartialsLayout;
use crate::record::{LineError, lines};

/// The rows of consecutive lines of one file.
#[derive(Debug)]
pub struct RowBlock {
    /// The index of the file in the list of [`PartialsReader::open`].
    pub file: usize,
    /// The number of the first line in its file, from 1.
    pub first_line: u64,
    /// The rows, one for each line. By year, consecutive rows of one n-gram are one entry while their years ascend.
    pub rows: Partial,
}

/// Reads files of partial sums, plain or compressed, one after another.
pub struct PartialsReader {
    sources: Vec<Source>,
    chunks: Chunks,
    layout: PartialsLayout,
}

impl PartialsReader {
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
    /// [`PartialsError::Input`] if the input cannot be read, [`PartialsError::BadLine`] for a malformed line.
    pub fn next_block(&mut self) -> Result<Option<RowBlock>, PartialsError> {
        let Some(chunk) = self.chunks.next().transpose()? else { return Ok(None) };
        let (file, first_line) = (chunk.origin.file as usize, chunk.origin.first_line);
        let mut rows = Partial::default();
        rows.try_reserve(chunk.lines as usize, chunk.bytes.len(), self.layout.by_year)?;
        read_rows(&mut self.layout, &chunk.bytes, &mut rows).map_err(|(line, error)| {
            PartialsError::BadLine { file: self.sources[file].clone(), line: first_line + line, error }
        })?;
        Ok(Some(RowBlock { file, first_line, rows }))
    }

    /// A plan by which the rows can be summed like any partial count. It has as many measures as the first line has
    /// sums, or one if there is no line.
    pub fn plan(&self) -> Plan {
        let columns = COLUMNS[..self.layout.width.unwrap_or(1)].to_vec();
        Plan {
            measures: Measures::new(columns).unwrap_or_default(),
            by_year: self.layout.by_year,
            ..Plan::default()
        }
    }

    /// The file with an index.
    pub fn source(&self, file: usize) -> &Source {
        &self.sources[file]
    }
}

/// Adds the rows of `bytes`, up to the first bad line, which is returned with its number from 0.
fn read_rows(layout: &mut PartialsLayout, bytes: &[u8], rows: &mut Partial) -> Result<(), (u64, LineError)> {
    // The current n-gram, its years as long as they ascend, and the sums of each.
    let (mut current, mut years, mut sums): (&[u8], Vec<u32>, Vec<u64>) = Default::default();
    for (number, line) in (0..).zip(lines(bytes)) {
        let before = sums.len();
        let (ngram, year) = layout.parse(line, &mut sums).map_err(|error| (number, error))?;
        rows.lines.read += 1;
        if !layout.by_year {
            rows.push(ngram, &[], &sums);
            sums.clear();
            continue;
        }
        if ngram != current || years.last().is_some_and(|&last| last >= year) {
            if !years.is_empty() {
                rows.push(current, &years, &sums[..before]);
            }
            years.clear();
            sums.drain(..before);
            current = ngram;
        }
        years.push(year);
    }
    if !years.is_empty() {
        rows.push(current, &years, &sums);
    }
    rows.lines = LineTally { counted: rows.lines.read, ..rows.lines };
    Ok(())
}
