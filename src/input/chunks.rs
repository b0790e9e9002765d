//! The input as a sequence of chunks.

use std::sync::Arc;
use std::vec;

use memchr::memchr_iter;
use serde::{Deserialize, Serialize};

use super::buffer::{Buffer, Shelf};
use super::cutter::{Cut, Cutter};
use super::error::Failure;
use super::label::LOOK_BYTES;
use super::reader::Reader;
use super::shares::{Lies, Share, share_out};
use super::sizing::Sizing;
use super::{InputError, Labeller, Limits, Look, Source, Watch};

/// How much is unpacked at once: small enough to be still in the cache when its line ends are counted, large enough
/// that what the decoder does at the end of each call (it saves a window of 32 KiB) hardly shows. Of the CPU time of
/// the decoder alone, reading chunks of 20,000 lines takes 1.10 in steps of 32 KiB, 1.06 in 64, 1.01 in 256, 1.02 in 512.
const STEP_BYTES: usize = 256 * 1024;

/// Some whole lines of one file.
#[derive(Debug)]
pub struct Chunk {
    /// Its number in the whole input, the first is 0.
    pub id: u64,
    /// Where its bytes come from.
    pub origin: Origin,
    /// How many lines it has.
    pub lines: u64,
    /// The lines as they are in the file, each with its LF, which only the last line of a file may lack.
    pub bytes: Buffer,
}

/// Where a chunk comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Index of the file in the list that [`Chunks::open`] was given.
    pub file: u32,
    /// Number of the chunk's first line in its file, where the first is 1.
    pub first_line: u64,
    /// Offset of the chunk's first byte in its file, after unpacking.
    pub offset: u64,
    /// What the [`Labeller`] said of the file; 0 without one.
    pub label: u8,
}

/// Reads sources one after another and cuts them into chunks of whole lines. No chunk spans two files.
///
/// Each file is open only while it is read. After an error there are no more chunks.
pub struct Chunks {
    sources: vec::IntoIter<Source>,
    limits: Limits,
    watch: Arc<Watch>,
    shelf: Shelf,
    sizing: Option<Sizing>,
    labeller: Option<Labeller>,
    current: Option<OpenSource>,
    files: u32,
    chunks: u64,
    ended: bool,
}

impl Chunks {
    /// Checks that every source can be opened, so that a mistyped name shows at once and not after an hour.
    ///
    /// # Errors
    /// The first source that is missing, a directory, or not readable.
    pub fn open(sources: Vec<Source>, limits: Limits, watch: Arc<Watch>) -> Result<Self, InputError> {
        let mut total = Some(0);
        for source in &sources {
            let size = source.check()?;
            total = total.zip(size).map(|(total, size)| total + size);
        }
        watch.set_total(total.unwrap_or(0));
        let shelf = Shelf::default();
        Ok(Chunks {
            sources: sources.into_iter(),
            limits,
            watch,
            shelf,
            sizing: None,
            labeller: None,
            current: None,
            files: 0,
            chunks: 0,
            ended: false,
        })
    }

    /// Lets chunks become as large as suits so many workers and what is left of the input, within the limits.
    #[must_use]
    pub fn sized_for(self, workers: usize) -> Self {
        Chunks { sizing: Some(Sizing { workers: workers as u64 }), ..self }
    }

    /// Has each file labelled when it is opened.
    #[must_use]
    pub fn labelled_by(self, labeller: Labeller) -> Self {
        Chunks { labeller: Some(labeller), ..self }
    }

    /// Shares the input out among so many workers that read it themselves: whole packed files, and
    /// ranges of plain ones. `None` if it cannot be shared (pipes, zip archives) or, unless `always`,
    /// if that would not pay; then, and only then, the chunks are still to be read.
    ///
    /// # Errors
    /// Those of the first bytes of a file, at which the labeller looks.
    pub fn share_out(&mut self, workers: usize, always: bool) -> Result<Option<Vec<Share>>, InputError> {
        let mut files = Vec::new();
        for (index, source) in self.sources.as_slice().iter().enumerate() {
            let Source::Path(path) = source else { return Ok(None) };
            let Some(bytes) = source.check()? else { return Ok(None) };
            // Whoever reads the file counts what is read.
            let unseen = Arc::new(Watch::new());
            let mut opened = OpenSource::new(source.clone(), index as u32, &unseen)?;
            let packed = match opened.reader {
                Some(Reader::Zip(_)) => return Ok(None),
                Some(Reader::Gzip(_)) => true,
                Some(Reader::Plain(_)) | None => false,
            };
            if let Some(labeller) = &mut self.labeller {
                opened.look(labeller, &unseen)?;
            }
            let OpenSource { label, offset: skip, lines: skipped_lines, .. } = opened;
            files.push(Lies { path: path.clone(), label, skip, skipped_lines, packed, bytes });
        }
        Ok(share_out(files, workers as u64, always))
    }

    /// Whether nobody asked for chunks of so many lines.
    pub fn is_sized_to_suit(&self) -> bool {
        self.sizing.is_some()
    }

    /// The watch that was given to [`open`](Self::open).
    pub fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        loop {
            if self.watch.should_end() {
                return Err(InputError::Stopped);
            }
            let limits = self.sizing.map_or(self.limits, |sizing| sizing.limits(self.limits, &self.watch));
            if let Some(current) = &mut self.current
                && let Some((origin, lines, bytes)) = current.cut(limits, &self.shelf, &self.watch)?
            {
                let id = self.chunks;
                self.chunks += 1;
                self.watch.add_chunk(bytes.len(), lines);
                return Ok(Some(Chunk { id, origin, lines, bytes }));
            }
            self.current = None;
            let Some(source) = self.sources.next() else { return Ok(None) };
            let mut opened = OpenSource::new(source, self.files, &self.watch)?;
            self.files += 1;
            if let Some(labeller) = &mut self.labeller {
                opened.look(labeller, &self.watch)?;
            }
            self.current = Some(opened);
        }
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.next_chunk().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// The file that is being read.
struct OpenSource {
    source: Source,
    index: u32,
    /// None when its end was reached.
    reader: Option<Reader>,
    /// What went wrong while the beginning was looked at. It is told when the reading comes there.
    failure: Option<Failure>,
    label: u8,
    /// `tail[tail_start..]` was read with an earlier chunk and lies behind its end. Kept apart from the chunk's own
    /// buffer so that chunks of a few lines cost no more than their own bytes.
    tail: Vec<u8>,
    tail_start: usize,
    /// Lines and bytes that were skipped or are in the chunks cut so far.
    lines: u64,
    offset: u64,
}

impl OpenSource {
    fn new(source: Source, index: u32, watch: &Arc<Watch>) -> Result<Self, InputError> {
        let reader = Reader::open(&source, Arc::clone(watch))?;
        Ok(OpenSource {
            source,
            index,
            reader: Some(reader),
            failure: None,
            label: 0,
            tail: Vec::new(),
            tail_start: 0,
            lines: 0,
            offset: 0,
        })
    }

    /// Shows the beginning to the labeller, and does what it says. What is read for that waits in the tail for the first
    /// chunk.
    fn look(&mut self, labeller: &mut Labeller, watch: &Watch) -> Result<(), InputError> {
        loop {
            let whole = self.reader.is_none() || self.failure.is_some() || self.tail.len() >= LOOK_BYTES;
            if whole || !self.tail.is_empty() {
                match labeller(&self.tail, whole) {
                    Look::Label { label, skip } => {
                        self.label = label;
                        self.skip(skip, watch);
                        return Ok(());
                    }
                    Look::Refuse(why) => return Err(InputError::Refused { file: self.source.clone(), why }),
                    Look::More if whole => return Ok(()),
                    Look::More => {}
                }
            }
            if watch.should_end() {
                return Err(InputError::Stopped);
            }
            if let Some(reader) = &mut self.reader {
                let start = self.tail.len();
                self.tail.resize(start + STEP_BYTES, 0);
                let read = reader.read(&mut self.tail[start..]);
                self.tail.truncate(start + read.as_ref().map_or(0, |&count| count));
                match read {
                    Ok(0) => self.reader = None,
                    Ok(_) => {}
                    Err(failure) => self.failure = Some(failure),
                }
            }
        }
    }

    fn skip(&mut self, bytes: usize, watch: &Watch) {
        let bytes = bytes.min(self.tail.len());
        self.tail_start = bytes;
        self.offset = bytes as u64;
        self.lines = memchr_iter(b'\n', &self.tail[..bytes]).count() as u64;
        watch.add_chunk(bytes, 0);
    }

    /// The next chunk of this file: its origin, lines and bytes. None at the end of the file.
    fn cut(
        &mut self,
        limits: Limits,
        shelf: &Shelf,
        watch: &Watch,
    ) -> Result<Option<(Origin, u64, Buffer)>, InputError> {
        let mut cutter = Cutter::new(limits);
        let mut bytes = shelf.take();
        match cutter.look(&self.tail[self.tail_start..]) {
            Cut::Here => {
                bytes.extend(&self.tail[self.tail_start..][..cutter.end]);
                self.tail_start += cutter.end;
            }
            Cut::NotYet => {
                bytes.extend(&self.tail[self.tail_start..]);
                self.tail.clear();
                self.tail_start = 0;
                self.fill(&mut bytes, &mut cutter, limits, watch)?;
            }
            Cut::LineTooLong => return Err(self.line_too_long(&cutter, limits)),
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let Self { index: file, label, offset, .. } = *self;
        let origin = Origin { file, first_line: self.lines + 1, offset, label };
        self.lines += cutter.lines;
        self.offset += bytes.len() as u64;
        Ok(Some((origin, cutter.lines, bytes)))
    }

    /// Reads straight into the chunk until it is complete; what came too much goes to the tail.
    fn fill(
        &mut self,
        bytes: &mut Buffer,
        cutter: &mut Cutter,
        limits: Limits,
        watch: &Watch,
    ) -> Result<(), InputError> {
        loop {
            if watch.should_end() {
                return Err(InputError::Stopped);
            }
            let read = match (self.failure.take(), &mut self.reader) {
                (Some(failure), _) => Err(failure),
                (None, Some(reader)) => reader.read(bytes.space(STEP_BYTES)),
                (None, None) => Ok(0),
            };
            let count = read.map_err(|failure| failure.at(&self.source, self.lines + cutter.lines))?;
            if count == 0 {
                self.reader = None;
                cutter.finish(bytes.len());
                break;
            }
            bytes.advance(count);
            match cutter.look(bytes) {
                Cut::Here => {
                    self.tail.extend_from_slice(&bytes[cutter.end..]);
                    bytes.truncate(cutter.end);
                    break;
                }
                Cut::NotYet => {}
                Cut::LineTooLong => return Err(self.line_too_long(cutter, limits)),
            }
        }
        Ok(())
    }

    fn line_too_long(&self, cutter: &Cutter, limits: Limits) -> InputError {
        let line = self.lines + cutter.lines + 1;
        InputError::LineTooLong { file: self.source.clone(), line, limit: limits.line_bytes }
    }
}
