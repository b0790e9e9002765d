//! Iterator over the chunks of the whole input.

use std::vec;

use super::buffer::BufferPool;
use super::cutter::Limits;
use super::file_reader::FileReader;
use super::origin::Chunk;
use super::sizing::Sizing;
use crate::input::codec::Divisibility;
use crate::input::source::CheckedSource;
use crate::input::{Control, InputError, Sniffer, Source};
use crate::record::Encoding;

/// Reads sources one after another and cuts them into chunks of whole lines. No chunk spans two files.
///
/// Each file is open only while it is read. It is read as it was when it was checked: what was added since is left out, with
/// a [`Note`](crate::input::Note), and any other change is an error. After an error there are no more chunks.
///
/// ```
/// use ngramcount::input::{Chunks, Control, Limits, Source};
/// # let file = tempfile::NamedTempFile::new()?;
/// # std::fs::write(&file, "one\ntwo\nthree\n")?;
/// # let path = file.path();
/// let two_lines = Limits::lines(2.try_into()?);
/// let chunks = Chunks::open(vec![Source::from(path)], two_lines, Control::new())?;
/// let chunks = chunks.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(&chunks[0].bytes[..], b"one\ntwo\n");
/// assert_eq!((chunks[1].lines, chunks[1].origin.first_line), (1, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Chunks {
    sources: vec::IntoIter<CheckedSource>,
    limits: Limits,
    control: Control,
    buffers: BufferPool,
    sizing: Option<Sizing>,
    sniffer: Option<Sniffer>,
    encoding: Encoding,
    current: Option<FileReader>,
    files: u32,
    chunks: u64,
    ended: bool,
}

impl Chunks {
    /// Checks that every source can be opened, so that a mistyped name shows at once and not after an hour.
    ///
    /// # Errors
    /// The first source that is missing, a directory, or not readable.
    pub fn open(sources: Vec<Source>, limits: Limits, control: Control) -> Result<Self, InputError> {
        let sources = sources.into_iter().map(Source::check).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of_checked(sources, limits, control))
    }

    /// Reads sources that were checked before.
    pub(in crate::input) fn of_checked(
        sources: Vec<CheckedSource>,
        limits: Limits,
        control: Control,
    ) -> Self {
        let total: Option<u64> = sources.iter().map(CheckedSource::size).sum();
        control.progress.set_total(total.unwrap_or(0));
        Chunks {
            sources: sources.into_iter(),
            limits,
            // A token of its own, so that the end of the reading does not look like an interrupt of the whole run.
            control: Control { cancel: control.cancel.child(), ..control },
            buffers: BufferPool::default(),
            sizing: None,
            sniffer: None,
            encoding: Encoding::Bytes,
            current: None,
            files: 0,
            chunks: 0,
            ended: false,
        }
    }

    /// Lets the size of chunks follow from the number of workers and the rest of the input, within the limits.
    #[must_use]
    pub fn sized_for(self, workers: usize) -> Self {
        Chunks { sizing: Some(Sizing { workers: workers as u64 }), ..self }
    }

    /// Has the format of each file decided when it is opened.
    #[must_use]
    pub fn sniffed_by(self, sniffer: Sniffer) -> Self {
        Chunks { sniffer: Some(sniffer), ..self }
    }

    /// Has files converted from this encoding to UTF-8, before they are sniffed and cut. By default bytes are read as they are.
    #[must_use]
    pub fn decoded_from(self, encoding: Encoding) -> Self {
        Chunks { encoding, ..self }
    }

    /// The encoding that files are converted from.
    pub(in crate::input) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether the size of chunks follows from the workers and the input.
    pub fn is_sized_automatically(&self) -> bool {
        self.sizing.is_some()
    }

    /// The counters and notes that [`open`](Self::open) was given, with a token that ends this reader and nothing above it.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The sources that are not opened yet.
    pub(in crate::input) fn pending(&self) -> &[CheckedSource] {
        self.sources.as_slice()
    }

    /// Opens a pending source and sniffs it, without counting the bytes as read. `None` if only the parent can read it.
    pub(in crate::input) fn inspect(&mut self, index: usize) -> Result<Option<FileReader>, InputError> {
        let source = self.sources.as_slice()[index].clone();
        let mut file = FileReader::open(source, index as u32, self.encoding, &Control::new())?;
        if file.divisibility() == Divisibility::ParentOnly {
            return Ok(None);
        }
        self.sniff(&mut file)?;
        Ok(Some(file))
    }

    fn sniff(&mut self, file: &mut FileReader) -> Result<(), InputError> {
        self.sniffer.as_mut().map_or(Ok(()), |sniffer| file.sniff(sniffer))
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        loop {
            if self.control.cancel.is_cancelled() {
                return Err(InputError::Stopped);
            }
            let progress = &self.control.progress;
            let limits = self.sizing.map_or(self.limits, |sizing| sizing.limits(self.limits, progress));
            if let Some(current) = &mut self.current
                && let Some((origin, lines, bytes)) = current.next_chunk(limits, &self.buffers)?
            {
                let id = self.chunks;
                self.chunks += 1;
                progress.add_chunk(bytes.len(), lines);
                return Ok(Some(Chunk { id, origin, lines, bytes }));
            }
            if let Some(read) = self.current.take() {
                read.check_at_end()?;
            }
            let Some(source) = self.sources.next() else { return Ok(None) };
            let mut file = FileReader::open(source, self.files, self.encoding, &self.control)?;
            self.files += 1;
            self.sniff(&mut file)?;
            self.current = Some(file);
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
