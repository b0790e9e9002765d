//! Iterator over the chunks of the whole input.

use std::collections::VecDeque;
use std::vec;

use super::buffer::BufferPool;
use super::cutter::Limits;
use super::file_reader::FileReader;
use super::origin::{Chunk, Origin};
use super::sizing::{ChunkBytes, Sizing};
use crate::input::codec::Divisibility;
use crate::input::index::{self, IndexRecorder, IndexedFile, RecorderQueue, Recording, SpanRun};
use crate::input::source::{CheckedSource, HEAD_BYTES};
use crate::input::{
    Control, HttpRules, IndexMode, IndexRules, InputError, InputIdentity, LineNeeds, ReadRules, SkippedLines,
    Sniffer, Source, SpanCounts, parallel,
};
use crate::record::{Document, Encoding, Format};

/// Bytes of the heads of all remote files that are kept, and the least of one.
const HEADS_BYTES: u64 = 16 << 20;
const LEAST_HEAD_BYTES: u64 = 1 << 10;

/// Runs of spans of a remote file that are fetched at the same time, though they are read one after another: at most as many,
/// and at most about as many bytes. Each alone would cost a round trip.
const RUNS_AHEAD: usize = 16;
const RUN_BYTES_AHEAD: u64 = 16 << 20;

/// A file that is not opened yet, with its index if that is used.
#[derive(Debug, Clone)]
pub(in crate::input) struct PendingFile {
    pub(in crate::input) source: CheckedSource,
    pub(in crate::input) index: Option<IndexedFile>,
}

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
    files_left: vec::IntoIter<PendingFile>,
    /// Runs of spans that are still to be read of the current file, and that file.
    runs_left: vec::IntoIter<SpanRun>,
    run_source: Option<CheckedSource>,
    /// The next runs, of which the first bytes are on their way.
    opened_runs: VecDeque<Result<FileReader, InputError>>,
    limits: Limits,
    control: Control,
    buffers: BufferPool,
    sizing: Option<Sizing>,
    sniffer: Option<Sniffer>,
    recorder: Option<IndexRecorder>,
    queue: Option<RecorderQueue>,
    rules: ReadRules,
    http: HttpRules,
    current: Option<FileReader>,
    files: u32,
    chunks: u64,
    ended: bool,
    /// Where the first file is begun.
    resume: Option<Origin>,
}

impl Chunks {
    /// Checks that every source can be opened, so that a mistyped name shows at once and not after an hour.
    ///
    /// # Errors
    /// The first source that is missing, a directory, or not readable.
    pub fn open(sources: Vec<Source>, limits: Limits, control: Control) -> Result<Self, InputError> {
        Self::open_by(sources, limits, control, &HttpRules::default())
    }

    /// As [`open`](Self::open), with other rules for remote files.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_by(
        sources: Vec<Source>,
        limits: Limits,
        control: Control,
        http: &HttpRules,
    ) -> Result<Self, InputError> {
        let head = HEAD_BYTES.min(HEADS_BYTES / sources.len().max(1) as u64).max(LEAST_HEAD_BYTES);
        let check = |source: &Source| source.clone().check(http, head, &control);
        let checked = parallel::map(&sources, |source| matches!(source, Source::Url(_)), check);
        let checked = checked.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Chunks { http: http.clone(), ..Self::of_checked(checked, limits, control) })
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
            files_left: sources
                .into_iter()
                .map(|source| PendingFile { source, index: None })
                .collect::<Vec<_>>()
                .into_iter(),
            runs_left: Vec::new().into_iter(),
            run_source: None,
            opened_runs: VecDeque::new(),
            limits,
            // A token of its own, so that the end of the reading does not look like an interrupt of the whole run.
            control: Control { cancel: control.cancel.child(), ..control },
            buffers: BufferPool::default(),
            sizing: None,
            sniffer: None,
            recorder: None,
            queue: None,
            rules: ReadRules::of_encoding(Encoding::Bytes),
            http: HttpRules::default(),
            current: None,
            files: 0,
            chunks: 0,
            ended: false,
            resume: None,
        }
    }

    /// Lets the size of chunks follow from the number of workers and the rest of the input, within the limits.
    #[must_use]
    pub fn sized_for(self, workers: usize) -> Self {
        let largest = ChunkBytes::default();
        Chunks { sizing: Some(Sizing { workers: workers as u64, largest }), ..self }
    }

    /// Has the format of each file decided when it is opened.
    #[must_use]
    pub fn sniffed_by(self, sniffer: Sniffer) -> Self {
        Chunks { sniffer: Some(sniffer), ..self }
    }

    /// Uses the indexes of the files, and leaves out lines that are not needed; or builds indexes while it reads. A file with
    /// an index that fits gets no other one.
    ///
    /// # Errors
    /// A file without an index, if each must have one, or one that cannot be counted.
    pub fn with_indexes(self, rules: &IndexRules, needs: &LineNeeds) -> Result<Self, InputError> {
        let mut files = self.files_left.as_slice().to_vec();
        // Offsets in an index are those of bytes that are not converted.
        let none = |file: &PendingFile| match rules.mode {
            IndexMode::Require => {
                let reason = "an index is of no use for text that is converted, or that has documents of several lines".to_owned();
                Err(InputError::NoIndex { file: file.source.source.clone(), reason })
            }
            _ => Ok(None),
        };
        let find = |file: &PendingFile| match self.rules.encoding {
            Encoding::Named(_) => none(file),
            _ => match index::find(&file.source, rules, needs, &self.http, &self.control)? {
                Some(index) if index.format() == Format::Text && self.rules.document != Document::Line => {
                    none(file)
                }
                index => Ok(index),
            },
        };
        let is_remote = |file: &PendingFile| matches!(file.source.source, Source::Url(_));
        let found = parallel::map(&files, is_remote, find);
        for (file, index) in files.iter_mut().zip(found) {
            file.index = index?;
        }
        let stored = |file: &PendingFile| match &file.index {
            Some(index) if index.is_partial => Some(index.stored()),
            _ => file.source.size(),
        };
        let total: Option<u64> = files.iter().map(stored).sum();
        self.control.progress.set_total(total.unwrap_or(0));
        let chunks = Chunks { files_left: files.into_iter(), ..self };
        Ok(match rules.build {
            // Other bytes may be converted by the next count.
            Some(spacing) if chunks.rules.encoding == Encoding::Auto => {
                chunks.recording(Recording { spacing, format_was_named: needs.format.is_some() })
            }
            _ => chunks,
        })
    }

    /// Builds an index of each file that has none. The indexes are in the control when their files were read to the end.
    #[must_use]
    pub(in crate::input) fn recording(self, rules: Recording) -> Self {
        let recorder = IndexRecorder::new(rules, self.control.indexes.clone());
        Chunks { queue: Some(recorder.queue()), recorder: Some(recorder), ..self }
    }

    /// How indexes are built, if any are.
    pub(in crate::input) fn recording_rules(&self) -> Option<Recording> {
        self.queue.as_ref().map(|queue| queue.rules)
    }

    /// Leaves it to the caller to show each item to the recorder, if there is one: in another thread it costs the reader no
    /// time.
    pub(in crate::input) fn take_recorder(&mut self) -> Option<IndexRecorder> {
        self.recorder.take()
    }

    /// The lines that no reader reads, because an index shows that they are not needed.
    pub fn skipped_lines(&self) -> Vec<SkippedLines> {
        let skipped = |(file, pending): (u32, &PendingFile)| Some(pending.index.as_ref()?.skipped(file));
        (0..)
            .zip(self.files_left.as_slice())
            .filter_map(skipped)
            .filter(|skipped| skipped.lines > 0)
            .collect()
    }

    /// The spans of all files that have an index.
    pub fn span_counts(&self) -> SpanCounts {
        let counts =
            self.files_left.as_slice().iter().filter_map(|file| Some(file.index.as_ref()?.span_counts()));
        counts.fold(SpanCounts::default(), |sum, file| SpanCounts {
            files: sum.files + file.files,
            read: sum.read + file.read,
            skipped: sum.skipped + file.skipped,
        })
    }

    /// The unpacked bytes that are to be read, if indexes tell that for all files.
    pub fn bytes_left(&self) -> Option<u64> {
        self.files_left.as_slice().iter().map(|file| Some(file.index.as_ref()?.bytes())).sum()
    }

    /// Has files read by these rules. By default bytes are read as they are, and a line of text is a document.
    #[must_use]
    pub fn with_read_rules(self, rules: ReadRules) -> Self {
        Chunks { rules, ..self }
    }

    /// The rules that files are read by.
    pub(in crate::input) fn read_rules(&self) -> &ReadRules {
        &self.rules
    }

    /// Whether the size of chunks follows from the workers and the input.
    pub fn is_sized_automatically(&self) -> bool {
        self.sizing.is_some()
    }

    /// What shows later that each file is still the same.
    ///
    /// # Errors
    /// A file cannot be read a second time.
    pub fn identities(&self) -> Result<Vec<InputIdentity>, InputError> {
        self.files_left.as_slice().iter().map(|file| InputIdentity::of(&file.source, &self.control)).collect()
    }

    /// Begins at a place to which the input was read before; files that are behind it are not opened. Call it before the input is
    /// read, and not with an index.
    #[must_use]
    pub fn resumed_at(mut self, at: Origin) -> Self {
        self.files_left.by_ref().take(at.file as usize).for_each(drop);
        let total: Option<u64> = self.files_left.as_slice().iter().map(|file| file.source.size()).sum();
        self.control.progress.set_total(total.unwrap_or(0));
        Chunks { files: at.file, resume: Some(at), ..self }
    }

    /// The size of the largest chunk, if it follows from the workers and the input.
    pub fn chunk_bytes(&self) -> ChunkBytes {
        self.sizing.as_ref().map_or_else(ChunkBytes::default, |sizing| sizing.largest.clone())
    }

    /// The counters and notes that [`open`](Self::open) was given, with a token that ends this reader and nothing above it.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The files that are not opened yet.
    pub(in crate::input) fn pending(&self) -> &[PendingFile] {
        self.files_left.as_slice()
    }

    /// Opens a pending source and sniffs it, without counting the bytes as read. `None` if only the parent can read it.
    pub(in crate::input) fn inspect(&mut self, index: usize) -> Result<Option<FileReader>, InputError> {
        let source = self.files_left.as_slice()[index].source.clone().for_a_look();
        let control = self.control.uncounted();
        let mut file = FileReader::open(source, index as u32, &self.rules, &control, None)?;
        if file.divisibility() == Divisibility::ParentOnly {
            return Ok(None);
        }
        self.sniff(&mut file)?;
        Ok(Some(file))
    }

    /// Whether the first pending file can have an index, as far as that shows before it is read: the first bytes of a file on a
    /// server are not fetched for it.
    pub(crate) fn may_have_index(&mut self) -> Result<bool, InputError> {
        let first = self.files_left.as_slice().first();
        let is_local =
            |file: &PendingFile| file.source.snapshot.as_ref().is_some_and(|file| !file.is_remote());
        if !first.is_some_and(is_local) {
            return Ok(true);
        }
        let file = self.inspect(0)?;
        Ok(file.is_some_and(|file| !file.is_converted() && file.divisibility() != Divisibility::WholeFile))
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
            let limits =
                self.sizing.as_ref().map_or(self.limits, |sizing| sizing.limits(self.limits, progress));
            if let Some(current) = &mut self.current {
                let chunk = current.next_chunk(limits, &self.buffers)?;
                if let Some(queue) = &self.queue {
                    queue.points(self.files - 1, current.take_points());
                }
                if let Some((origin, lines, bytes)) = chunk {
                    let id = self.chunks;
                    self.chunks += 1;
                    progress.add_chunk(bytes.len(), lines);
                    return Ok(Some(Chunk { id, origin, lines, bytes }));
                }
            }
            if let Some(read) = self.current.take() {
                self.end_file(&read)?;
            }
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }

    /// The number of the file that was opened last.
    fn file(&self) -> u32 {
        self.files - 1
    }

    /// Opens the next run of the current file. Those of a remote file are opened several at a time.
    fn next_run(&mut self) -> Option<Result<FileReader, InputError>> {
        if self.opened_runs.is_empty() {
            let source = self.run_source.as_ref()?;
            let mut bytes = 0;
            let fits = |run: &&SpanRun| {
                bytes += run.place.1 - run.place.0;
                source.remote().is_some() && bytes <= RUN_BYTES_AHEAD
            };
            let count = self.runs_left.as_slice().iter().take(RUNS_AHEAD).take_while(fits).count().max(1);
            let runs: Vec<_> = self.runs_left.by_ref().take(count).collect();
            let open =
                |run: &SpanRun| FileReader::open_run(source.clone(), self.files - 1, &self.control, run);
            self.opened_runs = parallel::map(&runs, |_| count > 1, open).into();
        }
        self.opened_runs.pop_front()
    }

    /// Opens the next run of the current file, or the next file; false if there is none.
    fn open_next(&mut self) -> Result<bool, InputError> {
        if let Some(run) = self.next_run() {
            self.current = Some(run?);
            return Ok(true);
        }
        let Some(PendingFile { source, index }) = self.files_left.next() else { return Ok(false) };
        self.files += 1;
        match index {
            Some(index) if index.is_partial => {
                self.runs_left = index.runs(u64::MAX).into_iter();
                if self.runs_left.as_slice().is_empty() {
                    source.check_at_end(&self.control)?;
                }
                self.run_source = Some(source);
            }
            // All of it is needed: read from its beginning, all its checksums are checked.
            index => {
                let queue = self.queue.clone().filter(|_| index.is_none());
                let spacing = queue.as_ref().map(|queue| queue.rules.spacing);
                let mut file = FileReader::open(source, self.file(), &self.rules, &self.control, spacing)?;
                self.sniff(&mut file)?;
                if let Some(at) = self.resume.take() {
                    file.skip_to(at)?;
                }
                if let Some(queue) = queue {
                    let gzip = match file.divisibility() {
                        _ if file.is_converted() => None,
                        Divisibility::Ranges => Some(false),
                        Divisibility::SeekPoints => Some(true),
                        Divisibility::WholeFile | Divisibility::ParentOnly => None,
                    };
                    if let Some(gzip) = gzip {
                        queue.opened(file.source(), gzip, file.position(), &self.control);
                        queue.points(self.file(), file.take_points());
                    }
                }
                self.current = Some(file);
            }
        }
        Ok(true)
    }

    fn end_file(&self, file: &FileReader) -> Result<(), InputError> {
        file.check_at_end()?;
        if let Some(queue) = &self.queue {
            queue.ended(file.source(), self.file());
        }
        Ok(())
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
        if let Some(recorder) = &mut self.recorder {
            recorder.observe(item.as_ref());
        }
        item
    }
}
