//! Read-ahead: reading in a separate thread.

use std::io;
use std::thread::{Builder, Scope};

use crossbeam_channel::{Receiver, bounded};

use super::chunks::Chunks;
use super::origin::Chunk;
use crate::input::index::IndexRecorder;
use crate::input::{CancelToken, InputError};

/// Chunks in input order, and the token that ends their reading early.
pub struct ChunkStream {
    chunks: Box<dyn Iterator<Item = Result<Chunk, InputError>> + Send>,
    cancel: CancelToken,
    recorder: Option<IndexRecorder>,
}

impl ChunkStream {
    pub(in crate::input) fn new(
        chunks: impl Iterator<Item = Result<Chunk, InputError>> + Send + 'static,
        cancel: &CancelToken,
    ) -> Self {
        ChunkStream { chunks: Box::new(chunks), cancel: cancel.clone(), recorder: None }
    }
}

impl From<Chunks> for ChunkStream {
    fn from(mut chunks: Chunks) -> Self {
        let cancel = chunks.control().cancel.clone();
        let recorder = chunks.take_recorder();
        ChunkStream { recorder, ..ChunkStream::new(chunks, &cancel) }
    }
}

impl Iterator for ChunkStream {
    type Item = Result<Chunk, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.chunks.next();
        if let Some(recorder) = &mut self.recorder {
            recorder.observe(item.as_ref());
        }
        item
    }
}

/// Starts a thread that reads, unpacks and cuts, and keeps up to `depth` chunks ready. If indexes are built, another thread
/// does that.
///
/// The thread ends with the input, with the first error, or when the [`ReadAhead`] is dropped.
///
/// # Errors
/// The system cannot start another thread.
pub fn read_ahead<'s>(
    scope: &'s Scope<'s, '_>,
    chunks: impl Into<ChunkStream>,
    depth: usize,
) -> io::Result<ReadAhead> {
    let ChunkStream { chunks, cancel, recorder } = chunks.into();
    let (sender, receiver) = bounded(depth);
    let read = move || {
        for chunk in chunks {
            if sender.send(chunk).is_err() {
                break;
            }
        }
    };
    Builder::new().name("reader".into()).spawn_scoped(scope, read)?;
    let Some(mut recorder) = recorder else { return Ok(ReadAhead { receiver, cancel }) };
    let (sender, recorded) = bounded(depth);
    let record = move || {
        for chunk in receiver {
            recorder.observe(Some(&chunk));
            if sender.send(chunk).is_err() {
                return;
            }
        }
        recorder.observe(None);
    };
    Builder::new().name("recorder".into()).spawn_scoped(scope, record)?;
    Ok(ReadAhead { receiver: recorded, cancel })
}

/// The chunks of a [`ChunkStream`], in the same order, read ahead by another thread.
pub struct ReadAhead {
    receiver: Receiver<Result<Chunk, InputError>>,
    cancel: CancelToken,
}

impl ReadAhead {
    /// The channel of the chunks, for a `select!` with other channels.
    pub(crate) fn receiver(&self) -> &Receiver<Result<Chunk, InputError>> {
        &self.receiver
    }
}

impl Iterator for ReadAhead {
    type Item = Result<Chunk, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.receiver.recv().ok()
    }
}

impl Drop for ReadAhead {
    /// Cancels the reader: it may be waiting for a silent pipe, and its scope would wait for it. Only this reader's own
    /// token is cancelled, so that the end of a failed job does not look like an interrupt.
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
