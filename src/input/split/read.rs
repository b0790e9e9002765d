//! Reading a split: mapped into memory in a worker, read in the parent.

use std::io::{self, Read};
use std::iter;
use std::num::NonZeroU64;

use memchr::memchr;

use super::line_range::lines_beginning_in;
use super::plan::{FilePart, Split};
use crate::input::chunk::{BufferPool, Cut, Cutter, FileReader};
use crate::input::error::ReadError;
use crate::input::index::{SpanReader, SpanRun};
use crate::input::source::memory_map;
use crate::input::{
    Buffer, BuiltIndex, Chunk, ChunkStream, Chunks, Control, IndexFault, InputError, Limits, Origin,
    Progress, Sniffed,
};

/// Bytes that are read at once in search of the end of the last line: few, because those of a remote file are fetched for it.
const READ_BYTES: u64 = 64 << 10;

impl Split {
    /// Provenance of the first line. Unless the split [knows](Self::knows_line_numbers) its number, that is counted from the
    /// beginning of the split, as if the split came first in its file.
    pub fn origin(&self) -> Origin {
        let (first_line, offset) = match &self.part {
            FilePart::Whole => (self.skipped_lines + 1, self.skip),
            FilePart::Range(start, _) => (self.skipped_lines + 1, self.skip.max(*start)),
            FilePart::Spans(run) => (run.first_line, run.start),
        };
        Origin { file: self.file, first_line, offset, format: self.format }
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
        let (range, size) = match (&self.part, self.snapshot.size()) {
            (FilePart::Range(start, end), Some(size)) => ((*start, *end), size),
            (FilePart::Spans(run), _) => return self.for_each_span(run, bytes, control, each),
            _ => return self.for_each_chunk(bytes, control, each),
        };
        if self.source().remote().is_some() {
            return self.for_each_chunk(bytes, control, each);
        }
        let (file, _) = self.source().open_local()?;
        // A file that cannot be mapped, perhaps for lack of address space, is read.
        let Ok(map) = memory_map::map(&file, size) else {
            return self.for_each_chunk(bytes, control, each);
        };
        let lines = self.lines(&map, range, &control.progress);
        let done = self.blocks(lines, bytes, 0).try_for_each(|block| {
            let (count, block) = block?;
            control.progress.add_chunk(block.len(), count);
            each(count, block)
        });
        // A change of the file may be the cause of what is wrong with a line.
        self.source().check_unchanged(&file)?;
        done
    }

    /// Hands on the spans of a run, several at once up to about `bytes` bytes.
    fn for_each_span<E: From<InputError>>(
        &self,
        run: &SpanRun,
        bytes: usize,
        control: &Control,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let source = self.source();
        let read = |error: ReadError| match source.reopen() {
            // A file that changed may look like one that does not fit its index.
            Err(changed) => changed,
            Ok(_) => error.at(&source.source, 0),
        };
        let mut reader = SpanReader::open(&source, run, control)?;
        // Its memory is not cleared for each span, which would take 2 % longer (1.03 s in place of 1.01).
        let mut buffer = Buffer::default();
        let mut lines = 0;
        loop {
            let before = buffer.len();
            let Some(more) = reader.next_span(&mut buffer).map_err(read)? else { break };
            lines += more;
            control.progress.add_chunk(buffer.len() - before, more);
            if buffer.len() >= bytes {
                each(lines, &buffer)?;
                buffer.truncate(0);
                lines = 0;
            }
        }
        if buffer.is_empty() { Ok(()) } else { each(lines, &buffer) }
    }

    fn for_each_chunk<E: From<InputError>>(
        &self,
        bytes: usize,
        control: &Control,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for chunk in self.chunks(bytes, 0, control) {
            let chunk = chunk?;
            each(chunk.lines, &chunk.bytes)?;
        }
        Ok(())
    }

    /// The lines as chunks of about `bytes` bytes, read and not mapped: for the parent, which a truncated file must not
    /// kill. The chunks are numbered from 0, their lines from `lines_before` in the file.
    pub fn chunks(&self, bytes: usize, lines_before: u64, control: &Control) -> ChunkStream {
        let limits = Limits { bytes, ..Limits::lines(NonZeroU64::MAX) };
        let (range, size) = match (&self.part, self.snapshot.size()) {
            (FilePart::Range(start, end), Some(size)) => ((*start, *end), size),
            (FilePart::Spans(run), _) => return self.span_chunks(run, limits, control),
            _ => return self.file_chunks(limits, control),
        };
        let chunks = match self.range_chunks(range, size, limits, lines_before, control) {
            Ok(chunks) => chunks,
            Err(error) => vec![Err(error)],
        };
        let cancel = control.cancel.clone();
        let chunks = chunks
            .into_iter()
            .map(move |chunk| if cancel.is_cancelled() { Err(InputError::Stopped) } else { chunk });
        ChunkStream::new(chunks, &control.cancel)
    }

    /// The chunks of a run of spans.
    fn span_chunks(&self, run: &SpanRun, limits: Limits, control: &Control) -> ChunkStream {
        let opened = FileReader::open_run(self.source(), self.file, control, run);
        let (control, cancel) = (control.clone(), control.cancel.clone());
        let mut reader = Some(opened);
        let chunks = (0..).map_while(move |id| {
            let next = match reader.as_mut()? {
                Ok(file) => file.next_chunk(limits, &BufferPool::default()).transpose()?,
                Err(_) => match reader.take() {
                    Some(Err(error)) => return Some(Err(error)),
                    _ => return None,
                },
            };
            if next.is_err() {
                reader = None;
            }
            Some(next.map(|(origin, lines, bytes)| {
                control.progress.add_chunk(bytes.len(), lines);
                Chunk { id, origin, lines, bytes }
            }))
        });
        ChunkStream::new(chunks, &cancel)
    }

    /// The chunks of the whole file.
    fn file_chunks(&self, limits: Limits, control: &Control) -> ChunkStream {
        let (file, format, skip) = (self.file, self.format, self.skip as usize);
        let known_verdict = move |start: &[u8], whole| match whole || start.len() >= skip {
            true => Sniffed::Read { format, skip },
            false => Sniffed::NeedMore,
        };
        let control = Control { window_limit: self.window_limit, ..control.clone() };
        let cancel = control.cancel.clone();
        let chunks = Chunks::of_checked(vec![self.source()], limits, control)
            .with_read_rules(self.rules.clone())
            .sniffed_by(Box::new(known_verdict));
        let chunks = match self.recording {
            Some(rules) => chunks.recording(rules),
            None => chunks,
        };
        let chunks = chunks
            .map(move |chunk| chunk.map(|chunk| Chunk { origin: Origin { file, ..chunk.origin }, ..chunk }));
        ChunkStream::new(chunks, &cancel)
    }

    /// The chunks of a range of a file of that size.
    fn range_chunks(
        &self,
        (start, end): (u64, u64),
        size: u64,
        limits: Limits,
        lines_before: u64,
        control: &Control,
    ) -> Result<Vec<Result<Chunk, InputError>>, InputError> {
        // From the byte before, which tells whether a line begins, to the end of the last line.
        let before = start.saturating_sub(1);
        let mut file = self.source().open_range(before, end, control)?;
        let mut read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            (&mut file).take(end - before).read_to_end(&mut bytes)?;
            // The last line that begins in the range ends behind it.
            let mut last = bytes.len().saturating_sub(1);
            let most = bytes.len() + limits.line_bytes;
            let mut rest = (&mut file).take(size - end);
            while memchr(b'\n', &bytes[last..]).is_none() && bytes.len() <= most {
                last = bytes.len();
                if (&mut rest).take(READ_BYTES).read_to_end(&mut bytes)? == 0 {
                    break;
                }
            }
            Ok(bytes)
        };
        let bytes = read();
        self.source().reopen()?;
        let bytes = bytes.map_err(|cause| ReadError::from(cause).at(&self.source().source, 0))?;
        let lines = self.lines(&bytes, (start - before, end - before), &control.progress);
        let mut origin = self.origin();
        origin.first_line += lines_before;
        let blocks = self.blocks(lines, limits.bytes, lines_before).zip(0..);
        let chunks = blocks.map(|(block, id)| -> Result<Chunk, InputError> {
            let (lines, block) = block?;
            control.progress.add_chunk(block.len(), lines);
            let chunk = Chunk { id, origin, lines, bytes: Buffer::from(block.to_vec()) };
            origin.first_line += lines;
            origin.offset += block.len() as u64;
            Ok(chunk)
        });
        Ok(chunks.collect())
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

    /// Cuts whole lines into blocks of about `bytes` bytes, each with the number of its lines. For an error they are
    /// numbered from `lines_before` in the file.
    fn blocks<'a>(
        &self,
        mut rest: &'a [u8],
        bytes: usize,
        lines_before: u64,
    ) -> impl Iterator<Item = Result<(u64, &'a [u8]), InputError>> {
        let limits = Limits { bytes, ..Limits::lines(NonZeroU64::MAX) };
        let mut line = self.skipped_lines + lines_before;
        iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut cutter = Cutter::new(limits);
            match cutter.scan(rest) {
                Cut::Here => {}
                Cut::NotYet => cutter.finish(rest.len()),
                Cut::LineTooLong => {
                    rest = &[];
                    return Some(Err(self.line_too_long(line + 1, limits.line_bytes)));
                }
            }
            let (block, behind) = rest.split_at(cutter.end);
            rest = behind;
            line += cutter.lines;
            Some(Ok((cutter.lines, block)))
        })
    }

    /// The index of its file, which a worker has built.
    pub fn built_index(&self, bytes: Vec<u8>) -> BuiltIndex {
        BuiltIndex { file: self.source().source, bytes }
    }

    /// The error of a file that is not what its index says.
    pub fn index_fault(&self, fault: IndexFault) -> InputError {
        InputError::Index { file: self.source().source, fault }
    }

    /// The error of a line that is too long, by its number in the file.
    pub fn line_too_long(&self, line: u64, limit: usize) -> InputError {
        InputError::LineTooLong { file: self.source().source, line, limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{ReadRules, Source, WindowLimit};
    use crate::record::{Encoding, Format};

    #[test]
    fn a_split_that_is_read_and_one_that_is_mapped_have_the_same_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.txt");
        let text: String = (0..50_000).map(|n| format!("line {n}\n")).chain(["the last".into()]).collect();
        std::fs::write(&path, &text).unwrap();
        let bytes = text.len() as u64;
        let snapshot = Source::from(&path).check_file().unwrap().snapshot.unwrap();
        let step = 10_001;
        let mut together = Vec::new();
        for (id, start) in (0..bytes).step_by(step).enumerate() {
            let part = FilePart::Range(start, bytes.min(start + step as u64));
            let split = Split {
                id: id as u64,
                file: 0,
                format: Format::Text,
                source: path.clone().into(),
                rules: ReadRules::of_encoding(Encoding::Bytes),
                snapshot: snapshot.clone(),
                skip: 0,
                skipped_lines: 0,
                part,
                recording: None,
                window_limit: WindowLimit::default(),
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
            let chunks = split.chunks(1000, 0, &Control::new());
            let read: Vec<u8> = chunks.flat_map(|chunk| chunk.unwrap().bytes.to_vec()).collect();
            assert!(read == mapped, "split {id}");
            together.extend(mapped);
        }
        assert!(together == text.as_bytes());
    }
}
