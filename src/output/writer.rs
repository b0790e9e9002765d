//! Writes a file from a thread of its own, so that rows are made while others are on their way to the disk.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::panic::resume_unwind;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

use crossbeam_channel::{Receiver, Sender, bounded};

/// What is written at a time. Less than what an allocator asks the system for.
const PIECE: usize = 64 << 10;
/// Pieces that wait to be written.
const WAITING: usize = 8;

/// Lets `fill` write to `file`. If it is to be `durable`, all is on the disk at the end, and most of it is sent there long
/// before.
///
/// A count by years with 14 million rows, 267 MB, takes 0.69 s into a file in place of 0.81, and 0.60 s into a pipe in
/// place of 0.91.
///
/// # Errors
/// What the system says to the writing, or else `fill`.
pub(super) fn write_behind(
    file: &File,
    durable: bool,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    scope(|scope| {
        let mut pieces = Pieces { file, durable, scope, piece: Vec::new(), behind: None };
        let filled = fill(&mut pieces);
        let last = mem::take(&mut pieces.piece);
        let written = match pieces.behind {
            None => Ok(()),
            Some(Behind { pieces, thread }) => {
                drop(pieces);
                thread.join().unwrap_or_else(|panic| resume_unwind(panic))
            }
        };
        // Where writing failed, `fill` only knows that it did.
        written?;
        filled?;
        let mut file = file;
        file.write_all(&last)?;
        if durable { file.sync_data() } else { Ok(()) }
    })
}

/// What is still to be written, and who writes it once it is more than a piece.
struct Pieces<'scope, 'env> {
    file: &'env File,
    durable: bool,
    scope: &'scope Scope<'scope, 'env>,
    piece: Vec<u8>,
    behind: Option<Behind<'scope>>,
}

struct Behind<'scope> {
    pieces: Sender<Vec<u8>>,
    thread: ScopedJoinHandle<'scope, io::Result<()>>,
}

impl Write for Pieces<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.hand_on()?;
        }
        Ok(bytes.len())
    }

    /// What is handed on is written in any case, and what comes last is written at the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pieces<'_, '_> {
    fn hand_on(&mut self) -> io::Result<()> {
        let piece = mem::replace(&mut self.piece, Vec::with_capacity(PIECE + PIECE / 8));
        let behind = match &mut self.behind {
            Some(behind) => behind,
            none => match Behind::start(self.scope, self.file, self.durable) {
                Ok(behind) => none.insert(behind),
                // The system has no threads left. Then it is done without them.
                Err(_) => return (&mut self.file).write_all(&piece),
            },
        };
        // The thread has ended with an error, which is told at the end.
        behind.pieces.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl<'scope> Behind<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, file: &'scope File, durable: bool) -> io::Result<Self> {
        let (pieces, waiting) = bounded(WAITING);
        let thread = Builder::new()
            .name("writer".into())
            .spawn_scoped(scope, move || write_all(file, durable, &waiting))?;
        Ok(Self { pieces, thread })
    }
}

/// Bytes that are sent to the disk together.
const SYNCED: usize = 16 << 20;

/// Writes the pieces, and if they are to be durable has another thread send to the disk what has come together, which
/// mostly waits.
fn write_all(mut file: &File, durable: bool, pieces: &Receiver<Vec<u8>>) -> io::Result<()> {
    scope(|scope| {
        let (wishes, wished) = bounded(1);
        let sync = move || wished.iter().try_for_each(|()| file.sync_data());
        // Without it there is only more to do at the end.
        let syncer =
            durable.then(|| Builder::new().name("sync".into()).spawn_scoped(scope, sync).ok()).flatten();
        let mut unsynced = 0;
        for piece in pieces {
            file.write_all(&piece)?;
            unsynced += piece.len();
            if unsynced >= SYNCED && wishes.try_send(()).is_ok() {
                unsynced = 0;
            }
        }
        drop(wishes);
        syncer.map_or(Ok(()), |syncer| syncer.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(durable: bool, parts: &[Vec<u8>]) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        write_behind(file.as_file(), durable, |out| parts.iter().try_for_each(|part| out.write_all(part)))
            .unwrap();
        std::fs::read(file.path()).unwrap()
    }

    #[test]
    fn all_is_written_in_order_however_much_it_is() {
        for sizes in
            [&[][..], &[0], &[1], &[PIECE - 1], &[PIECE], &[PIECE - 1, 2], &[3 * PIECE + 5], &[70_000; 30]]
        {
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
    fn the_error_of_the_system_is_told_and_not_that_nobody_takes_more() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        for size in [1, 100 * PIECE] {
            let mut taken = 0;
            let error = write_behind(&full, false, |out| {
                while taken < size {
                    out.write_all(&[b'a'; 999])?;
                    taken += 999;
                }
                Ok(())
            });
            assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert!(size == 1 || taken < size, "it goes on though nothing can be written");
        }
    }

    #[test]
    fn the_error_of_who_fills_it_is_told_where_all_was_written() {
        let file = tempfile::tempfile().unwrap();
        let error = write_behind(&file, true, |out| {
            out.write_all(&[b'a'; 3 * PIECE])?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(error.unwrap_err().to_string(), "no more");
    }
}
