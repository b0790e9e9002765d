//! Recorder: builds indexes of files in passing, from the chunks that are read of them anyway.
//!
//! The reader may be files ahead of the recorder. What it meets besides the chunks it puts in a queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::built::{BuiltIndex, BuiltIndexes};
use super::identity::Identity;
use super::span_builder::{FileHead, SpanBuilder};
use crate::input::codec::SeekPoint;
use crate::input::source::CheckedSource;
use crate::input::{Chunk, Control, InputError, Origin, Place, Source};

/// What the reader meets besides chunks.
#[derive(Debug)]
enum Event {
    /// A file was opened, and its format is known.
    Opened {
        file: Source,
        head: FileHead,
        first: Origin,
    },
    Point(SeekPoint),
    /// A file was read to its end, and is still what it was.
    Ended,
    /// A file was read to its end, and has changed meanwhile.
    Changed,
}

/// How indexes are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::input) struct Recording {
    /// Distance between two seek points, in unpacked bytes.
    pub(in crate::input) spacing: u64,
    /// The format of the files was not detected.
    pub(in crate::input) format_was_named: bool,
}

/// The end of the queue at the reader's side.
#[derive(Debug, Clone)]
pub(in crate::input) struct RecorderQueue {
    pub(in crate::input) rules: Recording,
    events: Arc<Mutex<VecDeque<(Place, Event)>>>,
}

impl RecorderQueue {
    /// Announces a file. One that is no regular file cannot have an index.
    pub(in crate::input) fn opened(
        &self,
        source: &CheckedSource,
        gzip: bool,
        first: Origin,
        control: &Control,
    ) {
        let seekable = source.snapshot.as_ref().is_some_and(|snapshot| snapshot.is_seekable());
        let identity =
            (seekable && source.is_as_before()).then(|| Identity::of(source, control).ok()).flatten();
        let Some(identity) = identity else { return };
        let head = FileHead { identity, gzip, format_was_named: self.rules.format_was_named };
        let place = Place { file: first.file, offset: 0 };
        self.push(place, Event::Opened { file: source.source.clone(), head, first });
    }

    pub(in crate::input) fn points(&self, file: u32, points: Vec<SeekPoint>) {
        for point in points {
            self.push(Place { file, offset: point.unpacked }, Event::Point(point));
        }
    }

    /// Announces that a file was read to its end. An index of a file that has changed meanwhile would fit neither state.
    pub(in crate::input) fn ended(&self, source: &CheckedSource, file: u32) {
        let event = if source.is_as_before() { Event::Ended } else { Event::Changed };
        self.push(Place { file, offset: u64::MAX }, event);
    }

    fn push(&self, place: Place, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push_back((place, event));
    }

    fn pop_before(&self, end: Place) -> Option<(Place, Event)> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.pop_front_if(|(place, _)| *place <= end)
    }
}

/// Builder of the indexes of all files that a reader reads.
pub(in crate::input) struct IndexRecorder {
    queue: RecorderQueue,
    /// The number of the file that is being read.
    current: Option<(u32, Source, SpanBuilder)>,
    built: BuiltIndexes,
}

impl IndexRecorder {
    pub(in crate::input) fn new(rules: Recording, built: BuiltIndexes) -> Self {
        let queue = RecorderQueue { rules, events: Arc::default() };
        IndexRecorder { queue, current: None, built }
    }

    pub(in crate::input) fn queue(&self) -> RecorderQueue {
        self.queue.clone()
    }

    /// Takes note of the next item that was read; `None` is the end.
    pub(in crate::input) fn observe(&mut self, item: Option<&Result<Chunk, InputError>>) {
        match item {
            Some(Ok(chunk)) => {
                let Origin { file, offset, .. } = chunk.origin;
                self.apply_events(Place { file, offset: offset + chunk.bytes.len() as u64 });
                if let Some((_, _, builder)) = self.current.as_mut().filter(|(current, ..)| *current == file)
                {
                    builder.add_chunk(chunk);
                }
            }
            // Files before the one with the error are complete.
            Some(Err(_)) => {
                self.apply_events(Place::END);
                self.current = None;
            }
            None => self.apply_events(Place::END),
        }
    }

    fn apply_events(&mut self, end: Place) {
        while let Some((place, event)) = self.queue.pop_before(end) {
            match event {
                Event::Changed => self.current = None,
                Event::Opened { file, head, first } => {
                    let builder = SpanBuilder::new(head, first, self.queue.rules.spacing);
                    self.current = Some((place.file, file, builder));
                }
                Event::Point(point) => {
                    if let Some((_, _, builder)) = &mut self.current {
                        builder.add_point(point);
                    }
                }
                Event::Ended => {
                    if let Some((_, file, builder)) = self.current.take() {
                        self.built.add(BuiltIndex { file, bytes: builder.finish() });
                    }
                }
            }
        }
    }
}
