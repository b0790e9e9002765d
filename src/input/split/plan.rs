//! Planning of splits: which parts of the input the workers read by themselves.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::input::chunk::PendingFile;
use crate::input::codec::Divisibility;
use crate::input::index::{IndexedFile, Recording, SpanRun};
use crate::input::source::{CheckedSource, Snapshot};
use crate::input::{Chunks, Control, InputError, Origin, Place, ReadRules, Source, WindowLimit};
use crate::record::Format;

/// Largest range of a plain file, in bytes: some milliseconds of work, so that all workers end
/// together, and few enough messages that their cost does not show.
const LARGEST_RANGE: u64 = 16 << 20;
/// Largest part of a remote file with an index, unpacked: each costs a round trip or two before its first byte, which a larger
/// one hardly notices.
const LARGEST_REMOTE_RUN: u64 = 256 << 20;
/// Smallest range.
const SMALLEST_RANGE: u64 = 1 << 20;
/// Ranges that each worker should get.
const RANGES_PER_WORKER: u64 = 8;

/// Input split: a part of the input for a worker to read by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Its number, from 0, in input order.
    pub id: u64,
    /// Index of the file in the list of sources.
    pub file: u32,
    /// Format of the file.
    pub format: Format,
    /// The file as it was opened first.
    pub(super) source: Source,
    pub(super) rules: ReadRules,
    pub(super) snapshot: Snapshot,
    /// Bytes at the beginning of the file that are to be skipped, and lines that end in them.
    pub(super) skip: u64,
    pub(super) skipped_lines: u64,
    /// The lines of the file that are its own.
    pub(super) part: FilePart,
    /// How its index is built in passing, if one is.
    pub(super) recording: Option<Recording>,
    /// How much of what it unpacks a decoder may keep.
    pub(super) window_limit: WindowLimit,
}

/// The part of a file that is a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum FilePart {
    /// All of it.
    Whole,
    /// The lines that begin in a range of bytes of a plain file.
    Range(u64, u64),
    /// Some spans of its index.
    Spans(SpanRun),
}

impl Split {
    /// Whether the numbers of its lines are known before those of the splits before it.
    pub fn knows_line_numbers(&self) -> bool {
        matches!(self.part, FilePart::Spans(_))
    }

    /// The place where its lines begin.
    pub fn place(&self) -> Place {
        self.origin().place()
    }

    pub(super) fn source(&self) -> CheckedSource {
        CheckedSource { source: self.source.clone(), snapshot: Some(self.snapshot.clone()) }
    }
}

/// The splits of an input.
#[derive(Debug)]
pub struct SplitPlan {
    /// They follow each other without a gap.
    pub splits: Vec<Split>,
    /// Why the file behind them cannot be read, if they do not go to the end of the input.
    pub failure: Option<InputError>,
    files: Vec<CheckedSource>,
}

impl SplitPlan {
    /// Checks, when all splits were read, what happened to the files meanwhile. A change that leaves what was read as it was
    /// is a note of `control`.
    ///
    /// # Errors
    /// [`InputError::Changed`] if what was read may not be what was there at the first opening.
    pub fn check_at_end(&self, control: &Control) -> Result<(), InputError> {
        self.files.iter().try_for_each(|file| file.check_at_end(control))
    }
}

/// File layout: what planning needs to know of a file.
struct FileLayout {
    source: Source,
    snapshot: Snapshot,
    format: Format,
    skip: u64,
    skipped_lines: u64,
    parts: Divisible,
    recording: Option<Recording>,
}

/// How a file can be divided.
enum Divisible {
    No,
    /// At any line; with its size.
    Anywhere(u64),
    /// Into runs of the spans of its index.
    AtSpans(IndexedFile),
}

impl Divisible {
    /// The unpacked bytes of a file that can be divided.
    fn bytes(&self) -> Option<u64> {
        match self {
            Divisible::No => None,
            Divisible::Anywhere(size) => Some(*size),
            Divisible::AtSpans(index) => Some(index.bytes()),
        }
    }
}

/// Splits the pending input of `chunks` among workers that read it themselves: whole packed files, and
/// ranges of plain ones. `None` if it cannot be split (pipes, zip archives) or, unless `always`,
/// if splitting would not pay or a file cannot be read. Only then are the chunks still to be read.
pub fn plan_splits(chunks: &mut Chunks, workers: usize, always: bool) -> Option<SplitPlan> {
    if !always && has_many_small_files(chunks.pending()) {
        return None;
    }
    let files = chunks.pending().to_vec();
    let mut layouts = Vec::new();
    let mut failure = None;
    for (number, PendingFile { source: checked, index }) in files.iter().enumerate() {
        let CheckedSource { source, snapshot } = checked;
        let snapshot = snapshot.clone()?;
        if *source == Source::Stdin || source.path().is_some_and(is_private) {
            return None;
        }
        let is_used = |index: &IndexedFile| index.is_partial || index.is_gzip();
        if let Some(index) = index.clone().filter(is_used) {
            let format = index.format();
            let (source, parts) = (source.clone(), Divisible::AtSpans(index));
            layouts.push(FileLayout {
                source,
                snapshot,
                format,
                skip: 0,
                skipped_lines: 0,
                parts,
                recording: None,
            });
            continue;
        }
        let file = match chunks.inspect(number) {
            Ok(file) => file?,
            Err(error) if always => {
                failure = Some(error);
                break;
            }
            Err(_) => return None,
        };
        let Origin { format, .. } = file.position();
        let (skip, skipped_lines) = file.header();
        let recording = chunks.recording_rules().filter(|_| index.is_none());
        let size = snapshot.size().filter(|_| snapshot.is_seekable());
        let parts = match (file.divisibility(), size) {
            // A file that is to be indexed is read from its beginning to its end.
            (Divisibility::Ranges, Some(size)) if recording.is_none() => Divisible::Anywhere(size),
            // Where a file ends is not known before it was read if its size is not.
            _ => Divisible::No,
        };
        let source = source.clone();
        layouts.push(FileLayout { source, snapshot, format, skip, skipped_lines, parts, recording });
    }
    let mut files: Vec<_> = files.into_iter().map(|file| file.source).collect();
    files.truncate(layouts.len());
    let mut splits = split_files(layouts, chunks.read_rules(), workers as u64, always)?;
    for split in &mut splits {
        split.window_limit = chunks.control().window_limit;
    }
    Some(SplitPlan { splits, failure, files })
}

/// Whether a split for each file would cost more than it spares. A split of 100 bytes takes 150 µs of CPU time in all processes, a
/// chunk of the parent 106.
fn has_many_small_files(files: &[PendingFile]) -> bool {
    const MANY: usize = 1000;
    const SMALL: u64 = 64 << 10;
    let bytes: u64 = files.iter().filter_map(|file| file.source.size()).sum();
    files.len() >= MANY && bytes / (files.len() as u64) < SMALL
}

/// Whether a name such as `/dev/stdin` means another file in another process.
fn is_private(path: &Path) -> bool {
    let own =
        |path: &Path| ["/proc/self", "/proc/thread-self", "/dev/fd"].iter().any(|own| path.starts_with(own));
    let mut path = path.to_path_buf();
    // As many links as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&path) {
            _ if own(&path) => return true,
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    false
}

/// Splits files among the workers; `None` if that would leave workers without work, or if there is too little of it.
fn split_files(files: Vec<FileLayout>, rules: &ReadRules, workers: u64, always: bool) -> Option<Vec<Split>> {
    let whole = files.iter().filter(|file| file.parts.bytes().is_none()).count() as u64;
    let divisible: u64 = files.iter().filter_map(|file| file.parts.bytes()).sum();
    let pays = if whole == 0 { divisible >= 4 * SMALLEST_RANGE } else { whole >= workers };
    if !pays && !always {
        return None;
    }
    let share = divisible / (RANGES_PER_WORKER * workers.max(1));
    let step = share.clamp(SMALLEST_RANGE, LARGEST_RANGE);
    let mut splits = Vec::new();
    for (index, layout) in files.into_iter().enumerate() {
        let FileLayout { source, snapshot, format, skip, skipped_lines, parts, recording } = layout;
        let parts: Vec<FilePart> = match parts {
            Divisible::No => vec![FilePart::Whole],
            Divisible::Anywhere(bytes) => (0..bytes)
                .step_by(step as usize)
                .map(|start| FilePart::Range(start, bytes.min(start + step)))
                .collect(),
            Divisible::AtSpans(index) => {
                let step = match snapshot.is_remote() {
                    true => share.clamp(SMALLEST_RANGE, LARGEST_REMOTE_RUN),
                    false => step,
                };
                index.runs(step).into_iter().map(FilePart::Spans).collect()
            }
        };
        for part in parts {
            let id = splits.len() as u64;
            let (file, source, snapshot) = (index as u32, source.clone(), snapshot.clone());
            splits.push(Split {
                id,
                file,
                format,
                source,
                rules: rules.clone(),
                snapshot,
                skip,
                skipped_lines,
                part,
                recording,
                window_limit: WindowLimit::default(),
            });
        }
    }
    Some(splits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_split_when_there_is_work_for_all_workers() {
        let any_file = tempfile::NamedTempFile::new().unwrap();
        let snapshot = Source::from(any_file.path()).check_file().unwrap().snapshot.unwrap();
        let file = |packed: bool, bytes| FileLayout {
            source: "x".into(),
            snapshot: snapshot.clone(),
            format: Format::V2,
            skip: 0,
            skipped_lines: 0,
            parts: if packed { Divisible::No } else { Divisible::Anywhere(bytes) },
            recording: None,
        };
        let count =
            |files, always| split_files(files, &ReadRules::default(), 2, always).map(|splits| splits.len());
        assert_eq!(count(vec![file(true, 9), file(true, 9)], false), Some(2));
        assert_eq!(count(vec![file(true, 9)], false), None);
        assert_eq!(count(vec![file(true, 9)], true), Some(1));
        assert_eq!(count(vec![file(false, 1000)], false), None);
        assert_eq!(count(vec![file(false, 160 << 20)], false), Some(16));
        assert_eq!(count(vec![file(false, 1600 << 20)], false), Some(100));
        let mixed = vec![file(false, 3 << 20), file(true, 5), file(true, 5)];
        let mixed = split_files(mixed, &ReadRules::default(), 2, false).unwrap();
        assert_eq!(mixed.iter().map(|split| split.file).collect::<Vec<_>>(), [0, 0, 0, 1, 2]);
    }
}
