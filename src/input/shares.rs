//! Parts of the input that a worker can open and read by itself: whole packed files, and ranges of
//! plain ones that begin and end with a line.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;

use memchr::memchr;
use serde::{Deserialize, Serialize};

use super::cutter::{Cut, Cutter};
use super::error::Failure;
use super::mapped;
use super::{Buffer, Chunk, Chunks, InputError, Limits, Look, Origin, Source, Watch};

/// Largest range of a plain file, in bytes: some milliseconds of work, so that all workers end
/// together, and few enough messages that they do not show.
const LARGEST_RANGE: u64 = 16 << 20;
/// Smallest range.
const SMALLEST_RANGE: u64 = 1 << 20;
/// Ranges that each worker should get.
const RANGES: u64 = 8;

/// A part of the input for a worker to read by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Its number, from 0, in input order.
    pub id: u64,
    /// Index of the file in the list of sources.
    pub file: u32,
    /// What the labeller said of the file.
    pub label: u8,
    path: PathBuf,
    /// Bytes at the beginning of the file that are to be skipped, and lines that end in them.
    skip: u64,
    skipped_lines: u64,
    /// The range of bytes in which its lines begin; the whole file, unpacked, if it is packed.
    range: Option<(u64, u64)>,
}

/// How a file lies on disk, as far as sharing goes.
pub(super) struct Lies {
    pub path: PathBuf,
    pub label: u8,
    pub skip: u64,
    pub skipped_lines: u64,
    pub packed: bool,
    pub bytes: u64,
}

/// Shares out files among so many workers; `None` if that would leave workers without work, or if
/// there is too little of it.
pub(super) fn share_out(files: Vec<Lies>, workers: u64, whatever_it_costs: bool) -> Option<Vec<Share>> {
    let packed = files.iter().filter(|file| file.packed).count() as u64;
    let plain: u64 = files.iter().filter(|file| !file.packed).map(|file| file.bytes).sum();
    let pays = if packed == 0 { plain >= 4 * SMALLEST_RANGE } else { packed >= workers };
    if !pays && !whatever_it_costs {
        return None;
    }
    let step = (plain / (RANGES * workers.max(1))).clamp(SMALLEST_RANGE, LARGEST_RANGE);
    let mut shares = Vec::new();
    for (index, Lies { path, label, skip, skipped_lines, packed, bytes }) in files.into_iter().enumerate() {
        let ranges: Vec<Option<(u64, u64)>> = if packed {
            vec![None]
        } else {
            (0..bytes).step_by(step as usize).map(|start| Some((start, bytes.min(start + step)))).collect()
        };
        for range in ranges {
            let id = shares.len() as u64;
            let (file, path) = (index as u32, path.clone());
            shares.push(Share { id, file, label, path, skip, skipped_lines, range });
        }
    }
    Some(shares)
}

impl Share {
    /// Where the share begins. The number of its first line is counted from its own beginning, as if it came first in
    /// its file.
    pub fn origin(&self) -> Origin {
        Origin {
            file: self.file,
            first_line: self.skipped_lines + 1,
            offset: self.range.map_or(0, |(start, _)| start).max(self.skip),
            label: self.label,
        }
    }

    /// Hands the share's lines to `each`, in blocks of whole lines with their number and up to `bytes`
    /// bytes, and counts what is read on `watch`. For workers: plain files are mapped into memory.
    ///
    /// # Errors
    /// Those of the file, and those of `each`.
    pub fn for_each_block<E: From<InputError>>(
        &self,
        bytes: usize,
        watch: &Arc<Watch>,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // A file that cannot be mapped, for want of address space perhaps, is read.
        let mapped = self.range.and_then(|range| Some((range, mapped::map(&self.path).ok()?)));
        let Some((range, map)) = mapped else {
            for chunk in self.chunks(bytes, watch)? {
                let chunk = chunk?;
                each(chunk.lines, &chunk.bytes)?;
            }
            return Ok(());
        };
        let lines = self.lines(&map, range, watch);
        for block in self.blocks(lines, bytes) {
            let (count, block) = block?;
            watch.add_chunk(block.len(), count);
            each(count, block)?;
        }
        Ok(())
    }

    /// The share's lines as chunks of about so many bytes, read and not mapped: for a parent, which
    /// must not end because a file does. They are numbered from 0, their lines as [`origin`](Self::origin) says.
    ///
    /// # Errors
    /// The file cannot be opened; or, as an item, cannot be read.
    pub fn chunks(
        &self,
        bytes: usize,
        watch: &Arc<Watch>,
    ) -> Result<Box<dyn Iterator<Item = Result<Chunk, InputError>> + Send>, InputError> {
        let limits = Limits { bytes, ..Limits::lines(NonZeroU64::MAX) };
        let source = || Source::Path(self.path.clone());
        let origin = self.origin();
        let Some((start, end)) = self.range else {
            let (label, skip) = (self.label, self.skip as usize);
            let known = move |start: &[u8], whole| match whole || start.len() >= skip {
                true => Look::Label { label, skip },
                false => Look::More,
            };
            let chunks =
                Chunks::open(vec![source()], limits, Arc::clone(watch))?.labelled_by(Box::new(known));
            return Ok(Box::new(chunks.map(move |chunk| {
                let chunk = chunk?;
                let origin = Origin { file: origin.file, ..chunk.origin };
                Ok(Chunk { origin, ..chunk })
            })));
        };
        // From the byte before, which tells whether a line begins, to the end of the last line.
        let before = start.saturating_sub(1);
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(before))?;
            let mut bytes = Vec::new();
            (&file).take(end - before).read_to_end(&mut bytes)?;
            // The last line that begins in the range ends behind it.
            let last = bytes.len().saturating_sub(1);
            let most = bytes.len() + limits.line_bytes;
            let mut more = vec![0; SMALLEST_RANGE as usize];
            while memchr(b'\n', &bytes[last..]).is_none() && bytes.len() <= most {
                match file.read(&mut more)? {
                    0 => break,
                    got => bytes.extend_from_slice(&more[..got]),
                }
            }
            Ok(bytes)
        };
        let bytes = read().map_err(|cause| self.cannot_read(cause))?;
        let lines = self.lines(&bytes, (start - before, end - before), watch);
        let Origin { mut offset, mut first_line, .. } = origin;
        let mut chunks = Vec::new();
        for (id, block) in self.blocks(lines, limits.bytes).enumerate() {
            chunks.push(block.map(|(lines, block)| {
                watch.add_chunk(block.len(), lines);
                let origin = Origin { first_line, offset, ..origin };
                first_line += lines;
                offset += block.len() as u64;
                Chunk { id: id as u64, origin, lines, bytes: Buffer::from(block.to_vec()) }
            }));
        }
        Ok(Box::new(chunks.into_iter()))
    }

    /// The lines of `bytes` that begin within the range and are not skipped, which count as read.
    fn lines<'a>(&self, bytes: &'a [u8], (start, end): (u64, u64), watch: &Watch) -> &'a [u8] {
        if start > 0 || self.skip == 0 {
            let lines = whole_lines(bytes, (start, end));
            watch.add_read(lines.len());
            return lines;
        }
        let (skipped, behind) = bytes.split_at(bytes.len().min(self.skip as usize));
        let lines = whole_lines(behind, (0, end.saturating_sub(self.skip)));
        watch.add_read(skipped.len() + lines.len());
        watch.add_chunk(skipped.len(), 0);
        lines
    }

    /// Cuts whole lines into blocks of about so many bytes, each with the number of its lines.
    fn blocks<'a>(
        &self,
        mut rest: &'a [u8],
        bytes: usize,
    ) -> impl Iterator<Item = Result<(u64, &'a [u8]), InputError>> {
        let limits = Limits { bytes, ..Limits::lines(NonZeroU64::MAX) };
        let mut line = self.skipped_lines;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut cutter = Cutter::new(limits);
            match cutter.look(rest) {
                Cut::Here => {}
                Cut::NotYet => cutter.finish(rest.len()),
                Cut::LineTooLong => {
                    let line = line + cutter.lines + 1;
                    rest = &[];
                    return Some(Err(self.line_too_long(line, limits.line_bytes)));
                }
            }
            let (block, behind) = rest.split_at(cutter.end);
            rest = behind;
            line += cutter.lines;
            Some(Ok((cutter.lines, block)))
        })
    }

    /// The error of a line that is too long, by its number in the file.
    pub fn line_too_long(&self, line: u64, limit: usize) -> InputError {
        InputError::LineTooLong { file: Source::Path(self.path.clone()), line, limit }
    }

    fn cannot_read(&self, cause: io::Error) -> InputError {
        Failure::from(cause).at(&Source::Path(self.path.clone()), 0)
    }
}

/// The lines of `bytes` that begin within the range, each to its end.
fn whole_lines(bytes: &[u8], (start, end): (u64, u64)) -> &[u8] {
    let clip = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    // A line begins where another one ends.
    let begin = |at: usize| match at {
        0 => 0,
        _ if bytes[at - 1] == b'\n' => at,
        _ => memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |lf| at + lf + 1),
    };
    let (start, end) = (clip(start), clip(end));
    if start < end { &bytes[begin(start)..begin(end)] } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_share_out_every_line_once_and_in_order(
            text in "[a\n]{0,40}",
            step in 1u64..12,
        ) {
            let bytes = text.as_bytes();
            let mut together = Vec::new();
            for start in (0..bytes.len() as u64).step_by(step as usize) {
                let end = (start + step).min(bytes.len() as u64);
                let lines = whole_lines(bytes, (start, end));
                prop_assert!(lines.is_empty() || lines.ends_with(b"\n") || bytes.ends_with(lines));
                together.extend_from_slice(lines);
            }
            prop_assert_eq!(together, bytes);
        }
    }

    #[test]
    fn a_share_that_is_read_and_one_that_is_mapped_have_the_same_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.txt");
        let text: String = (0..50_000).map(|n| format!("line {n}\n")).chain(["the last".into()]).collect();
        std::fs::write(&path, &text).unwrap();
        let bytes = text.len() as u64;
        let step = 10_001;
        let mut together = Vec::new();
        for (id, start) in (0..bytes).step_by(step).enumerate() {
            let range = Some((start, bytes.min(start + step as u64)));
            let share = Share {
                id: id as u64,
                file: 0,
                label: 0,
                path: path.clone(),
                skip: 0,
                skipped_lines: 0,
                range,
            };
            let mut mapped = Vec::new();
            let mut lines = 0;
            let watch = Arc::new(Watch::new());
            share
                .for_each_block::<InputError>(512 << 10, &watch, |count, block| {
                    lines += count;
                    mapped.extend_from_slice(block);
                    Ok(())
                })
                .unwrap();
            assert_eq!((watch.lines(), watch.read_bytes()), (lines, mapped.len() as u64));
            let chunks = share.chunks(1000, &Arc::new(Watch::new())).unwrap();
            let read: Vec<u8> = chunks.flat_map(|chunk| chunk.unwrap().bytes.to_vec()).collect();
            assert!(read == mapped, "share {id}");
            together.extend(mapped);
        }
        assert!(together == text.as_bytes());
    }

    #[test]
    fn files_are_shared_out_when_there_is_work_for_all() {
        let file =
            |packed, bytes| Lies { path: "x".into(), label: 7, skip: 0, skipped_lines: 0, packed, bytes };
        let shared = |files, all| share_out(files, 2, all).map(|shares| shares.len());
        assert_eq!(shared(vec![file(true, 9), file(true, 9)], false), Some(2));
        assert_eq!(shared(vec![file(true, 9)], false), None);
        assert_eq!(shared(vec![file(true, 9)], true), Some(1));
        assert_eq!(shared(vec![file(false, 1000)], false), None);
        assert_eq!(shared(vec![file(false, 160 << 20)], false), Some(16));
        assert_eq!(shared(vec![file(false, 1600 << 20)], false), Some(100));
        let mixed = share_out(vec![file(false, 3 << 20), file(true, 5), file(true, 5)], 2, false).unwrap();
        assert_eq!(mixed.iter().map(|share| share.file).collect::<Vec<_>>(), [0, 0, 0, 1, 2]);
    }
}
