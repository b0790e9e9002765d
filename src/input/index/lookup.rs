//! Use of indexes: finds the index of each file, and the spans that can hold an answer.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::error::IndexError;
use super::file_index::FileIndex;
use super::filter;
use super::path::index_of;
use super::rules::{IndexMode, IndexRules};
use super::span_run::{SpanRun, stored_offset};
use super::tables::{Head, Tables};
use crate::input::error::ReadError;
use crate::input::source::{CheckedSource, HttpRules};
use crate::input::{Control, InputError, Note, Source};
use crate::record::Format;

/// Test of which n-grams are asked for.
pub trait KeyTest: Send {
    /// Whether an n-gram between two bounds, both included, may be asked for.
    fn meets(&self, smallest: &[u8], largest: &[u8]) -> bool;

    /// All n-grams that may be asked for, if they are few.
    fn ngrams(&self) -> Option<&[Vec<u8>]>;
}

/// What the counting knows of the lines that it needs.
pub struct LineNeeds {
    /// Whether files in a format can be counted.
    pub suits: Box<dyn Fn(Format) -> bool + Send + Sync>,
    /// For each format: a test of the lines that are needed, by their n-grams; `None` if all are.
    pub keys: Box<dyn Fn(Format) -> Option<Box<dyn KeyTest>> + Send + Sync>,
    /// The format that all files are said to have.
    pub format: Option<Format>,
}

impl fmt::Debug for LineNeeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineNeeds").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Lines that are not read because an index shows that none of them is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedLines {
    /// Index of the file in the list of sources.
    pub file: u32,
    /// Its format.
    pub format: Format,
    /// Lines that are not read.
    pub lines: u64,
    /// Bytes of these lines, unpacked.
    pub bytes: u64,
}

/// Spans of all files with an index: how many are read, and how many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpanCounts {
    /// Files that have an index.
    pub files: u64,
    /// Spans that are read.
    pub read: u64,
    /// Spans that are not read.
    pub skipped: u64,
}

/// A file with its index, and the spans that are read of it.
#[derive(Debug, Clone)]
pub(in crate::input) struct IndexedFile {
    index: Arc<FileIndex>,
    tables: Arc<Tables>,
    /// Spans that are read, in order. Those of a gzip file that unpacking comes by anyway are among them.
    runs: Vec<Range<usize>>,
    /// Lines are left out.
    pub(in crate::input) is_partial: bool,
}

/// Finds the index of a file. `None` if the file has none, or if that is of no use here; why it is not used is a note.
pub(in crate::input) fn find(
    source: &CheckedSource,
    rules: &IndexRules,
    needs: &LineNeeds,
    http: &HttpRules,
    control: &Control,
) -> Result<Option<IndexedFile>, InputError> {
    if rules.mode == IndexMode::Off {
        return Ok(None);
    }
    let missing = |reason: String| match rules.mode {
        IndexMode::Require => Err(InputError::NoIndex { file: source.source.clone(), reason }),
        _ => Ok(None),
    };
    let Some(name) = index_of(&source.source, rules.folder.as_deref()) else {
        return missing("it is no file".into());
    };
    let Some(snapshot) = source.snapshot.as_ref().filter(|snapshot| snapshot.size().is_some()) else {
        return missing("it is no regular file".into());
    };
    if !snapshot.is_seekable() {
        return missing("its server offers no ranges".into());
    }
    match open(&name, source, needs, http, control) {
        Ok(Opened::Used(file)) => Ok(Some(file)),
        Ok(Opened::NotNeeded) => Ok(None),
        Ok(Opened::Missing) => missing(format!("there is no {name}")),
        Ok(Opened::OfNoUse) => missing(format!("{name} is for another format")),
        Err(IndexError::Stopped) => Err(ReadError::Stopped.at(&source.source, 0)),
        Err(error) => {
            if rules.mode == IndexMode::Auto {
                control.notes.add(Note::index(name.clone(), &error));
            }
            missing(format!("{name}: {error}"))
        }
    }
}

/// What became of looking for the index of a file.
enum Opened {
    Missing,
    Used(IndexedFile),
    /// The file is empty.
    NotNeeded,
    /// The file is to be counted in another format, or cannot be counted.
    OfNoUse,
}

fn open(
    name: &Source,
    source: &CheckedSource,
    needs: &LineNeeds,
    http: &HttpRules,
    control: &Control,
) -> Result<Opened, IndexError> {
    let Some(mut index) = FileIndex::open(name, source, http, control)? else { return Ok(Opened::Missing) };
    let head = index.head().clone();
    // An empty file has every format.
    if head.unpacked == 0 {
        return Ok(Opened::NotNeeded);
    }
    let same_format = match needs.format {
        Some(named) => named == head.format,
        None => !head.format_was_named,
    };
    // The message is that of a count without an index, at the same place of the input.
    if !same_format || !(needs.suits)(head.format) {
        return Ok(Opened::OfNoUse);
    }
    let keys = (needs.keys)(head.format);
    let asked =
        |smallest: &[u8], largest: &[u8]| keys.as_ref().is_none_or(|keys| keys.meets(smallest, largest));
    let excludes_all =
        !head.malformed && head.bounds.as_ref().is_some_and(|(smallest, largest)| !asked(smallest, largest));
    let (mut tables, runs) = match excludes_all {
        true => (Tables::default(), Vec::new()),
        false => {
            let tables = index.read_tables()?;
            let ngrams = keys.as_ref().and_then(|keys| keys.ngrams());
            let hashes: Option<Vec<u64>> =
                ngrams.map(|ngrams| ngrams.iter().map(|ngram| filter::hash(ngram)).collect());
            let occurs = |span| hashes.as_ref().is_none_or(|hashes| tables.may_hold(span, hashes));
            let runs = wanted_runs(&tables, &head, asked, occurs);
            (tables, runs)
        }
    };
    let whole = runs.iter().map(|run| run.len()).sum::<usize>() == tables.spans.len() && !excludes_all;
    tables.forget_ngrams();
    index.close();
    let (index, tables) = (Arc::new(index), Arc::new(tables));
    Ok(Opened::Used(IndexedFile { index, tables, runs, is_partial: !whole }))
}

/// The spans that may hold an n-gram that is asked for, and those between two of them that are unpacked on the way.
fn wanted_runs(
    tables: &Tables,
    head: &Head,
    asked: impl Fn(&[u8], &[u8]) -> bool,
    occurs: impl Fn(usize) -> bool,
) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (number, span) in tables.spans.iter().enumerate() {
        let bounds = tables.bounds(span);
        let wanted = span.malformed
            || bounds.is_none_or(|(smallest, largest)| asked(smallest, largest) && occurs(number));
        if !wanted {
            continue;
        }
        let on_the_way = |last: &Range<usize>| {
            last.end == number
                || head.gzip && tables.point_before(number) <= tables.point_before(last.end - 1)
        };
        match runs.last_mut().filter(|last| on_the_way(last)) {
            Some(last) => last.end = number + 1,
            None => runs.push(number..number + 1),
        }
    }
    runs
}

impl IndexedFile {
    pub(in crate::input) fn format(&self) -> Format {
        self.index.head().format
    }

    pub(in crate::input) fn is_gzip(&self) -> bool {
        self.index.head().gzip
    }

    /// The bytes that are read, unpacked.
    pub(in crate::input) fn bytes(&self) -> u64 {
        let head = self.index.head();
        self.runs
            .iter()
            .map(|run| self.tables.end(run.end - 1, head).0 - self.tables.spans[run.start].start)
            .sum()
    }

    /// The lines that are not read.
    pub(in crate::input) fn skipped(&self, file: u32) -> SkippedLines {
        let head = self.index.head();
        let lines_of = |run: &Range<usize>| {
            self.tables.end(run.end - 1, head).1 - self.tables.spans[run.start].first_line
        };
        SkippedLines {
            file,
            format: head.format,
            lines: head.lines - self.runs.iter().map(lines_of).sum::<u64>(),
            bytes: head.unpacked - head.skip - self.bytes(),
        }
    }

    /// About how many bytes of the file are read.
    pub(in crate::input) fn stored(&self) -> u64 {
        let offset = |span| stored_offset(self.index.head(), &self.tables, span);
        self.runs.iter().map(|run| offset(run.end) - offset(run.start)).sum()
    }

    pub(in crate::input) fn span_counts(&self) -> SpanCounts {
        let read = self.runs.iter().map(|run| run.len() as u64).sum();
        let skipped = u64::from(self.index.span_count()) - read;
        SpanCounts { files: 1, read, skipped }
    }

    /// The spans that are read, in runs of about `step` unpacked bytes that begin where unpacking can begin.
    pub(in crate::input) fn runs(&self, step: u64) -> Vec<SpanRun> {
        let mut ranges = Vec::new();
        for run in &self.runs {
            let mut start = run.start;
            for span in run.clone() {
                let long = self.tables.spans[span].start - self.tables.spans[start].start >= step;
                let at_point = !self.is_gzip()
                    || self.tables.point_before(span) != self.tables.point_before(span.saturating_sub(1));
                if span > start && long && at_point {
                    ranges.push(start..span);
                    start = span;
                }
            }
            ranges.push(start..run.end);
        }
        ranges.into_iter().map(|range| SpanRun::new(&self.index, &self.tables, range)).collect()
    }
}
