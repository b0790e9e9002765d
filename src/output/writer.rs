//! Writer thread: writes a file while the caller still produces rows.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::panic::resume_unwind;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Size of a block, in bytes. It is below the size at which an allocator maps new memory.
const BLOCK_SIZE: usize = 64 << 10;
/// Capacity of the queue, in blocks.
const QUEUED_BLOCKS: usize = 8;

/// Writes to `file` what `fill` writes. If it is to be `durable`, all data is on the disk at the end; most of it is synced
/// long before.
///
/// A count by years with 14 million rows, 267 MB, takes 0.69 s into a file instead of 0.81, and 0.60 s into a pipe instead
/// of 0.91.
///
/// # Errors
/// The error of the system, or else that of `fill`.
pub(super) fn write_in_background(
    file: &File,
    durable: bool,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    scope(|scope| {
        let mut blocks = BlockWriter { file, durable, scope, block: Vec::new(), thread: None };
        let filled = fill(&mut blocks);
        let last = mem::take(&mut blocks.block);
        let written = match blocks.thread {
            None => Ok(()),
            Some(WriterThread { blocks, thread }) => {
                drop(blocks);
                thread.join().unwrap_or_else(|panic| resume_unwind(panic))
            }
        };
        // If writing failed, the error of `fill` is only that the queue is closed.
        written?;
        filled?;
        let mut file = file;
        file.write_all(&last)?;
        if durable { file.sync_data() } else { Ok(()) }
    })
}

/// Buffer of one block, and the thread that writes full blocks. The thread starts with the first full block.
struct BlockWriter<'scope, 'env> {
    file: &'env File,
    durable: bool,
    scope: &'scope Scope<'scope, 'env>,
    block: Vec<u8>,
    thread: Option<WriterThread<'scope>>,
}

struct WriterThread<'scope> {
    blocks: Sender<Vec<u8>>,
    thread: ScopedJoinHandle<'scope, io::Result<()>>,
}

impl Write for BlockWriter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK_SIZE {
            self.send_block()?;
        }
        Ok(bytes.len())
    }

    /// Does nothing: the thread writes all full blocks, and `write_in_background` writes the last one.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlockWriter<'_, '_> {
    fn send_block(&mut self) -> io::Result<()> {
        let block = mem::replace(&mut self.block, Vec::with_capacity(BLOCK_SIZE + BLOCK_SIZE / 8));
        let thread = match &mut self.thread {
            Some(thread) => thread,
            none => match WriterThread::start(self.scope, self.file, self.durable) {
                Ok(thread) => none.insert(thread),
                // The system allows no more threads: write without one.
                Err(_) => return (&mut self.file).write_all(&block),
            },
        };
        // The thread has ended with an error, which is reported at the end.
        thread.blocks.send(block).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl<'scope> WriterThread<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, file: &'scope File, durable: bool) -> io::Result<Self> {
        let (blocks, queue) = bounded(QUEUED_BLOCKS);
        let thread = Builder::new()
            .name("writer".into())
            .spawn_scoped(scope, move || write_all(file, durable, &queue))?;
        Ok(Self { blocks, thread })
    }
}

/// Number of bytes between two syncs.
const SYNC_INTERVAL: usize = 16 << 20;

/// Writes the blocks. If they are to be durable, another thread syncs them, which is mostly waiting.
fn write_all(mut file: &File, durable: bool, blocks: &Receiver<Vec<u8>>) -> io::Result<()> {
    scope(|scope| {
        let (requests, requested) = bounded(1);
        let sync = move || requested.iter().try_for_each(|()| file.sync_data());
        // Without this thread the sync at the end takes longer.
        let syncer =
            durable.then(|| Builder::new().name("sync".into()).spawn_scoped(scope, sync).ok()).flatten();
        let mut unsynced = 0;
        for block in blocks {
            file.write_all(&block)?;
            unsynced += block.len();
            if unsynced >= SYNC_INTERVAL && requests.try_send(()).is_ok() {
                unsynced = 0;
            }
        }
        drop(requests);
        syncer.map_or(Ok(()), |syncer| syncer.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(durable: bool, parts: &[Vec<u8>]) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        write_in_background(file.as_file(), durable, |out| {
            parts.iter().try_for_each(|part| out.write_all(part))
        })
        .unwrap();
        std::fs::read(file.path()).unwrap()
    }

    #[test]
    fn output_of_any_size_is_written_in_order() {
        for sizes in [
            &[][..],
            &[0],
            &[1],
            &[BLOCK_SIZE - 1],
            &[BLOCK_SIZE],
            &[BLOCK_SIZE - 1, 2],
            &[3 * BLOCK_SIZE + 5],
            &[70_000; 30],
        ] {
            let parts: Vec<Vec<u8>> = (0..)
                .zip(sizes)
                .map(|(number, &size)| (0..size).map(|at| (at * 7 + number) as u8).collect())
                .collect();
            for durable in [false, true] {
                assert_eq!(written(durable, &parts), parts.concat(), "{sizes:?}");
            }
        }
    }

    #[test]
    fn the_error_of_the_system_is_reported_and_not_the_closed_queue() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        for size in [1, 100 * BLOCK_SIZE] {
            let mut taken = 0;
            let error = write_in_background(&full, false, |out| {
                while taken < size {
                    out.write_all(&[b'a'; 999])?;
                    taken += 999;
                }
                Ok(())
            });
            assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert!(size == 1 || taken < size, "the caller goes on though nothing can be written");
        }
    }

    #[test]
    fn the_error_of_the_caller_is_reported_if_writing_succeeded() {
        let file = tempfile::tempfile().unwrap();
        let error = write_in_background(&file, true, |out| {
            out.write_all(&[b'a'; 3 * BLOCK_SIZE])?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(error.unwrap_err().to_string(), "no more");
    }
}
