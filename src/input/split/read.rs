//! Reading a split: mapped into memory in a worker, read in the parent.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroU64;

use memchr::memchr;

use super::line_range::lines_beginning_in;
use super::plan::Split;
use crate::input::chunk::{Cut, Cutter};
use crate::input::error::ReadError;
use crate::input::source::memory_map;
use crate::input::{Buffer, Chunk, Chunks, Control, InputError, Limits, Origin, Progress, Sniffed, Source};

/// Bytes that are read at once in search of the end of the last line.
const READ_BYTES: usize = 1 << 20;

impl Split {
    /// Provenance of the first line. Its number is counted from the beginning of the split, as if the split came first in
    /// its file.
    pub fn origin(&self) -> Origin {
        Origin {
            file: self.file,
            first_line: self.skipped_lines + 1,
            offset: self.range.map_or(0, |(start, _)| start).max(self.skip),
            format: self.format,
        }
    }

    /// Hands the lines to `each`, in blocks of whole lines, with the number of lines and up to `bytes`
    /// bytes, and counts what is read in the progress of `control`. For workers: plain files are mapped into memory.
    ///
    /// # Errors
    /// Those of the file, and those of `each`.
    pub fn for_each_block<E: From<InputError>>(
        &self,
        bytes: usize,
        control: &Control,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // A file that cannot be mapped, perhaps for lack of address space, is read.
        let mapped = self.range.and_then(|range| Some((range, memory_map::map(&self.path).ok()?)));
        let Some((range, map)) = mapped else {
            for chunk in self.chunks(bytes, control)? {
                let chunk = chunk?;
                each(chunk.lines, &chunk.bytes)?;
            }
            return Ok(());
        };
        let lines = self.lines(&map, range, &control.progress);
        for block in self.blocks(lines, bytes) {
            let (count, block) = block?;
            control.progress.add_chunk(block.len(), count);
            each(count, block)?;
        }
        Ok(())
    }

    /// The lines as chunks of about `bytes` bytes, read and not mapped: for the parent, which a truncated file must not
    /// kill. They are numbered from 0, their lines as in [`origin`](Self::origin).
    ///
    /// # Errors
    /// The file cannot be opened; or, as an item, cannot be read.
    pub fn chunks(
        &self,
        bytes: usize,
        control: &Control,
    ) -> Result<Box<dyn Iterator<Item = Result<Chunk, InputError>> + Send>, InputError> {
        let limits = Limits { bytes, ..Limits::lines(NonZeroU64::MAX) };
        let source = || Source::Path(self.path.clone());
        let origin = self.origin();
        let Some((start, end)) = self.range else {
            let (format, skip) = (self.format, self.skip as usize);
            let known_verdict = move |start: &[u8], whole| match whole || start.len() >= skip {
                true => Sniffed::Read { format, skip },
                false => Sniffed::NeedMore,
            };
            let chunks =
                Chunks::open(vec![source()], limits, control.clone())?.sniffed_by(Box::new(known_verdict));
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
            let mut more = vec![0; READ_BYTES];
            while memchr(b'\n', &bytes[last..]).is_none() && bytes.len() <= most {
                match file.read(&mut more)? {
                    0 => break,
                    got => bytes.extend_from_slice(&more[..got]),
                }
            }
            Ok(bytes)
        };
        let bytes = read().map_err(|cause| self.cannot_read(cause))?;
        let lines = self.lines(&bytes, (start - before, end - before), &control.progress);
        let Origin { mut offset, mut first_line, .. } = origin;
        let mut chunks = Vec::new();
        for (id, block) in self.blocks(lines, limits.bytes).enumerate() {
            chunks.push(block.map(|(lines, block)| {
                control.progress.add_chunk(block.len(), lines);
                let origin = Origin { first_line, offset, ..origin };
                first_line += lines;
                offset += block.len() as u64;
                Chunk { id: id as u64, origin, lines, bytes: Buffer::from(block.to_vec()) }
            }));
        }
        Ok(Box::new(chunks.into_iter()))
    }

    /// The lines of `bytes` that begin within the range and are not skipped, which count as read.
    fn lines<'a>(&self, bytes: &'a [u8], (start, end): (u64, u64), progress: &Progress) -> &'a [u8] {
        if start > 0 || self.skip == 0 {
            let lines = lines_beginning_in(bytes, (start, end));
            progress.add_read(lines.len());
            return lines;
        }
        let (skipped, behind) = bytes.split_at(bytes.len().min(self.skip as usize));
        let lines = lines_beginning_in(behind, (0, end.saturating_sub(self.skip)));
        progress.add_read(skipped.len() + lines.len());
        progress.add_chunk(skipped.len(), 0);
        lines
    }

    /// Cuts whole lines into blocks of about `bytes` bytes, each with the number of its lines.
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
            match cutter.scan(rest) {
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
        ReadError::from(cause).at(&Source::Path(self.path.clone()), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Format;

    #[test]
    fn a_split_that_is_read_and_one_that_is_mapped_have_the_same_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.txt");
        let text: String = (0..50_000).map(|n| format!("line {n}\n")).chain(["the last".into()]).collect();
        std::fs::write(&path, &text).unwrap();
        let bytes = text.len() as u64;
        let step = 10_001;
        let mut together = Vec::new();
        for (id, start) in (0..bytes).step_by(step).enumerate() {
            let range = Some((start, bytes.min(start + step as u64)));
            let split = Split {
                id: id as u64,
                file: 0,
                format: Format::Text,
                path: path.clone(),
                skip: 0,
                skipped_lines: 0,
                range,
            };
            let mut mapped = Vec::new();
            let mut lines = 0;
            let control = Control::new();
            split
                .for_each_block::<InputError>(512 << 10, &control, |count, block| {
                    lines += count;
                    mapped.extend_from_slice(block);
                    Ok(())
                })
                .unwrap();
            assert_eq!(
                (control.progress.lines(), control.progress.read_bytes()),
                (lines, mapped.len() as u64)
            );
            let chunks = split.chunks(1000, &Control::new()).unwrap();
            let read: Vec<u8> = chunks.flat_map(|chunk| chunk.unwrap().bytes.to_vec()).collect();
            assert!(read == mapped, "split {id}");
            together.extend(mapped);
        }
        assert!(together == text.as_bytes());
    }
}
