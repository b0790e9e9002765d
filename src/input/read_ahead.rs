//! Reading in a thread of its own.

use std::sync::Arc;
use std::thread::Scope;

use crossbeam_channel::{Receiver, bounded};

use super::{Chunk, Chunks, InputError, Watch};

/// Starts a thread that does nothing but read, unpack and cut, and keeps up to `depth` chunks ready.
///
/// The thread ends with the input, with the first error, or when the [`ReadAhead`] is dropped.
pub fn read_ahead<'s>(scope: &'s Scope<'s, '_>, chunks: Chunks, depth: usize) -> ReadAhead {
    let watch = Arc::clone(chunks.watch());
    let (sender, receiver) = bounded(depth);
    scope.spawn(move || {
        for chunk in chunks {
            if sender.send(chunk).is_err() {
                break;
            }
        }
    });
    ReadAhead { receiver, watch }
}

/// The chunks of a [`Chunks`], in the same order, read ahead by another thread.
pub struct ReadAhead {
    receiver: Receiver<Result<Chunk, InputError>>,
    watch: Arc<Watch>,
}

impl ReadAhead {
    /// Where the chunks come from, for whoever has to wait for other things at the same time.
    pub fn receiver(&self) -> &Receiver<Result<Chunk, InputError>> {
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
    /// The reader may be waiting for a pipe to which nobody writes, and its scope would wait with it.
    fn drop(&mut self) {
        self.watch.abandon();
    }
}
