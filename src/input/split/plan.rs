//! Planning of splits: which parts of the input the workers read by themselves.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::input::codec::Divisibility;
use crate::input::{Chunks, InputError, Origin, Source};
use crate::record::Format;

/// Largest range of a plain file, in bytes: some milliseconds of work, so that all workers end
/// together, and few enough messages that their cost does not show.
const LARGEST_RANGE: u64 = 16 << 20;
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
    pub(super) path: PathBuf,
    /// Bytes at the beginning of the file that are to be skipped, and lines that end in them.
    pub(super) skip: u64,
    pub(super) skipped_lines: u64,
    /// The range of bytes in which its lines begin; the whole file, unpacked, if it is packed.
    pub(super) range: Option<(u64, u64)>,
}

/// File layout: what planning needs to know of a file.
struct FileLayout {
    path: PathBuf,
    format: Format,
    skip: u64,
    skipped_lines: u64,
    packed: bool,
    bytes: u64,
}

/// Splits the pending input of `chunks` among workers that read it themselves: whole packed files, and
/// ranges of plain ones. `None` if it cannot be split (pipes, zip archives) or, unless `always`,
/// if splitting would not pay. Only then are the chunks still to be read.
///
/// # Errors
/// Those of the first bytes of a file, which are sniffed.
pub fn plan_splits(
    chunks: &mut Chunks,
    workers: usize,
    always: bool,
) -> Result<Option<Vec<Split>>, InputError> {
    let mut files = Vec::new();
    for (index, source) in chunks.pending().to_vec().into_iter().enumerate() {
        let Source::Path(path) = &source else { return Ok(None) };
        let Some(bytes) = source.check()? else { return Ok(None) };
        let Some(file) = chunks.inspect(index)? else { return Ok(None) };
        let Origin { format, first_line, offset: skip, .. } = file.position();
        let (skipped_lines, packed) = (first_line - 1, file.divisibility() == Divisibility::WholeFile);
        files.push(FileLayout { path: path.clone(), format, skip, skipped_lines, packed, bytes });
    }
    Ok(split_files(files, workers as u64, always))
}

/// Splits files among the workers; `None` if that would leave workers without work, or if there is too little of it.
fn split_files(files: Vec<FileLayout>, workers: u64, always: bool) -> Option<Vec<Split>> {
    let packed = files.iter().filter(|file| file.packed).count() as u64;
    let plain: u64 = files.iter().filter(|file| !file.packed).map(|file| file.bytes).sum();
    let pays = if packed == 0 { plain >= 4 * SMALLEST_RANGE } else { packed >= workers };
    if !pays && !always {
        return None;
    }
    let step = (plain / (RANGES_PER_WORKER * workers.max(1))).clamp(SMALLEST_RANGE, LARGEST_RANGE);
    let mut splits = Vec::new();
    for (index, layout) in files.into_iter().enumerate() {
        let FileLayout { path, format, skip, skipped_lines, packed, bytes } = layout;
        let ranges: Vec<Option<(u64, u64)>> = if packed {
            vec![None]
        } else {
            (0..bytes).step_by(step as usize).map(|start| Some((start, bytes.min(start + step)))).collect()
        };
        for range in ranges {
            let id = splits.len() as u64;
            let (file, path) = (index as u32, path.clone());
            splits.push(Split { id, file, format, path, skip, skipped_lines, range });
        }
    }
    Some(splits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_split_when_there_is_work_for_all_workers() {
        let file = |packed, bytes| FileLayout {
            path: "x".into(),
            format: Format::V2,
            skip: 0,
            skipped_lines: 0,
            packed,
            bytes,
        };
        let count = |files, always| split_files(files, 2, always).map(|splits| splits.len());
        assert_eq!(count(vec![file(true, 9), file(true, 9)], false), Some(2));
        assert_eq!(count(vec![file(true, 9)], false), None);
        assert_eq!(count(vec![file(true, 9)], true), Some(1));
        assert_eq!(count(vec![file(false, 1000)], false), None);
        assert_eq!(count(vec![file(false, 160 << 20)], false), Some(16));
        assert_eq!(count(vec![file(false, 1600 << 20)], false), Some(100));
        let mixed = split_files(vec![file(false, 3 << 20), file(true, 5), file(true, 5)], 2, false).unwrap();
        assert_eq!(mixed.iter().map(|split| split.file).collect::<Vec<_>>(), [0, 0, 0, 1, 2]);
    }
}
